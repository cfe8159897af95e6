'use strict';

// The rows of guests that could be suspended and never wait: `startAsync` beside `start`, of preopen itself.

const fs = require('node:fs');
const path = require('node:path');

const guest = (name) => new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'guests', `${name}.wasm`)));

function row(name, title) {
  function prepare({ WASI, contender }) {
    const module = guest(name);
    const stdout = fs.openSync('/dev/null', 'w');
    return async (n) => {
      for (let i = 0; i < n; i++) {
        const wasi = new WASI({ version: 'preview1', args: ['guest'], env: { LANG: 'C' }, stdout });
        const instance = new WebAssembly.Instance(module, wasi.getImportObject());
        const code = contender === 'startAsync' ? await wasi.startAsync(instance) : wasi.start(instance);
        if (code !== 0) throw new Error(`exit code ${code}`);
      }
    };
  }
  // A run makes a memory and some hundred functions: the collector's share evens out over many only.
  return { name: `${name}_async`, kind: 'async', title, unit: 'ns', target: 1.2, contenders: ['start', 'startAsync'], weight: 3, prepare };
}

const rows = [
  row('hello', 'hello world, compiled before'),
  row('busy', '1,000 times clock_time_get and fd_write'),
];

module.exports = { rows };
