'use strict';
// Calls that take a path: the same answers as node:fs gives on a disk.
const { same } = require('./differential');

/** Something of every kind. */
function tree({ fs, at }) {
  fs.mkdirSync(at('/dir/sub'), { recursive: true });
  fs.writeFileSync(at('/file'), 'content');
  fs.writeFileSync(at('/dir/inner'), 'inner');
  fs.symlinkSync('file', at('/link'));
  fs.symlinkSync('dir', at('/dirlink'));
  fs.symlinkSync('nowhere', at('/dangling'));
  fs.symlinkSync('loop', at('/loop'));
}

const PATHS = [
  '/file', '/dir', '/dir/', '/link', '/link/', '/dirlink', '/dirlink/', '/dirlink/inner', '/dangling', '/dangling/', '/loop', '/loop/x', '/none',
  '/none/x', '/file/', '/file/x', '/dir/..', '/dir/../file', '/dir/.', '/dir/sub/../../file', '//dir//inner', `/${'n'.repeat(255)}`,
  `/${'n'.repeat(256)}`, `/${'x/'.repeat(2100)}`, '/dir/./sub/.', '/none/..', '/file/..',
];

for (const name of ['statSync', 'lstatSync', 'existsSync', 'accessSync', 'readlinkSync', 'readFileSync', 'readdirSync', 'realpathSync']) {
  same(`${name} of every kind of path`, (side) => {
    const { fs, at, call } = side;
    tree(side);
    for (const path of PATHS) call(() => fs[name](at(path)));
  });
}

for (const name of ['mkdirSync', 'rmdirSync', 'unlinkSync', 'rmSync']) {
  same(`${name} of every kind of path`, (side) => {
    const { fs, at, call } = side;
    for (const path of PATHS) {
      tree(side);
      call(() => fs[name](at(path)));
      call(() => all(fs, at));
      for (const entry of fs.readdirSync(at('/'))) fs.rmSync(at(`/${entry}`), { recursive: true });
    }
  });
}

/** All that there is; node:fs would follow links to directories, round and round. */
function all(fs, at, under = '/') {
  const names = fs.readdirSync(at(under), { withFileTypes: true });
  return names.flatMap((entry) => [under + entry.name, ...(entry.isDirectory() ? all(fs, at, `${under}${entry.name}/`) : [])]);
}

same('opendirSync of every kind of path', (side) => {
  const { fs, at, call } = side;
  tree(side);
  for (const path of PATHS) {
    call(() => {
      try {
        const dir = fs.opendirSync(at(path));
        const names = [];
        for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) names.push(entry.name);
        dir.closeSync();
        return names.sort();
      } catch (error) {
        // node:fs leaves the path out of some.
        return error.code;
      }
    });
  }
});

same('realpathSync.native of every kind of path', (side) => {
  const { fs, at, call } = side;
  tree(side);
  // realpath(3) looks at the names before it counts them.
  for (const path of PATHS.filter((path) => path.length < 4096)) call(() => fs.realpathSync.native(at(path)));
});

for (const name of ['renameSync', 'linkSync', 'copyFileSync']) {
  same(`${name} from every kind of path to every kind`, (side) => {
    const { fs, at, call } = side;
    const some = ['/file', '/dir', '/dir/', '/dir/sub', '/dir/sub/deeper', '/link', '/dirlink', '/dangling', '/none', '/none/x', '/file/x', '/dir/inner', '/loop', '/new', '/new/'];
    for (const from of some) {
      for (const to of some) {
        // node:fs copies a directory nowhere, but each of its versions says so in its own way.
        if (name === 'copyFileSync' && (from.startsWith('/dir') || to.startsWith('/dir')) && !from.endsWith('inner')) continue;
        tree(side);
        call(() => fs[name](at(from), at(to)));
        call(() => all(fs, at));
        for (const entry of fs.readdirSync(at('/'))) fs.rmSync(at(`/${entry}`), { recursive: true });
      }
    }
  });
}

