'use strict';
// What scripts/release.js refuses, on a small tree of its own: above all a compliance report that is older than the code.
const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { digest } = require('../scripts/compliance/digest');
const { readStamp, writeStamp } = require('../scripts/compliance/stamp');
const { checkRelease } = require('../scripts/lib/release');
const { tmp } = require('./helpers/both');

const skip = spawnSync('git', ['--version']).status === 0 ? false : 'there is no git';

/** A tree that may be released. */
class Tree {
  constructor(t) {
    this.root = tmp(t);
    this.git('init', '--quiet');
    const version = '1.2.3';
    this.write('package.json', { name: 'preopen', version, optionalDependencies: { '@preopen/there': version }, peerDependencies: { '@preopen/engine': version } });
    this.write('package-lock.json', { version });
    this.write('npm/there/package.json', { version });
    this.write('npm/engine/package.json', { version });
    this.write('Cargo.toml', '[package]\nname = "preopen"\nversion = "1.2.3"\n\n[dependencies]\nother = { version = "9" }\n');
    this.write('Cargo.lock', '[[package]]\nname = "preopen"\nversion = "1.2.3"\n');
    this.write('src/lib.rs', '//! A library.\n');
    this.write('lib/index.js', '\'use strict\';\n');
    this.report();
    this.commit();
  }

  git(...args) {
    return execFileSync('git', ['-C', this.root, '-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args], { encoding: 'utf8' });
  }

  write(file, content) {
    fs.mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true });
    fs.writeFileSync(path.join(this.root, file), typeof content === 'string' ? content : JSON.stringify(content));
  }

  report(changes = {}, log = (digits) => `# Changelog\n\n## 1.2.3 (2026-01-02)\n\n[Compliance report](COMPLIANCE.md) for \`${digits}\`.\n\n## 1.2.2 (2025-01-02)\n`) {
    const stamp = { version: '1.2.3', date: '2026-01-02', digest: digest(this.root), incomplete: [], failures: 0, ...changes };
    this.write('COMPLIANCE.md', `# Compliance report\n\n${writeStamp(stamp)}\n\nText.\n`);
    this.write('CHANGELOG.md', log(stamp.digest.slice(0, 'sha256:'.length + 12)));
  }

  commit() {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'all', '--allow-empty');
  }

  /** What is refused after a change. */
  after(change) {
    change(this);
    this.commit();
    return checkRelease(this.root);
  }
}

const refuses = (title, change, ...patterns) => test(title, { skip }, (t) => {
  const tree = new Tree(t);
  assert.deepEqual(checkRelease(tree.root), []);
  const faults = tree.after(change);
  assert.equal(faults.length, patterns.length, faults.join('\n'));
  patterns.forEach((pattern, index) => assert.match(faults[index], pattern));
});

test('a fresh report is accepted', { skip }, (t) => assert.deepEqual(checkRelease(new Tree(t).root), []));

refuses('a report that is older than the code', (tree) => tree.write('src/lib.rs', '//! A library, changed.\n'), /older than the code.*npm run compliance/);
refuses('a report from before a file that is new', (tree) => tree.write('src/new.rs', ''), /older than the code/);
refuses('a report from before a file that is gone', (tree) => fs.rmSync(path.join(tree.root, 'lib/index.js')), /older than the code/);
refuses('a report from before a file that was renamed', (tree) => tree.git('mv', 'lib/index.js', 'lib/main.js'), /older than the code/);
refuses('no report', (tree) => fs.rmSync(path.join(tree.root, 'COMPLIANCE.md')), /there is no COMPLIANCE\.md/);
refuses('a report that says nothing of its code', (tree) => tree.write('COMPLIANCE.md', '# Compliance\n<!-- compliance: {not json} -->\n'), /does not say of which code/);
refuses('a report with failures', (tree) => tree.report({ failures: 2 }), /2 failures/);
refuses('a report of a part', (tree) => tree.report({ incomplete: ['--quick'] }), /not of a whole run \(--quick\)/);
refuses('a report of another version', (tree) => tree.report({ version: '1.2.2' }), /about 1\.2\.2/);
refuses('an entry without a date', (tree) => tree.report({}, (digits) => `## 1.2.3\n\n${digits}\n`), /no date for 1\.2\.3/);
refuses('an entry without the report', (tree) => tree.report({}, () => '## 1.2.3 (2026-01-02)\n\n- New.\n'), /does not name the report/);
refuses('no entry', (tree) => tree.report({}, () => '# Changelog\n\n## 1.2.30 (2026-01-02)\n'), /has no entry for 1\.2\.3/);
refuses('another version in Cargo.lock', (tree) => {
  tree.write('Cargo.lock', '[[package]]\nname = "preopen"\nversion = "1.2.2"\n');
  tree.report();
}, /Cargo\.lock has 1\.2\.2.*cargo update/);
refuses('another version in a package', (tree) => {
  tree.write('npm/engine/package.json', { version: '1.2.4' });
  tree.report();
}, /npm\/engine\/package\.json has 1\.2\.4/);

test('changes that are not committed are refused, and do not count where they are no code', { skip }, (t) => {
  const tree = new Tree(t);
  tree.write('README.md', 'new');
  assert.match(checkRelease(tree.root).join(), /^the tree has changes/);
  const before = digest(tree.root);
  tree.write('lib/ignored.node', '');
  tree.write('.gitignore', '*.node\n');
  assert.equal(digest(tree.root), before);
});

test('a stamp is read as it was written', () => {
  const stamp = { version: '1.0.0', date: '2026-01-02', digest: 'sha256:00', incomplete: ['a "part"; of it'], failures: 3 };
  assert.deepEqual(readStamp(`# Title\n\n${writeStamp(stamp)}\n`), stamp);
  assert.equal(readStamp('# Title\n'), undefined);
});
