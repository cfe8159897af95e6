'use strict';
// The public surface; its types and documentation are in index.d.ts.

// A machine without a build hears of it here, not at the first guest. Under Node's permission model `new WASI` has the
// first word: it knows whether WASI is allowed at all.
if (process.permission === undefined) require('./lib/native.js').load();

exports.CapturedOutput = require('./lib/captured.js').CapturedOutput;
exports.WASI = require('./lib/wasi.js').WASI;

// Filesystems are loaded by whoever asks for one. Each name is assigned first: `import { … }` finds what is assigned in the text.
exports.FileSystem = undefined;
define('FileSystem', () => require('./lib/filesystem/base.js').FileSystem);
exports.MemoryFileSystem = undefined;
define('MemoryFileSystem', () => require('./lib/filesystem/memory.js').MemoryFileSystem);
exports.OverlayFileSystem = undefined;
define('OverlayFileSystem', () => require('./lib/filesystem/overlay.js').OverlayFileSystem);

function define(name, load) {
  Object.defineProperty(exports, name, { configurable: true, enumerable: true, get: load });
}
