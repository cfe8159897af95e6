'use strict';

// The table of what is measured. A row's `prepare` runs in the process that measures: it returns a function that does
// the thing `n` times; or its `figure` finds one by itself. `target` is the most that preopen may take, as a ratio to node:wasi (or
// in `unit`, if `absolute`). `contenders` are who is measured, ours last: node:wasi and preopen, unless it is said.

const fs = require('node:fs');
const path = require('node:path');
const engine = require('./engine');
const memory = require('./memory');
const { programs } = require('./programs');
const waiting = require('./waiting');

const guest = (name) => new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'guests', `${name}.wasm`)));

/** A call that a guest makes in a loop of its own (guests/calls.wat). */
function call(name, title, target) {
  function prepare({ WASI, fixture }) {
    const stdout = fs.openSync('/dev/null', 'w');
    const wasi = new WASI({ version: 'preview1', args: ['guest', 'argument'], preopens: { '/': fixture }, stdout });
    const instance = new WebAssembly.Instance(guest('calls'), wasi.getImportObject());
    // The guest has no `_start`: its memory is bound, and its exports are called one by one.
    wasi.initialize(instance);
    const { setup, listed } = instance.exports;
    const loop = instance.exports[name];
    succeed(setup());
    succeed(loop(1));
    if (name === 'fd_readdir' && listed() !== 1000) throw new Error(`listed ${listed()} entries, not 1000`);
    return (n) => succeed(loop(n));
  }
  return { name, kind: 'call', title, unit: 'ns', target, prepare };
}

/** A call that goes to a standard stream that node:wasi has not: what it takes is judged by itself. */
function streamed(name, title, target, options) {
  const prepare = ({ WASI }) => {
    const wasi = new WASI({ version: 'preview1', ...options() });
    const instance = new WebAssembly.Instance(guest('calls'), wasi.getImportObject());
    wasi.initialize(instance);
    succeed(instance.exports.fd_write(1));
    return (n) => succeed(instance.exports.fd_write(n));
  };
  return { name, kind: 'call', title, unit: 'ns', target, absolute: true, contenders: ['preopen'], prepare };
}

function succeed(errno) {
  if (errno !== 0) throw new Error(`the guest got errno ${errno}`);
}

/** What a host does for each run of a program that it has compiled before. */
function hello(name, title, target, options) {
  function prepare({ WASI, fixture }) {
    const module = guest('hello');
    const stdout = fs.openSync('/dev/null', 'w');
    const preopens = options.preopen ? { '/': fixture } : {};
    return (n) => {
      for (let i = 0; i < n; i++) {
        const wasi = new WASI({ version: 'preview1', args: ['hello'], env: { LANG: 'C' }, preopens, stdout });
        const instance = new WebAssembly.Instance(module, wasi.getImportObject());
        succeed(wasi.start(instance));
      }
    };
  }
  // A run makes a memory and some hundred functions: the collector's share evens out over many only.
  return { name, kind: 'call', title, unit: 'ns', target, most: options.most, weight: 3, prepare };
}

/** What happens once in a process; `once` does it, and each round measures it in a new process. */
const hello_cold = {
  name: 'hello_cold', kind: 'once', title: 'require, compile and run hello world', unit: 'ns',
  once(load) {
    const { WASI } = load();
    const wasi = new WASI({ version: 'preview1', args: ['hello'], env: { LANG: 'C' }, stdout: fs.openSync('/dev/null', 'w') });
    succeed(wasi.start(new WebAssembly.Instance(guest('hello'), wasi.getImportObject())));
  },
};

const load = {
  name: 'load', kind: 'once', title: 'require', unit: 'ns', target: 5e6, absolute: true,
  once(load) {
    load();
  },
};

const program = ([name, { title }]) => ({ name, kind: 'program', title, unit: 'ns' });

const rows = [
  call('args_sizes_get', 'args_sizes_get', 1.1),
  call('clock_time_get', 'clock_time_get', 0.9),
  call('random_get', 'random_get, 16 B', 0.4),
  call('fd_fdstat_get', 'fd_fdstat_get', 0.25),
  call('fd_seek', 'fd_seek', 0.25),
  call('fd_tell', 'fd_tell', 0.25),
  call('fd_write', 'fd_write, 1 B to /dev/null', 0.95),
  streamed('fd_write_function', 'fd_write to a function', 400, () => ({ stdout: (chunk) => chunk.length })),
  streamed('fd_write_captured', 'fd_write captured', 100, () => ({ stdout: 'capture', maxOutput: 2 ** 30 })),
  call('fd_read', 'fd_read, 4 KiB', 0.85),
  call('fd_pread', 'fd_pread, 4 KiB', 0.85),
  call('path_open', 'path_open + fd_close', 0.65),
  call('path_open_folder', 'path_open + fd_close, in a folder', 0.65),
  call('path_open_deep', 'path_open + fd_close, 5 deep'),
  call('path_filestat_get', 'path_filestat_get', 0.6),
  call('path_filestat_get_folder', 'path_filestat_get, in a folder', 0.6),
  call('path_filestat_get_nofollow', '... the same, as lstat(2)'),
  call('fd_readdir', 'fd_readdir, 1,000 entries', 0.15),
  hello('hello', 'hello world, warm', 1.0, { preopen: false }),
  // node:wasi never closes what it opened for a preopen: no more runs than descriptors allow.
  hello('hello_preopen', 'hello world, warm, a preopen', undefined, { preopen: true, most: 800 }),
  ...waiting.rows,
  ...engine.rows,
  hello_cold,
  load,
  ...memory.rows,
  ...Object.entries(programs).map(program),
];

module.exports = { rows };
