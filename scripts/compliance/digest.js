'use strict';
// What a compliance report is about, as one number: a SHA-256 over all files that ship, or that what ships is built from.
//
// For each file of CODE that Git tracks, or would track, in the order of their paths: the path, a NUL, the SHA-256 of what it holds in the
// working tree, in hexadecimal, and a newline; over these lines the digest is taken. So it knows neither of commits nor of times.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { root: repository, run } = require('../lib/exec.js');

/** Folders and files, as `git ls-files` takes them. */
const CODE = [
  'src', 'lib', 'bin', 'index.js', 'index.d.ts', 'register.d.ts', 'build.rs', 'Cargo.toml', 'Cargo.lock', 'package.json', 'npm/*/package.json',
];

/**
 * @param {string} [root] another working tree
 * @returns {string} `sha256:` and 64 digits
 */
function digest(root = repository) {
  const listed = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...CODE], { cwd: root, quiet: true });
  // What was deleted and not yet committed is listed still; what is in conflict is listed three times.
  const files = [...new Set(listed.split('\0'))].filter((file) => file !== '' && fs.existsSync(path.join(root, file))).sort();
  const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const lines = files.map((file) => `${file}\0${sum(fs.readFileSync(path.join(root, file)))}\n`);
  return `sha256:${sum(lines.join(''))}`;
}

module.exports = { CODE, digest };