same('symlinks, wherever they lead', ({ fs, at, call }) => {
  fs.mkdirSync(at('/dir/sub'), { recursive: true });
  fs.writeFileSync(at('/dir/sub/f'), 'x');
  for (const [target, path] of [['../sub/f', '/dir/sub/up'], ['/', '/root'], ['a/../..', '/dots'], ['dir//sub/', '/slashes'], ['..', '/dir/sub/parent']]) {
    call(() => fs.symlinkSync(target, at(path)));
    call(() => fs.readlinkSync(at(path)));
    call(() => fs.readlinkSync(at(path), 'buffer'));
    call(() => fs.readlinkSync(at(path), { encoding: 'hex' }));
  }
  call(() => fs.readFileSync(at('/dir/sub/up'), 'utf8'));
  call(() => fs.readFileSync(at('/slashes/f'), 'utf8'));
  call(() => fs.readdirSync(at('/dir/sub/parent')));
  call(() => fs.symlinkSync('x', at('/dir')));
  call(() => fs.symlinkSync('x', at('/none/x')));
  call(() => fs.symlinkSync('', at('/empty')));
  call(() => fs.symlinkSync('x'.repeat(5000), at('/long')));
  call(() => fs.unlinkSync(at('/dots')));
  // Absolute ones, to that side's own root.
  call(() => fs.symlinkSync(at('/dir/sub'), at('/absolute')));
  call(() => fs.readFileSync(at('/absolute/f'), 'utf8'));
  call(() => fs.statSync(at('/absolute')).isDirectory());
  call(() => fs.writeFileSync(at('/absolute/g'), 'through'));
  call(() => fs.readFileSync(at('/dir/sub/g'), 'utf8'));
  call(() => fs.realpathSync(at('/absolute/up')));
  call(() => fs.realpathSync.native(at('/absolute/up')));
  call(() => fs.realpathSync(at('/absolute/up'), 'buffer'));
  call(() => fs.rmSync(at('/absolute'), { recursive: true }));
  call(() => fs.existsSync(at('/dir/sub/f')));
});

same('mkdirSync with recursive, and modes', ({ fs, at, call }) => {
  fs.writeFileSync(at('/file'), '');
  fs.symlinkSync('file', at('/link'));
  for (const path of ['/a/b/c', '/a/b/c', '/a/b/c/d/', '/a/../x/y', '/file', '/file/x', '/file/x/y', '/link/x', '/r/./s', '/t/../u']) {
    call(() => fs.mkdirSync(at(path), { recursive: true }));
    call(() => all(fs, at));
  }
  call(() => fs.mkdirSync(at('/m'), 0o700) ?? fs.statSync(at('/m')).mode);
  call(() => fs.mkdirSync(at('/n'), { mode: '750' }) ?? fs.statSync(at('/n')).mode);
  call(() => fs.mkdirSync(at('/o'), { mode: 0o777 }) ?? fs.statSync(at('/o')).mode);
});

same('rmSync: force and recursive', (side) => {
  const { fs, at, call } = side;
  tree(side);
  call(() => fs.rmSync(at('/none'), { force: true }));
  call(() => fs.rmSync(at('/dirlink'), { recursive: true }));
  call(() => fs.rmSync(at('/loop'), { force: true }));
  call(() => fs.rmSync(at('/dir'), { force: true }));
  call(() => fs.rmSync(at('/dir'), { recursive: true, force: true }));
  call(() => fs.rmSync(at('/dir'), { recursive: true, force: true }));
  call(() => fs.readdirSync(at('/')));
});

same('readdirSync: types, encodings, everything beneath', (side) => {
  const { fs, at, call } = side;
  tree(side);
  call(() => fs.readdirSync(at('/')));
  call(() => fs.readdirSync(at('/'), 'hex'));
  call(() => fs.readdirSync(at('/dir'), 'buffer'));
  call(() => fs.readdirSync(at('/dir'), { encoding: null }));
  call(() => fs.readdirSync(at('/'), { withFileTypes: true }));
  call(() => fs.readdirSync(at('/dir'), { withFileTypes: true, encoding: 'buffer' }).map((entry) => entry.name));
  call(() => fs.readdirSync(at('/dir'), { recursive: true }).sort());
  fs.unlinkSync(at('/dirlink'));
  call(() => fs.readdirSync(at('/'), { recursive: true, withFileTypes: true }).map((entry) => `${entry.parentPath}:${entry.name}`).sort().map((line) => line.replace(/^.*?(\/dir\S*)?:/, '$1:')));
});

same('names that are not UTF-8', ({ fs, at, call }) => {
  const name = Buffer.from([0x2f, 0x66, 0xff, 0xfe]);
  call(() => fs.writeFileSync(at(name), 'bytes'));
  call(() => fs.readFileSync(at(name), 'utf8'));
  call(() => fs.readdirSync(at('/'), 'buffer'));
  call(() => fs.readdirSync(at('/')));
  call(() => fs.statSync(at(name)).size);
  call(() => fs.renameSync(at(name), at('/plain')));
  call(() => fs.readdirSync(at('/')));
  call(() => fs.readFileSync(at(Buffer.from([0x2f, 0xff]))));
});

