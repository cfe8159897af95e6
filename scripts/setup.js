'use strict';
// npm run setup: all that tests and checks need, and both addons.

const { main } = require('./lib/main.js');
const { buildAddon, buildEngine, installDevelopment, installRuntimes } = require('./lib/setup.js');

main(() => {
  installDevelopment();
  installRuntimes();
  buildAddon();
  buildEngine();
});
