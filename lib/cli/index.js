'use strict';
// The command line: which command was meant, and how its failures are told.

const { CliError, HelpWanted, UsageError } = require('./errors.js');

const HELP = `preopen: runs WebAssembly programs built for WASI preview1, in a sandbox

Usage
  preopen run [options] app.wasm [options] [-- args...]
  preopen inspect [--json] app.wasm
  preopen --help | --version

Options of run
  --dir HOST::GUEST[:ro]  let the program use the directory HOST under the name GUEST; :ro is read-only.
                          --dir HOST alone uses the same name for both. Repeatable; nothing else can be reached.
  --env NAME=VALUE        set a variable; --env NAME passes the one of this process on. Repeatable.
  --tcplisten ADDRESS     listen on an address (127.0.0.1:8080) and hand the socket to the program. Repeatable.
  --max-fds NUMBER        how many descriptors the program may hold at a time
  --trace                 tell each call of the program on standard error, as strace does

The standard streams are this process's own, and so is the exit code. A program that traps exits with 134; what keeps
it from starting, with 1; a mistake in the command line, with 2.

inspect tells what a module imports and exports, which WASI it needs, and whether preopen provides it.`;

const COMMANDS = {
  run: (args) => require('./run.js').run(args),
  inspect: (args) => require('./inspect.js').inspect(args),
};

/**
 * @param {string[]} args without the program's own name
 * @returns {number} the exit code
 */
function main(args) {
  const [command, ...rest] = args;
  try {
    if (command === '--version' || command === '-V') return print(require('../../package.json').version);
    if (command === undefined) throw new UsageError('no command: run or inspect');
    if (command === '--help' || command === '-h' || command === 'help') return print(HELP);
    if (!Object.hasOwn(COMMANDS, command)) throw new UsageError(`unknown command '${command}': run or inspect`);
    return COMMANDS[command](rest);
  } catch (error) {
    if (error instanceof HelpWanted) return print(HELP);
    if (!(error instanceof CliError) && error.code !== 'ERR_PREOPEN_NO_BINARY') throw error;
    console.error(`preopen: ${error.message}`);
    if (error instanceof UsageError) console.error('Try: preopen --help');
    return error.exitCode ?? 1;
  }
}

function print(text) {
  console.log(text);
  return 0;
}

module.exports = { main };
