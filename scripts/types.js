'use strict';
// npm run types: compiles the tests of the public types, with the types of Node and without.

const { root, run } = require('./lib/exec.js');
const { main } = require('./lib/main.js');

main(() => {
  const tsc = require.resolve('typescript/bin/tsc', { paths: [root] });
  for (const project of ['tsconfig.json', 'alone.tsconfig.json']) {
    run(process.execPath, [tsc, '--project', `__test__/types/${project}`]);
  }
});
