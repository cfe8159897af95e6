'use strict';

// All curves. Each has a name, a title with n for the size, the unit of what n counts, the kinds that it is measured on, and the
// sizes. `measure` answers the samples in ns: of all n where its `cost` is `all`, and of one more among n where it is `one`; and
// the bytes of memory that were needed, where that is asked. `fresh`: each size has a process of its own.

const curves = ['guests', 'descriptors', 'calls', 'directories', 'paths', 'files', 'overlays'].flatMap((name) => require(`./${name}`).curves);

module.exports = { curves };