same('times and modes', ({ fs, at, call }) => {
  fs.writeFileSync(at('/f'), 'x');
  fs.symlinkSync('f', at('/l'));
  const times = () => [fs.statSync(at('/f')), fs.lstatSync(at('/l'))].map(({ mtimeMs }) => Math.round(mtimeMs));
  call(() => fs.utimesSync(at('/f'), 1, 2) ?? fs.lutimesSync(at('/l'), 3, 4) ?? times());
  call(() => fs.utimesSync(at('/f'), new Date(1234567), '7.5') ?? times());
  call(() => fs.utimesSync(at('/l'), 10.25, 20.75) ?? times());
  call(() => fs.statSync(at('/f')));
  call(() => fs.statSync(at('/f'), { bigint: true }).mtimeNs);
  call(() => fs.utimesSync(at('/none'), 1, 2));
  call(() => fs.lutimesSync(at('/none'), 1, 2));
  call(() => fs.chmodSync(at('/f'), 0o640) ?? fs.statSync(at('/f')).mode);
  call(() => fs.chmodSync(at('/l'), '4755') ?? fs.statSync(at('/f')).mode);
  call(() => fs.chmodSync(at('/none'), 0o640));
  call(() => fs.accessSync(at('/f'), fs.constants.X_OK));
  call(() => fs.chmodSync(at('/f'), 0o600) ?? fs.accessSync(at('/f'), fs.constants.X_OK));
  call(() => fs.accessSync(at('/f'), fs.constants.R_OK | fs.constants.W_OK));
});

same('statSync: bigint, throwIfNoEntry', (side) => {
  const { fs, at, call } = side;
  tree(side);
  call(() => fs.statSync(at('/none'), { throwIfNoEntry: false }));
  if (parseInt(process.versions.node, 10) >= 24) call(() => fs.statSync(at('/file/x'), { throwIfNoEntry: false }));
  call(() => fs.lstatSync(at('/none/x'), { throwIfNoEntry: false }));
  call(() => fs.statSync(at('/loop'), { throwIfNoEntry: false }));
  call(() => typeof fs.statSync(at('/file'), { bigint: true }).ino);
  call(() => fs.statSync(at('/file'), { bigint: true }).size);
  call(() => fs.statSync(at('/file')) instanceof require('node:fs').Stats);
  call(() => Object.keys(fs.statSync(at('/file'), { bigint: true })).filter((key) => !/time$/.test(key)));
  call(() => Object.keys(fs.statSync(at('/file'))).filter((key) => !/time$/.test(key)));
  call(() => fs.linkSync(at('/file'), at('/second')) ?? fs.statSync(at('/file')).nlink);
  call(() => fs.statSync(at('/file')).ino === fs.statSync(at('/second')).ino);
});

same('mkdtempSync', ({ fs, at, call }) => {
  call(() => /^\/tmp-[A-Za-z0-9]{6}$/.test(fs.mkdtempSync(at('/tmp-')).slice(at('').length)));
  call(() => fs.readdirSync(at('/')).length);
  call(() => fs.statSync(at(`/${fs.readdirSync(at('/'))[0]}`)).mode);
  call(() => fs.mkdtempSync(at('/none/x')));
  call(() => Buffer.isBuffer(fs.mkdtempSync(at('/b'), 'buffer')));
});

same('arguments that are wrong', { since: 24 }, ({ fs, at, call }) => {
  fs.writeFileSync(at('/f'), '');
  for (const bad of [undefined, null, 1, {}, [], '/a\0b', new Date(0), Symbol('s'), true]) {
    for (const name of ['statSync', 'readFileSync', 'mkdirSync', 'readdirSync', 'unlinkSync', 'rmdirSync', 'readlinkSync', 'chmodSync', 'existsSync', 'truncateSync', 'accessSync']) {
      if (name === 'readFileSync' && bad === 1) continue;
      call(() => fs[name](bad, 0));
    }
    call(() => fs.renameSync(bad, at('/g')));
    call(() => fs.renameSync(at('/f'), bad));
    call(() => fs.linkSync(at('/f'), bad));
    call(() => fs.symlinkSync('x', bad));
    call(() => fs.copyFileSync(at('/f'), bad));
    call(() => fs.chmodSync(at('/f'), bad));
    call(() => fs.utimesSync(at('/f'), bad, 1));
    if (bad !== undefined && bad !== null) call(() => fs.readFileSync(at('/f'), bad));
    if (bad !== null) call(() => fs.rmSync(at('/nothing'), { force: bad }));
    // Node cuts the message at the NUL, and version 20 crashes on a symbol.
    if (bad === '/a\0b' || typeof bad === 'symbol') continue;
    call(() => fs.closeSync(bad === 1 ? 1e6 : bad));
    call(() => fs.fstatSync(bad === 1 ? 1e6 : bad));
  }
  call(() => fs.readFileSync(at('/f'), 'nonsense'));
  call(() => fs.readdirSync(at('/'), 'nonsense'));
  call(() => fs.openSync(at('/f'), 'nonsense'));
  call(() => fs.openSync(at('/f'), 'r', 'nonsense'));
  call(() => fs.chmodSync(at('/f'), '9'));
  call(() => fs.chmodSync(at('/f'), -1));
  call(() => fs.mkdirSync(at('/x'), { recursive: 'yes' }));
  call(() => fs.readFileSync(new URL('http://example.com/x')));
});
