'use strict';

// Builds each .wat beside this file into a .wasm: `node benchmark/guests/build.js`, after a change of one.
// The built modules are in git, so that the bench of the calls needs no other package.

const fs = require('node:fs');
const path = require('node:path');
const { programs } = require('../install');

async function main() {
  programs.install();
  const wabt = await require(path.join(programs.packages, 'wabt'))();
  for (const name of fs.readdirSync(__dirname).filter((name) => name.endsWith('.wat'))) {
    const module = wabt.parseWat(name, fs.readFileSync(path.join(__dirname, name), 'utf8'));
    const { buffer } = module.toBinary({});
    const built = name.replace(/\.wat$/, '.wasm');
    fs.writeFileSync(path.join(__dirname, built), buffer);
    console.log(`${built}: ${buffer.length} bytes`);
  }
}

main();
