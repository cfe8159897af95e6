// Wherever the types of Node say WASI, this package's fit. CommonJS.

import fs = require('node:fs');
import builtin = require('node:wasi');
import preopen = require('preopen');

const instance: builtin.WASI = new preopen.WASI({ version: 'preview1' });
const constructor: typeof builtin.WASI = preopen.WASI;
const fromTheirOptions = (options: builtin.WASIOptions) => new preopen.WASI(options);

class Derived extends preopen.WASI {}
const derived: builtin.WASI = new Derived({ version: 'unstable' });
new preopen.WASI({ version: 'preview1', stdin: process.stdin, stdout: process.stdout, stderr: process.stderr });

// What has node:fs's methods is a filesystem.
new preopen.WASI({ version: 'preview1', preopens: { '/fs': fs } });

export = { constructor, derived, fromTheirOptions, instance };
