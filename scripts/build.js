'use strict';
// npm run build: the addon, in release mode.

const { main } = require('./lib/main.js');
const { buildAddon } = require('./lib/setup.js');

main(buildAddon);
