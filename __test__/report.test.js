'use strict';
// The main job, examples/report.js: what it reports is true.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { both, ours, root } = require('./helpers/both');
const { child } = require('./helpers/child');

const module_ = () => new WebAssembly.Module(fs.readFileSync(path.join(root, 'examples/report.wasm')));

function tree(host) {
  const dir = host.tmp();
  const put = (name, text) => {
    fs.mkdirSync(path.dirname(path.join(dir, 'in', name)), { recursive: true });
    fs.writeFileSync(path.join(dir, 'in', name), text);
  };
  put('a.js', 'one\ntwo\nthree');
  put('b.js', 'const fn = fn;\n');
  put('deep/er/c.txt', 'fn\n'.repeat(1000));
  put('deep/skipped/d.txt', 'never seen\n');
  put('binary.bin', Buffer.from([1, 0, 2]));
  put('Makefile', 'all:\n');
  put('.hidden', '');
  fs.symlinkSync('a.js', path.join(dir, 'in/link'));
  fs.mkdirSync(path.join(dir, 'out'));
  fs.writeFileSync(path.join(dir, 'orders'), '# a comment\n\nskip skipped\ncount fn\ncount two\ncount never\n');
  return dir;
}

function census(host, dir, args, env = { REPORT_TITLE: 'A census' }) {
  const [stdin, stdout, stderr] = [fs.openSync(path.join(dir, 'orders')), fs.openSync(path.join(dir, 'stdout'), 'w'), fs.openSync(path.join(dir, 'stderr'), 'w')];
  const wasi = new host.WASI({ version: 'preview1', args: ['report', ...args], env, preopens: { '/in': path.join(dir, 'in'), '/out': path.join(dir, 'out') }, stdin, stdout, stderr });
  const code = wasi.start(new WebAssembly.Instance(module_(), wasi.getImportObject()));
  [stdin, stdout, stderr].forEach((fd) => fs.closeSync(fd));
  return { code, stdout: fs.readFileSync(path.join(dir, 'stdout'), 'utf8'), stderr: fs.readFileSync(path.join(dir, 'stderr'), 'utf8') };
}

both('the census of a small tree', (host) => {
  const dir = tree(host);
  assert.deepEqual(census(host, dir, ['--top', '2', '--out', '/out/report.md', '/in']), {
    code: 0,
    stdout: 'orders from standard input: 1 patterns to skip, 3 words to count\n/in: 6 files read\n/out/report.md: report written\n',
    stderr: '',
  });
  assert.equal(fs.readFileSync(path.join(dir, 'out/report.md'), 'utf8'), `# A census

6 files in 3 directories: 1005 lines, 3036 bytes.
1 binary files, 1 symbolic links, 0 special files, 1 entries skipped.

## By extension

| extension | files | lines | bytes | longest file | its lines |
|---|--:|--:|--:|---|--:|
| \`.txt\` | 1 | 1000 | 3000 | /in/deep/er/c.txt | 1000 |
| \`.js\` | 2 | 4 | 28 | /in/a.js | 3 |
| \`(none)\` | 2 | 1 | 5 | /in/Makefile | 1 |
| \`.bin\` | 1 | 0 | 3 | - | 0 |

## Largest files

| file | bytes |
|---|--:|
| /in/deep/er/c.txt | 3000 |
| /in/b.js | 15 |

## Words

| word | found | in files |
|---|--:|--:|
| \`fn\` | 1002 | 2 |
| \`two\` | 1 | 1 |
| \`never\` | 0 | 0 |
`);
});

both('its other exit codes', (host) => {
  const dir = tree(host);
  assert.deepEqual(census(host, dir, []).code, 2);
  assert.deepEqual(census(host, dir, ['--nonsense', '1', '/in']).code, 2);
  const missing = census(host, dir, ['--out', '/out/report.md', '/in', '/in/none']);
  assert.deepEqual([missing.code, missing.stderr], [1, 'report: /in/none: No such file or directory\n']);
  assert.equal(census(host, dir, ['--out', '/nowhere/report.md', '/in']).code, 2);
});

ours('npm start\'s program: the census of this repository', async () => {
  const script = path.join(root, 'examples/report.js');
  const { status, stdout, stderr } = await child(script, { file: true });
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^\/repo: \d+ files read$/m);
  assert.match(stdout, /^report\.wasm ended with exit code 0 after [\d.]+ ms/m);
  const report = fs.readFileSync(path.join(root, 'examples/out/report.md'), 'utf8');
  assert.match(report, /^# What this repository is made of\n/);
  for (const extension of ['.rs', '.js', '.c']) {
    const row = report.match(new RegExp(`^\\| \`\\${extension}\` \\| (\\d+) \\| (\\d+) \\|`, 'm'));
    assert.ok(row, extension);
    assert.ok(Number(row[1]) > 0 && Number(row[2]) > 0, row[0]);
  }
  assert.match(report, /\| `unsafe` \| \d+ \| \d+ \|/);
});
