'use strict';
// Whole trees copied: the same answers as node:fs gives on a disk. Its messages differ from version to version.
const { same } = require('./differential');

function tree(fs, at) {
  fs.mkdirSync(at('/src/sub/deep'), { recursive: true });
  fs.writeFileSync(at('/src/a'), 'a', { mode: 0o600 });
  fs.writeFileSync(at('/src/sub/b'), 'b');
  fs.symlinkSync('a', at('/src/link'));
  fs.symlinkSync('/elsewhere', at('/src/absolute'));
  fs.mkdirSync(at('/src/empty'));
  fs.utimesSync(at('/src/a'), 10, 20);
}

/** All there is below: types, contents and targets. */
function all(fs, at, under) {
  return fs.readdirSync(at(under || '/'), { withFileTypes: true }).flatMap((entry) => {
    const path = `${under}/${entry.name}`;
    if (entry.isDirectory()) return [[path, 'dir'], ...all(fs, at, path)];
    if (entry.isSymbolicLink()) return [[path, fs.readlinkSync(at(path))]];
    const { mode, mtimeMs } = fs.statSync(at(path));
    return [[path, fs.readFileSync(at(path), 'utf8'), mode, mtimeMs < 1e12 && mtimeMs]];
  });
}

const code = (act) => {
  try {
    return act();
  } catch (error) {
    return error.code;
  }
};

same('cpSync: files and trees', ({ fs, at, call }) => {
  tree(fs, at);
  const cp = (from, to, options) => code(() => fs.cpSync(at(from), at(to), options));
  call(() => cp('/src/a', '/one') ?? all(fs, at, ''));
  call(() => cp('/src', '/two'));
  call(() => cp('/src', '/two', { recursive: true }) ?? all(fs, at, '/two'));
  call(() => cp('/src', '/deep/er/three', { recursive: true, preserveTimestamps: true }) ?? all(fs, at, '/deep'));
  call(() => cp('/src', '/four', { recursive: true, verbatimSymlinks: true }) ?? all(fs, at, '/four'));
  call(() => cp('/src/sub', '/five', { recursive: true, filter: (from) => !from.endsWith('/b') }) ?? all(fs, at, '/five'));
  call(() => cp('/src', '/src/sub/self', { recursive: true }));
  call(() => cp('/src/a', '/src/a'));
  call(() => cp('/src/a', '/src/sub'));
  call(() => cp('/src', '/one', { recursive: true }));
  call(() => cp('/none', '/x'));
  call(() => cp('/src/sub/b', '/one', { force: false }) ?? fs.readFileSync(at('/one'), 'utf8'));
  call(() => cp('/src/sub/b', '/one', { force: false, errorOnExist: true }));
  call(() => cp('/src/sub/b', '/one') ?? fs.readFileSync(at('/one'), 'utf8'));
  call(() => cp('/src/sub', '/two/sub', { recursive: true }) ?? all(fs, at, '/two').length);
  call(() => cp('/src/link', '/linked', { verbatimSymlinks: true }) ?? fs.readlinkSync(at('/linked')));
  call(() => cp('/src/a', '/x', { recursive: 'yes' }));
  call(() => cp('/src/a', '/x', { filter: 'no' }));
});
