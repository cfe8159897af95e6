'use strict';
// A process of its own for what blocks, ends, or must not disturb this one.
const { spawn } = require('node:child_process');

// Runs JavaScript text (or with `file`, a script) in a new Node; answers { status, signal, stdout, stderr }.
function child(code, { args = [], file = false, input, shell, flags = [], env, timeout = 30000, cwd } = {}) {
  const command = [process.execPath, '--no-warnings', ...flags, ...(file ? [code] : ['-e', code]), ...args];
  const options = { stdio: 'pipe', env: { ...process.env, ...env }, cwd };
  // `shell` is a pipeline in which $NODE stands for the command: real pipes, where spawn() makes sockets.
  const started = shell
    ? spawn('sh', ['-c', shell.replaceAll('$NODE', '"$@"'), 'sh', ...command], options)
    : spawn(command[0], command.slice(1), options);
  return new Promise((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) started[name].setEncoding('utf8').on('data', (data) => { output[name] += data; });
    const timer = setTimeout(() => started.kill('SIGKILL'), timeout);
    started.on('error', reject);
    started.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...output });
    });
    started.stdin.on('error', () => {});
    started.stdin.end(input);
  });
}

module.exports = { child };
