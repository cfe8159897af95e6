'use strict';
// Runs programs under a host, in this process, one after the other: what conformance/run.js starts in every runtime.
//
//   node conformance/child.js REQUESTS RESULTS
//
// REQUESTS is a file with a list of them; for each that is over, RESULTS gets a line. Where this process ends before the last, that one
// has ended it.

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { KINDS } = require('./kinds.js');

/**
 * @typedef {object} Request
 * @property {'preopen' | 'engine' | 'node:wasi'} under `engine` is preopen's run()
 * @property {string} kind of KINDS
 * @property {string} wasm
 * @property {string[]} args without the program's name
 * @property {Record<string, string>} env
 * @property {Record<string, string>} preopens names, and the folders that they show
 * @property {Record<string, string>} [second] a preopen that is another filesystem, or its folder where a host has folders only
 * @property {string} stdin this and the others are files
 * @property {string} stdout
 * @property {string} stderr
 * @property {number} [connections]
 * @property {number} [maxFds]
 */

const preopen = () => require('..');

/** @param {Request} request */
async function run(request) {
  const { under, kind, wasm, args, env, preopens, second } = request;
  const files = [fs.openSync(request.stdin, 'r'), fs.openSync(request.stdout, 'w'), fs.openSync(request.stderr, 'w')];
  const [stdin, stdout, stderr] = files;
  const common = { args: [path.basename(wasm, '.wasm'), ...args], env, stdin, stdout, stderr };
  try {
    if (under === 'node:wasi') {
      const { WASI } = require('node:wasi');
      const folders = second === undefined ? preopens : { ...preopens, ...second };
      return start(new WASI({ version: 'preview1', ...common, preopens: folders }), wasm);
    }
    const package_ = preopen();
    const mounts = Object.fromEntries(Object.entries(preopens).map(([name, folder]) => [name, KINDS[kind](folder, package_)]));
    for (const name of Object.keys(second ?? {})) mounts[name] = new package_.MemoryFileSystem();
    const options = { ...common, preopens: mounts, ...(request.maxFds && { maxFds: request.maxFds }) };
    return under === 'engine' ? await offThread(package_, request, options) : await onThread(package_, request, options);
  } finally {
    for (const fd of files) close(fd);
  }
}

/** A guest under node:wasi may have closed what is the host's. */
function close(fd) {
  try {
    fs.closeSync(fd);
  } catch (error) {
    if (error.code !== 'EBADF') throw error;
  }
}

const modules = new Map();

/** What a file is compiled to, once in this process. */
function compiled(wasm, compile) {
  if (!modules.has(wasm)) modules.set(wasm, compile(fs.readFileSync(wasm)));
  return modules.get(wasm);
}

function start(wasi, wasm) {
  const module = compiled(wasm, (bytes) => new WebAssembly.Module(bytes));
  return wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}

async function onThread({ WASI }, { wasm, connections }, options) {
  const sockets = connections === undefined ? {} : { sockets: ['127.0.0.1:0'] };
  const wasi = new WASI({ version: 'preview1', dotEntries: true, ...options, ...sockets });
  const peers = connections && startPeers(wasi.sockets[0].port, connections);
  // The guest is going to hold this thread.
  await peers?.connected;
  try {
    return start(wasi, wasm);
  } finally {
    wasi.close();
    await peers?.end();
  }
}

async function offThread({ compile, run }, { wasm, connections }, options) {
  const port = connections && (await freePort());
  const sockets = connections === undefined ? {} : { sockets: [`127.0.0.1:${port}`] };
  const peers = connections && startPeers(port, connections);
  try {
    // The quick compiler: what is judged are calls.
    const module = await compiled(wasm, (bytes) => compile(bytes, { engine: 'singlepass' }));
    const { exitCode } = await run(module, { ...options, ...sockets });
    return exitCode;
  } finally {
    await peers?.end();
  }
}

function startPeers(port, connections) {
  const worker = new Worker(path.join(__dirname, 'peer.js'), { workerData: { port, connections } });
  const connected = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  connected.catch(() => {});
  return { connected, end: () => worker.terminate() };
}

/** A port of this machine that nobody listens on: run() does not tell which one it was given. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function main([requests, results]) {
  for (const request of JSON.parse(fs.readFileSync(requests, 'utf8'))) {
    let line;
    try {
      line = { exitCode: await run(request) };
    } catch (error) {
      line = { error: String(error?.message ?? error).split('\n')[0] };
    }
    fs.appendFileSync(results, `${JSON.stringify(line)}\n`);
  }
  // What a program left behind under a host that closes nothing is nobody's.
  process.exit(0);
}

main(process.argv.slice(2));
