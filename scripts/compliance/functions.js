'use strict';
// The 46 functions of preview1, in the specification's order: read from the one table that there is.

const fs = require('node:fs');
const path = require('node:path');
const { root } = require('../lib/exec.js');

const table = fs.readFileSync(path.join(root, 'src/abi/imports.rs'), 'utf8');
const FUNCTIONS = [...table.matchAll(/^ {12}\w+ (\w+)\(.*\);$/gm)].map(([, name]) => name);

module.exports = { FUNCTIONS };
