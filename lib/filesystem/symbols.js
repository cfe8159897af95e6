'use strict';
// What a FileSystem hides from its users: the native object that it stands for.

module.exports = { kNative: Symbol('kNative') };
