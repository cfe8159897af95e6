'use strict';
// node:fs beneath a folder: what a host writes that wants to give a guest a part of it.
const fs = require('node:fs');
const path = require('node:path');

// Which arguments of a method are paths.
const PATHS = {
  openSync: [0], lstatSync: [0], readdirSync: [0], readlinkSync: [0], mkdirSync: [0], rmdirSync: [0], unlinkSync: [0], utimesSync: [0],
  lutimesSync: [0], chmodSync: [0], truncateSync: [0], renameSync: [0, 1], linkSync: [0, 1], symlinkSync: [1],
};
const OTHERS = ['closeSync', 'readSync', 'writeSync', 'fstatSync', 'ftruncateSync', 'futimesSync', 'fsyncSync', 'fdatasyncSync'];

function below(root) {
  const provider = {};
  for (const [name, paths] of Object.entries(PATHS)) {
    provider[name] = (...args) => {
      for (const index of paths) args[index] = path.join(root, args[index]);
      return fs[name](...args);
    };
  }
  for (const name of OTHERS) provider[name] = fs[name];
  return provider;
}

module.exports = { below };
