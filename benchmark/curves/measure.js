'use strict';

// Measures some curves on one kind, in this process: `node measure.js ORDER`. Each size of each is a line of JSON on descriptor 3.

const fs = require('node:fs');
const path = require('node:path');
const { curves } = require('./list');
const { cpu } = require('./sample');

const order = JSON.parse(process.argv[2]);
const { kind, sizes, fixture, seconds } = order;
const isOurs = kind !== 'node:wasi';
const preopen = require('../..');
const { WASI } = isOurs ? preopen : require('node:wasi');

let folders = 0;
/** A new empty folder of the disk's. */
function another() {
  const folder = path.join(fixture, `${process.pid}-${folders++}`);
  fs.mkdirSync(folder);
  return folder;
}

async function main() {
  const spent = {};
  const all = [...new Set(Object.values(sizes).flat())].sort((a, b) => a - b);
  for (const size of all) {
    for (const name of Object.keys(sizes).filter((name) => sizes[name].includes(size))) {
      if (spent[name] > seconds * 1e9) {
        put({ name, size, failed: `after ${seconds} s no other size is begun` });
        continue;
      }
      const curve = curves.find((curve) => curve.name === name);
      const began = cpu();
      try {
        put({ name, size, ...await curve.measure({ kind, isOurs, preopen, WASI, fixture, another, folder: another() }, size) });
      } catch (error) {
        put({ name, size, failed: error.message.split('\n')[0].slice(0, 100) });
      }
      global.gc();
      spent[name] = (spent[name] ?? 0) + cpu() - began;
    }
  }
}

function put(result) {
  fs.writeSync(3, `${JSON.stringify(result)}\n`);
}

main();
