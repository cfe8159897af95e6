'use strict';
// The guest that meets faults, through either door: in V8, or on a thread of its own. Also for processes that tests start.
const fs = require('node:fs');
const path = require('node:path');
const preopen = require('../..');
const { load } = require('../../lib/native.js');

/** The doors that this build has. */
const doors = load().run === undefined ? ['V8'] : ['V8', 'the engine'];

const file = path.join(__dirname, '../guests/journal.wasm');

/** Runs it to its end; answers { code, stdout, stderr }. What it cannot be given is thrown. */
async function run(door, args, options = {}) {
  args = ['journal', ...args];
  if (door !== 'V8') {
    const { exitCode, stdout, stderr } = await preopen.run(file, { engine: 'singlepass', args, ...options });
    return { code: exitCode, stdout, stderr };
  }
  const wasi = new preopen.WASI({ version: 'preview1', args, stdout: 'capture', stderr: 'capture', ...options });
  const code = wasi.start(new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), wasi.getImportObject()));
  wasi.close();
  return { code, stdout: wasi.stdout?.text() ?? '', stderr: wasi.stderr?.text() ?? '' };
}

/** What it said, by what it did. */
const said = (text) => Object.fromEntries(text.trim().split('\n').map((line) => line.split(': ')));

module.exports = { doors, file, run, said };
