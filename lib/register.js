'use strict';
// Makes `wasi` and `node:wasi` mean this package, for `node --import preopen/register` (or --require).
//
// The built-in module is loaded once and its export replaced, so every way to it leads here: `require`, `import`,
// `process.getBuiltinModule`. Workers inherit the flag, and run this file themselves. (Those that
// are started from a string run before what --import names has run: for them --require is the one that works.)

const { syncBuiltinESMExports } = require('node:module');
const { WASI } = require('../index.js');

/** The built-in module, without the warning that its class is experimental: nobody is going to use that class. */
function quietly(load) {
  const own = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  Object.defineProperty(process, 'emitWarning', {
    ...own,
    value(warning, options, ...rest) {
      const type = typeof options === 'object' && options !== null ? options.type : options;
      if (type !== 'ExperimentalWarning') Reflect.apply(own.value, process, [warning, options, ...rest]);
    },
  });
  try {
    return load();
  } finally {
    Object.defineProperty(process, 'emitWarning', own);
  }
}

quietly(() => require('node:wasi')).WASI = WASI;
syncBuiltinESMExports();
