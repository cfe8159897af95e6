'use strict';
// npm start: builds what is not built, then does the main job: a WASI program takes a census of this repository.

const { run } = require('./lib/exec.js');
const { main } = require('./lib/main.js');
const { buildAddon } = require('./lib/setup.js');

main(() => {
  buildAddon();
  run(process.execPath, ['examples/report.js']);
});
