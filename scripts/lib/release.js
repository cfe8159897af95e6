'use strict';
// Whether a tree may be released. Each fault says what mends it.

const fs = require('node:fs');
const path = require('node:path');
const { CODE, digest } = require('../compliance/digest.js');
const { readStamp } = require('../compliance/stamp.js');
const { run } = require('./exec.js');

/** How many digits of the report's digest CHANGELOG.md has to name. */
const DIGITS = 12;

/**
 * @param {string} root the tree, of Git
 * @returns {string[]} what is not as it must be
 */
function checkRelease(root) {
  const read = (file) => (fs.existsSync(path.join(root, file)) ? fs.readFileSync(path.join(root, file), 'utf8') : undefined);
  const { version } = JSON.parse(read('package.json'));
  return [...versions(root, read, version), ...report(root, read, version), ...changelog(read, version), ...clean(root)];
}

/** One version, everywhere. */
function versions(root, read, version) {
  const found = [];
  const main = JSON.parse(read('package.json'));
  for (const key of ['optionalDependencies', 'peerDependencies']) {
    for (const [name, wanted] of Object.entries(main[key] ?? {})) if (name.startsWith('@preopen/')) found.push([`package.json, ${key}, ${name}`, wanted]);
  }
  for (const name of fs.readdirSync(path.join(root, 'npm')).sort()) {
    const file = `npm/${name}/package.json`;
    if (read(file) !== undefined) found.push([file, JSON.parse(read(file)).version]);
  }
  found.push(['Cargo.toml', /^\[package\][^[]*?^version = "([^"]+)"/m.exec(read('Cargo.toml'))?.[1]]);
  found.push(['Cargo.lock', /^name = "preopen"\nversion = "(.+)"/m.exec(read('Cargo.lock'))?.[1]]);
  found.push(['package-lock.json', JSON.parse(read('package-lock.json') ?? '{}').version]);
  const fix = { 'Cargo.lock': 'cargo update --workspace --offline', 'package-lock.json': 'npm install --package-lock-only' };
  return found.filter(([, other]) => other !== version).map(([where, other]) => `${where} has ${other ?? 'no version'}, package.json ${version}: ${fix[where] ?? `write ${version} there`}`);
}

/** The compliance report is of this code, whole, and without a failure. */
function report(root, read, version) {
  const again = 'npm run compliance -- --suite FOLDER, then commit COMPLIANCE.md';
  const text = read('COMPLIANCE.md');
  if (text === undefined) return [`there is no COMPLIANCE.md: ${again}`];
  const stamp = readStamp(text);
  if (stamp === undefined) return [`COMPLIANCE.md does not say of which code it speaks: ${again}`];
  const faults = [];
  const now = digest(root);
  if (stamp.digest !== now) faults.push(`COMPLIANCE.md is older than the code (it is about ${short(stamp.digest)}, ${CODE.slice(0, 2).join('/, ')}/ and the like are ${short(now)}): ${again}`);
  if (stamp.version !== version) faults.push(`COMPLIANCE.md is about ${stamp.version}, package.json has ${version}: ${again}`);
  if (stamp.incomplete.length > 0) faults.push(`COMPLIANCE.md is not of a whole run (${stamp.incomplete.join('; ')}): ${again}`);
  if (stamp.failures !== 0) faults.push(`COMPLIANCE.md has ${stamp.failures} failures: mend what it names, and ${again}`);
  return faults;
}

/** Its entry has a date, and names the report by the first digits of its digest. */
function changelog(read, version) {
  const entry = sectionOf(read('CHANGELOG.md') ?? '', version);
  if (entry === undefined) return [`CHANGELOG.md has no entry for ${version}: write "## ${version} (YYYY-MM-DD)" and what is new`];
  const [heading, ...rest] = entry.split('\n');
  const faults = [];
  if (!/\(\d{4}-\d\d-\d\d\)$/.test(heading)) faults.push(`CHANGELOG.md has no date for ${version}: write "## ${version} (YYYY-MM-DD)"`);
  const { digest: reported } = readStamp(read('COMPLIANCE.md') ?? '') ?? {};
  if (reported !== undefined && !rest.join('\n').includes(short(reported))) {
    faults.push(`CHANGELOG.md does not name the report of ${version}: write "[Compliance report](COMPLIANCE.md) for \`${short(reported)}\`." into its entry`);
  }
  return faults;
}

/** A version's entry, from its heading to the next one. */
function sectionOf(text, version) {
  return text.split(/^(?=## )/m).find((section) => section.startsWith(`## ${version}`) && !/[\w.-]/.test(section[`## ${version}`.length] ?? ' '))?.trim();
}

function short(text) {
  const [algorithm, digits] = text.split(':');
  return `${algorithm}:${digits.slice(0, DIGITS)}`;
}

function clean(root) {
  const changed = run('git', ['status', '--porcelain'], { cwd: root, quiet: true }).trim();
  return changed === '' ? [] : [`the tree has changes that are not committed (${changed.split('\n').length}): commit them, or take them back`];
}

module.exports = { checkRelease };
