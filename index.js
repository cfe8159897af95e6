'use strict';
// The public surface; its types and documentation are in index.d.ts.

// A machine without a build hears of it here, not at the first guest. Under Node's permission model `new WASI` has the
// first word: it knows whether WASI is allowed at all.
if (process.permission === undefined) require('./lib/native.js').load();

const { CapturedOutput } = require('./lib/captured.js');
const { WASI } = require('./lib/wasi.js');

module.exports = { CapturedOutput, WASI };

// Filesystems are loaded by whoever asks for one.
define('FileSystem', () => require('./lib/filesystem/base.js').FileSystem);
define('MemoryFileSystem', () => require('./lib/filesystem/memory.js').MemoryFileSystem);

function define(name, load) {
  Object.defineProperty(module.exports, name, { configurable: true, enumerable: true, get: load });
}

// What `import { … }` finds: Node reads the names of a CommonJS module from its text.
0 && (module.exports = { CapturedOutput, FileSystem, MemoryFileSystem, WASI }); // eslint-disable-line no-undef, no-constant-binary-expression -- never run
