'use strict';

// How guests grow: alive at the same time, and by what they are started with.

const fs = require('node:fs');
const path = require('node:path');
const { Guest, RESULT, succeed } = require('./guest');
const { resident, samples, timeOf } = require('./sample');
const { steps } = require('./sizes');

const V8 = 'V8';
const ENGINE = 'engine';
const NODE = 'node:wasi';
const bytesOf = (name) => fs.readFileSync(path.join(__dirname, '..', 'guests', `${name}.wasm`));

/** Created, started and kept. Those of the engine wait in poll_oneoff, each on its thread; those of V8 are reactors. */
const guests = {
  name: 'guests', title: 'guests alive at once: create and start', unit: 'guest', kinds: [V8, ENGINE, NODE], sizes: steps(1, 1000), cost: 'all', fresh: true,
  async measure(kit, n) {
    const make = kit.kind === ENGINE ? await waiting(kit) : reactors(kit);
    await (await make(1)).end();
    const before = resident();
    let bytes;
    const times = await samples(async () => {
      let made;
      const time = await timeOf(async () => { made = await make(n); });
      bytes ??= resident() - before;
      await made.end();
      return time;
    });
    return { times, bytes };
  },
};

function reactors({ WASI }) {
  const module = new WebAssembly.Module(bytesOf('calls'));
  return (n) => {
    const alive = Array.from({ length: n }, () => {
      const wasi = new WASI({ version: 'preview1', args: ['guest'], env: { LANG: 'C' } });
      const instance = new WebAssembly.Instance(module, wasi.getImportObject());
      wasi.initialize(instance);
      return { wasi, instance };
    });
    return { end: () => { for (const { wasi } of alive) wasi.close?.(); global.gc(); } };
  };
}

async function waiting({ preopen: { Pool, compile } }) {
  const module = await compile(bytesOf('idle'), { engine: 'cranelift' });
  return async (n) => {
    const pool = new Pool({ concurrency: 1000 });
    const alive = [];
    await Promise.all(Array.from({ length: n }, () => new Promise((resolve) => {
      alive.push(pool.spawn(module, { args: ['idle'], stdin: '', stdout: resolve, stderr: 'ignore' }));
    })));
    const end = async () => {
      for (const guest of alive) guest.kill();
      await Promise.all(alive.map(({ exited }) => exited));
    };
    return { end };
  };
}

/** A start with so many arguments, which the guest gets. */
function started(name, title, unit, options, calls) {
  const page = 65536;
  return {
    name, title, unit, kinds: [V8, ENGINE, NODE], sizes: steps(1, 100_000), cost: 'all',
    async measure(kit, n) {
      const given = options(n);
      if (kit.kind === ENGINE) {
        const { compile, run } = kit.preopen;
        const module = await compile(bytesOf('hello'), { engine: 'cranelift' });
        const once = async () => succeed((await run(module, { stdout: 'ignore', ...given })).exitCode, 'hello');
        await once();
        return { times: await samples(() => timeOf(once)) };
      }
      const once = () => {
        const guest = new Guest(kit.WASI, given, 2 + Math.ceil(32 * n / page));
        const [sizes, get] = calls;
        succeed(guest.calls[sizes](RESULT, RESULT + 4), sizes);
        succeed(guest.calls[get](page, page + 4 * n), get);
        guest.wasi.close?.();
      };
      once();
      return { times: await samples(() => timeOf(once)) };
    },
  };
}

const words = (n) => Array.from({ length: n }, (_, i) => `argument-${i}`);

const curves = [
  guests,
  started('args', 'a start with n arguments', 'argument', (n) => ({ args: words(n) }), ['args_sizes_get', 'args_get']),
  started('env', 'a start with n variables', 'variable', (n) => ({ env: Object.fromEntries(words(n).map((word) => [word, '1'])) }), ['environ_sizes_get', 'environ_get']),
];

module.exports = { ENGINE, V8, curves };
