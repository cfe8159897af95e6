'use strict';
// Guests in V8: made, run to their end and dropped, without a close() for every second one.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root } = require('../lib/exec.js');
const preopen = require('../..');

/** After how many the event loop turns: Node-API releases what was collected only then (RATIONALE.md). */
const BATCH = 100;

/** Each kind of preopen in turn, each way to end. */
async function prepare() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-soak-'));
  fs.writeFileSync(path.join(folder, 'file'), 'file');
  const memory = new preopen.MemoryFileSystem({ file: 'file' });
  const load = (name) => new WebAssembly.Module(fs.readFileSync(path.join(root, '__test__/guests', `${name}.wasm`)));
  const [exits, reads, divides] = ['exit_code', 'cat', 'divide'].map(load);
  const guests = [
    { module: exits, options: { args: ['exit_code', '7'], preopens: { '/': folder } }, code: 7 },
    { module: reads, options: { stdin: 'a text', stdout: 'capture', preopens: { '/': memory } }, code: 0 },
    { module: exits, options: { args: ['exit_code', '0'], preopens: { '/': new preopen.OverlayFileSystem({ lower: folder }) } }, code: 0 },
    { module: divides, options: { preopens: { '/': { path: folder, readOnly: true } } }, code: undefined },
  ];

  function once(number) {
    const { module, options, code } = guests[number % guests.length];
    const wasi = new preopen.WASI({ version: 'preview1', stdout: 'ignore', stderr: 'ignore', ...options });
    let got;
    try {
      got = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    }
    if (got !== code) throw new Error(`a guest ended with ${got}, not ${code}`);
    if (number % 2 === 0) wasi.close();
  }

  let made = 0;
  return {
    async until(count) {
      while (made < count) {
        once(made++);
        if (made % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    end: () => fs.rmSync(folder, { recursive: true }),
  };
}

module.exports = { unit: 'instances', count: 1_000_000, prepare };
