'use strict';

// Measures one curve on one kind, in this process: `node measure.js ORDER`. Each size is a line of JSON on descriptor 3.

const fs = require('node:fs');
const path = require('node:path');
const { curves } = require('./list');

const order = JSON.parse(process.argv[2]);
const { name, kind, sizes, fixture, seconds } = order;
const curve = curves.find((curve) => curve.name === name);
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
  const began = performance.now();
  for (const size of sizes) {
    if (performance.now() - began > seconds * 1000) {
      put({ size, failed: `not measured: after ${seconds} s no other size is begun` });
      continue;
    }
    try {
      put({ size, ...await curve.measure({ kind, isOurs, preopen, WASI, fixture, another, folder: another() }, size) });
    } catch (error) {
      put({ size, failed: error.message.split('\n')[0] });
    }
    global.gc();
  }
}

function put(result) {
  fs.writeSync(3, `${JSON.stringify(result)}\n`);
}

main();
