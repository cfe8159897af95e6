'use strict';
// What the project's conformance programs find: the same on every kind of filesystem. __test__/guests/src/conform.h tells the programs.

const fs = require('node:fs');
const path = require('node:path');

/** What standard input holds. */
const STDIN = 'from the host';

/**
 * Makes the folders that become /sandbox and /second.
 * @param {string} folder an empty one
 */
function makeWorld(folder) {
  const at = (...names) => path.join(folder, ...names);
  for (const name of ['sandbox/dir/deep', 'sandbox/hollow', 'second']) fs.mkdirSync(at(name), { recursive: true });
  const files = { file: '0123456789', other: 'other', 'dir/inner': 'inner', 'dir/deep/leaf': 'leaf' };
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(at('sandbox', name), text);
  const links = { soft: 'file', softdir: 'dir', dangling: 'nothing', loop: 'loop', out: '../outside', absolute: '/sandbox/file' };
  for (const [name, target] of Object.entries(links)) fs.symlinkSync(target, at('sandbox', name));
  // Where `out` leads: had a guest got there, it would find something.
  fs.mkdirSync(at('outside'));
  return { sandbox: at('sandbox'), second: at('second') };
}

module.exports = { STDIN, makeWorld };
