// Wherever the types of Node say WASI, this package's fit. CommonJS.

import builtin = require('node:wasi');
import preopen = require('preopen');

const instance: builtin.WASI = new preopen.WASI({ version: 'preview1' });
const constructor: typeof builtin.WASI = preopen.WASI;
const fromTheirOptions = (options: builtin.WASIOptions) => new preopen.WASI(options);

class Derived extends preopen.WASI {}
const derived: builtin.WASI = new Derived({ version: 'unstable' });
new preopen.WASI({ version: 'preview1', stdin: process.stdin, stdout: process.stdout, stderr: process.stderr });

export = { constructor, derived, fromTheirOptions, instance };
