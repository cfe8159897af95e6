'use strict';

// The rows of filesystems in memory, and of standard output that is a function: preopen and its peers (peers.js) under the same
// guest (guests/memory.wat). Targets are times, and preopen has to be ahead of all.

const fs = require('node:fs');
const path = require('node:path');

const guest = (name) => new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'guests', `${name}.wasm`)));

const HOSTS = ['memfs', 'browser_wasi_shim', 'preopen'];

function succeed(errno) {
  if (errno !== 0) throw new Error(`the guest got errno ${errno}`);
}

/** What the guest finds: see guests/memory.wat. */
function files() {
  const list = Array.from({ length: 1000 }, (_, i) => [`/list/entry-${String(i).padStart(4, '0')}.txt`, new Uint8Array(0)]);
  return [['/file.bin', new Uint8Array(1 << 20).fill(0x70)], ['/list/'], ['/new/'], ...list];
}

async function start(host, stdout = () => {}) {
  const { imports, bind } = await host(files(), stdout);
  const instance = new WebAssembly.Instance(guest('memory'), { wasi_snapshot_preview1: imports });
  bind(instance);
  return instance.exports;
}

/** A call that the guest makes in a loop of its own. */
function call(name, title, target, check = () => {}) {
  async function prepare({ host }) {
    const exports = await start(host);
    succeed(exports.setup());
    succeed(exports[name](1));
    check(exports);
    return (n) => succeed(exports[name](n));
  }
  return { name: `memory_${name}`, kind: 'memory', title, unit: 'ns', target, absolute: true, contenders: HOSTS, prepare };
}

/** Some list `.` and `..`. */
function listed({ listed }) {
  if (listed() !== 1000 && listed() !== 1002) throw new Error(`listed ${listed()} entries, not 1000`);
}

const stdout = {
  name: 'memory_stdout', kind: 'memory', title: 'stdout to a function, a write of 16 B', unit: 'ns', target: 400, absolute: true,
  contenders: ['memfs', 'browser_wasi_shim', 'uwasi', 'preopen'],
  async prepare({ host }) {
    let chunks = 0;
    const exports = await start(host, () => { chunks += 1; });
    succeed(exports.stdout(1));
    if (chunks !== 1) throw new Error(`the function got ${chunks} chunks of 1`);
    return (n) => succeed(exports.stdout(n));
  },
};

const SECONDS = 10;

/** From nothing to a million bytes. `halves`: how much longer the second half takes. */
const append = {
  name: 'memory_append', kind: 'memory', title: 'append 1 B, a million times, each', unit: 'ns', contenders: HOSTS, rounds: 3,
  most: { halves: 1.5 },
  async figure({ host }) {
    const exports = await start(host);
    succeed(exports.setup_append());
    const began = performance.now();
    const times = [];
    for (let i = 0; i < 100; i++) {
      const before = process.cpuUsage();
      succeed(exports.append(10_000));
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) * 1000);
      if (performance.now() - began > SECONDS * 1000) throw new Error(`${(i + 1) / 100} of a million in ${SECONDS} s`);
    }
    const sum = (part) => part.reduce((all, time) => all + time, 0);
    return { figure: sum(times) / 1e6, halves: sum(times.slice(50)) / sum(times.slice(0, 50)) };
  },
};

/** How much larger the process is afterwards. */
const create = {
  name: 'memory_create', kind: 'memory', title: '1,000,000 files of 100 B, resident', unit: 'bytes', target: 400e6, absolute: true,
  contenders: HOSTS, rounds: 1, flags: ['--expose-gc', '--max-old-space-size=6144'],
  async figure({ host }) {
    const exports = await start(host);
    global.gc();
    const before = process.memoryUsage().rss;
    const began = process.cpuUsage();
    succeed(exports.create(1_000_000));
    const { user, system } = process.cpuUsage(began);
    global.gc();
    return { figure: process.memoryUsage().rss - before, each: (user + system) / 1000 };
  },
};

const rows = [
  call('write_1', 'write 1 B', 75),
  call('write_4k', 'write 4 KiB', 300),
  call('read_4k', 'read 4 KiB', 300),
  call('open_close', 'open + close', 600),
  call('stat', 'stat', 350),
  call('readdir', 'readdir, 1,000 entries', 100e3, listed),
  append,
  create,
  stdout,
];

module.exports = { rows };
