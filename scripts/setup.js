'use strict';
// npm run setup: all that tests and checks need, and the addon.

const { main } = require('./lib/main.js');
const { buildAddon, installDevelopment, installRuntimes } = require('./lib/setup.js');

main(() => {
  installDevelopment();
  installRuntimes();
  buildAddon();
});
