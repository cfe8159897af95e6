'use strict';
// Runs a built guest to its end, with its standard streams in files.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const modules = new Map();

// A guest's module, by its name.
function load(name) {
  if (!modules.has(name)) modules.set(name, new WebAssembly.Module(fs.readFileSync(path.join(__dirname, '../guests', `${name}.wasm`))));
  return modules.get(name);
}

// Answers { code, stdout, stderr, error, instance }; error is what start() threw. `imports` come beside WASI's.
function run(host, name, { stdin = '', imports = {}, ...options } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-run-'));
  const [input, output, errors] = ['stdin', 'stdout', 'stderr'].map((stream) => path.join(folder, stream));
  fs.writeFileSync(input, stdin);
  const descriptors = [fs.openSync(input, 'r'), fs.openSync(output, 'w'), fs.openSync(errors, 'w')];
  let wasi;
  try {
    wasi = new host.WASI({ version: 'preview1', args: [name], stdin: descriptors[0], stdout: descriptors[1], stderr: descriptors[2], ...options });
    const instance = new WebAssembly.Instance(load(name), { ...wasi.getImportObject(), ...imports });
    const result = { instance };
    try {
      if (instance.exports._start) result.code = wasi.start(instance);
      else wasi.initialize(instance);
    } catch (error) {
      result.error = error;
    }
    return { ...result, wasi, stdout: fs.readFileSync(output, 'utf8'), stderr: fs.readFileSync(errors, 'utf8') };
  } finally {
    for (const fd of descriptors) fs.closeSync(fd);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { load, run };
