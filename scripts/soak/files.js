'use strict';
// Files opened and closed by guests, on each kind of filesystem in turn.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root } = require('../lib/exec.js');
const preopen = require('../..');

/** How many a guest opens before the next one does. */
const TIMES = 100_000;
/** The place of the loop in the table of loops.wat. */
const OPENS = '3';

async function prepare() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-soak-'));
  fs.writeFileSync(path.join(folder, 'file.bin'), 'file');
  const memory = new preopen.MemoryFileSystem({ 'file.bin': 'file' });
  const kinds = [folder, memory, new preopen.OverlayFileSystem({ lower: folder }), new preopen.OverlayFileSystem({ lower: memory })];
  const module = new WebAssembly.Module(fs.readFileSync(path.join(root, 'benchmark/guests/loops.wasm')));
  let opened = 0;
  let guests = 0;
  return {
    async until(count) {
      while (opened < count) {
        const times = Math.min(TIMES, count - opened);
        const preopens = { '/': kinds[guests++ % kinds.length] };
        const wasi = new preopen.WASI({ version: 'preview1', args: ['loops', OPENS, String(times)], preopens });
        const errnos = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
        if (errnos !== 0) throw new Error(`a file was not opened or closed: ${errnos}`);
        opened += times;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    end: () => fs.rmSync(folder, { recursive: true }),
  };
}

module.exports = { unit: 'open and close', count: 100_000_000, prepare };
