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

// Guests off this thread, likewise. In the build without the engine each says so when it is called.
exports.Module = undefined;
define('Module', () => require('./lib/run/module.js').Module);
exports.Pool = undefined;
define('Pool', () => require('./lib/run/pool.js').Pool);
exports.WasiTrap = undefined;
define('WasiTrap', () => require('./lib/run/trap.js').WasiTrap);
exports.compile = undefined;
define('compile', () => require('./lib/run/module.js').compile);
exports.run = undefined;
define('run', () => require('./lib/run/pool.js').run);
exports.spawn = undefined;
define('spawn', () => require('./lib/run/pool.js').spawn);

function define(name, load) {
  Object.defineProperty(exports, name, { configurable: true, enumerable: true, get: load });
}
