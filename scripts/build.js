'use strict';
// npm run build: the addon, in release mode. npm run build:engine (--engine): the large one, beside it.

const { main } = require('./lib/main.js');
const { buildAddon, buildEngine } = require('./lib/setup.js');

main(process.argv.includes('--engine') ? buildEngine : buildAddon);
