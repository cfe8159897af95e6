'use strict';
// new WASI(options): the order in which options are read and checked, and every error.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { both, differs, ours, tmp } = require('./helpers/both');
const why = require('./helpers/why');

const TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const VALUE = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const RANGE = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };

const refused = [
  ['no options', [], { ...TYPE, message: 'The "options.version" property must be of type string. Received undefined' }],
  ['options undefined', [undefined], { ...TYPE, message: 'The "options.version" property must be of type string. Received undefined' }],
  ['options null', [null], { ...TYPE, message: 'The "options" argument must be of type object. Received null' }],
  ['options a string', ['x'], { ...TYPE, message: 'The "options" argument must be of type object. Received type string (\'x\')' }],
  ['options an array', [[]], { ...TYPE, message: 'The "options" argument must be of type object. Received an instance of Array' }],
  ['options a function', [function f() {}], { ...TYPE, message: 'The "options" argument must be of type object. Received function f' }],
  ['version missing', [{}], { ...TYPE, message: 'The "options.version" property must be of type string. Received undefined' }],
  ['version null', [{ version: null }], { ...TYPE, message: 'The "options.version" property must be of type string. Received null' }],
  ['version a number', [{ version: 1 }], { ...TYPE, message: 'The "options.version" property must be of type string. Received type number (1)' }],
  ['version unknown', [{ version: 'preview2' }], { ...VALUE, message: "The property 'options.version' unsupported WASI version. Received 'preview2'" }],
  ['version in capitals', [{ version: 'Preview1' }], { ...VALUE, message: "The property 'options.version' unsupported WASI version. Received 'Preview1'" }],
  ['version empty', [{ version: '' }], { ...VALUE, message: "The property 'options.version' unsupported WASI version. Received ''" }],
  ['args a string', { args: 'a' }, { ...TYPE, message: 'The "options.args" property must be an instance of Array. Received type string (\'a\')' }],
  ['args null', { args: null }, { ...TYPE, message: 'The "options.args" property must be an instance of Array. Received null' }],
  ['args like an array', { args: { length: 0 } }, { ...TYPE, message: 'The "options.args" property must be an instance of Array. Received an instance of Object' }],
  ['env a string', { env: 'a' }, { ...TYPE, message: 'The "options.env" property must be of type object. Received type string (\'a\')' }],
  ['env null', { env: null }, { ...TYPE, message: 'The "options.env" property must be of type object. Received null' }],
  ['env an array', { env: [] }, { ...TYPE, message: 'The "options.env" property must be of type object. Received an instance of Array' }],
  ['env with a symbol', { env: { A: Symbol('s') } }, { name: 'TypeError', message: 'Cannot convert a Symbol value to a string' }],
  ['preopens a string', { preopens: 'a' }, { ...TYPE, message: 'The "options.preopens" property must be of type object. Received type string (\'a\')' }],
  ['preopens null', { preopens: null }, { ...TYPE, message: 'The "options.preopens" property must be of type object. Received null' }],
  ['preopens an array', { preopens: [] }, { ...TYPE, message: 'The "options.preopens" property must be of type object. Received an instance of Array' }],
  ['stdin null', { stdin: null }, { ...TYPE, message: 'The "options.stdin" property must be of type number. Received null' }],
  ['stdin negative', { stdin: -1 }, { ...RANGE, message: 'The value of "options.stdin" is out of range. It must be >= 0 && <= 2147483647. Received -1' }],
  ['stdin too large', { stdin: 2 ** 31 }, { ...RANGE, message: 'The value of "options.stdin" is out of range. It must be >= 0 && <= 2147483647. Received 2147483648' }],
  ['stdin a fraction', { stdin: 1.5 }, { ...RANGE, message: 'The value of "options.stdin" is out of range. It must be an integer. Received 1.5' }],
  ['stdin NaN', { stdin: NaN }, { ...RANGE, message: 'The value of "options.stdin" is out of range. It must be an integer. Received NaN' }],
  ['stdout a bigint', { stdout: 1n }, { ...TYPE, message: 'The "options.stdout" property must be of type number. Received type bigint (1n)' }],
  ['stderr true', { stderr: true }, { ...TYPE, message: 'The "options.stderr" property must be of type number. Received type boolean (true)' }],
  ['returnOnExit null', { returnOnExit: null }, { ...TYPE, message: 'The "options.returnOnExit" property must be of type boolean. Received null' }],
  ['returnOnExit 1', { returnOnExit: 1 }, { ...TYPE, message: 'The "options.returnOnExit" property must be of type boolean. Received type number (1)' }],
];

for (const [title, given, expected] of refused) {
  both(`new WASI refuses: ${title}`, ({ WASI }) => {
    const args = Array.isArray(given) ? given : [{ version: 'preview1', ...given }];
    assert.throws(() => new WASI(...args), expected);
  });
}

differs('a string as stdin', why.stdinText, {
  node({ WASI }) {
    const message = 'The "options.stdin" property must be of type number. Received type string (\'0\')';
    assert.throws(() => new WASI({ version: 'preview1', stdin: '0' }), { ...TYPE, message });
  },
  ours(host) {
    assert.equal(host.guest({ stdin: '0' }).read(0).data, '0');
  },
});

const failures = [
  ['a directory that is not there', (dir) => ({ preopens: { '/': path.join(dir, 'none') } }), 44, 'UVWASI_ENOENT'],
  ['an empty path', () => ({ preopens: { '/': '' } }), 44, 'UVWASI_ENOENT'],
  ['a file', (dir) => ({ preopens: { '/': path.join(dir, 'file') } }), 54, 'UVWASI_ENOTDIR'],
  ['a path below a file', (dir) => ({ preopens: { '/': path.join(dir, 'file/x') } }), 54, 'UVWASI_ENOTDIR'],
  ['a loop of links', (dir) => ({ preopens: { '/': path.join(dir, 'loop') } }), 32, 'UVWASI_ELOOP'],
  ['a stdin that is not open', () => ({ stdin: 999999 }), 8, 'UVWASI_EBADF'],
  ['a stdout that is not open', () => ({ stdout: 999999 }), 8, 'UVWASI_EBADF'],
  ['a stderr that is not open', () => ({ stderr: 999999 }), 8, 'UVWASI_EBADF'],
];

for (const [title, options, errno, code] of failures) {
  const check = ({ WASI, t }, ...more) => {
    const dir = tmp(t);
    fs.writeFileSync(path.join(dir, 'file'), '');
    fs.symlinkSync('loop', path.join(dir, 'loop'));
    let error;
    try {
      new WASI({ version: 'preview1', ...options(dir) });
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof Error);
    assert.equal(Object.getPrototypeOf(error), Error.prototype);
    assert.equal(error.message, `${code}, uvwasi_init`);
    const own = Object.getOwnPropertyDescriptors(error);
    delete own.stack;
    delete own.message;
    assert.deepEqual(Object.keys(own).sort(), ['code', 'errno', ...more, 'syscall']);
    assert.deepEqual({ errno: error.errno, code: error.code, syscall: error.syscall }, { errno, code, syscall: 'uvwasi_init' });
    if (more.includes('path')) assert.equal(error.path, Object.values(options(dir).preopens)[0]);
  };
  if (title.includes('std')) both(`new WASI fails on ${title}`, (host) => check(host));
  else differs(`new WASI fails on ${title}`, why.preopenPath, { node: (host) => check(host), ours: (host) => check(host, 'path') });
}

both('the first wrong option is the one reported', ({ WASI }) => {
  const wrong = { version: 1, args: 1, env: 1, preopens: 1, stdin: true, stdout: 'x', stderr: 'x', returnOnExit: 1 };
  const right = { version: 'preview1', args: [], env: {}, preopens: {}, stdin: 0, stdout: 1, stderr: 2, returnOnExit: true };
  const options = { ...wrong };
  for (const name of Object.keys(wrong)) {
    assert.throws(() => new WASI(options), (error) => error.message.includes(`"options.${name}"`), name);
    options[name] = right[name];
  }
  new WASI(options);
});

both('a preopen that fails wins over a wrong returnOnExit', ({ WASI }) => {
  assert.throws(() => new WASI({ version: 'preview1', preopens: { '/': '/no/such/directory' }, returnOnExit: 1 }), { code: 'UVWASI_ENOENT' });
});

both('options are read in order, each once or as often as node:wasi does', ({ WASI }) => {
  const reads = [];
  const own = ['version', 'args', 'env', 'preopens', 'stdin', 'stdout', 'stderr', 'returnOnExit'];
  const options = new Proxy({ version: 'preview1', args: [], env: {}, preopens: {}, stdin: 0, stdout: 1, stderr: 2, returnOnExit: true }, {
    get(target, name) {
      if (own.includes(name) && reads.at(-1) !== name) reads.push(name);
      return target[name];
    },
  });
  new WASI(options);
  assert.deepEqual(reads, own);
});

both('getters, inherited options and null prototypes are options', ({ WASI, tmp }) => {
  const dir = tmp();
  new WASI(Object.create({ version: 'preview1', preopens: { '/': dir } }));
  new WASI(Object.assign(Object.create(null), { version: 'preview1' }));
  new WASI(Object.assign(new Map(), { version: 'preview1' }));
  new WASI({ get version() { return 'preview1'; } });
  const thrown = new Error('from a getter');
  assert.throws(() => new WASI({ version: 'preview1', get env() { throw thrown; } }), thrown);
});

both('undefined is as good as absent; unknown options are ignored', ({ WASI }) => {
  new WASI({
    version: 'preview1', args: undefined, env: undefined, preopens: undefined, stdin: undefined, stdout: undefined, stderr: undefined,
    returnOnExit: undefined, colour: 'blue',
  });
});

both('args are made strings, cut at NUL, encoded as UTF-8', (host) => {
  const guest = host.guest({ args: ['a', 1, null, undefined, '', 'ä€😀', Symbol('s'), { toString: () => 'object' }, 'cut\0off', '\ud800'] });
  const { errno, list } = guest.strings('args_get', 'args_sizes_get');
  assert.equal(errno, 'SUCCESS');
  assert.deepEqual(list, ['a', '1', 'null', 'undefined', '', 'ä€😀', 'Symbol(s)', 'object', 'cut', '\ufffd']);
});

ours('a hole in args is undefined, not the end of the process', why.sparseArgs, (host) => {
  const args = ['a', 'gone', 'b'];
  delete args[1];
  const guest = host.guest({ args });
  assert.deepEqual(guest.strings('args_get', 'args_sizes_get').list, ['a', 'undefined', 'b']);
});

both('args of another realm are an array', (host) => {
  const guest = host.guest({ args: vm.runInNewContext('["x", "y"]') });
  assert.deepEqual(guest.strings('args_get', 'args_sizes_get').list, ['x', 'y']);
});

both('env entries are own and enumerable; undefined is left out', (host) => {
  const env = Object.create({ INHERITED: '1' }, { HIDDEN: { value: '1', enumerable: false } });
  Object.assign(env, { A: '1', B: undefined, C: null, D: 4, E: 'x=y', F: 'cut\0off', G: '', ä: 'ö' });
  const guest = host.guest({ env });
  const { errno, list } = guest.strings('environ_get', 'environ_sizes_get');
  assert.equal(errno, 'SUCCESS');
  assert.deepEqual(list, ['A=1', 'C=null', 'D=4', 'E=x=y', 'F=cut', 'G=', 'ä=ö']);
});

function preopenNames(guest) {
  const names = [];
  for (let fd = 3; ; fd++) {
    guest.reset();
    const out = guest.alloc(8);
    const errno = guest.call('fd_prestat_get', fd, out);
    if (errno !== 'SUCCESS') {
      assert.equal(errno, 'BADF');
      return names;
    }
    assert.equal(guest.u8(out), 0);
    const length = guest.u32(out + 4);
    const name = guest.alloc(length || 1);
    assert.equal(guest.call('fd_prestat_dir_name', fd, name, length), 'SUCCESS');
    names.push(guest.text(name, length));
  }
}

both('preopens get descriptors from 3 on, in the order of the keys', (host) => {
  const dir = host.tmp();
  const guest = host.guest({ preopens: { '/z': dir, '/a': dir, 7: dir, 'ä/€': dir, '.': dir } });
  assert.deepEqual(preopenNames(guest), ['7', '/z', '/a', 'ä/€', '.']);
});

// node:wasi accepts this key, and writes past a buffer of its own.
ours('a preopen may have an empty name', (host) => {
  assert.deepEqual(preopenNames(host.guest({ preopens: { '': host.tmp() } })), ['']);
});

both('a preopen may be a link to a directory, or relative', (host) => {
  const dir = host.tmp();
  fs.mkdirSync(path.join(dir, 'real'));
  fs.writeFileSync(path.join(dir, 'real/file'), 'inside');
  fs.symlinkSync('real', path.join(dir, 'link'));
  const guest = host.guest({ preopens: { '/a': path.join(dir, 'link'), '/b': path.relative(process.cwd(), path.join(dir, 'real')) } });
  for (const fd of [3, 4]) assert.equal(guest.read(guest.opened(fd, 'file')).data, 'inside');
});

both('preopen keys and values are made strings', (host) => {
  const dir = host.tmp();
  const guest = host.guest({ preopens: { '/': { toString: () => dir } } });
  assert.equal(guest.mkdir(3, 'made'), 'SUCCESS');
  assert.ok(fs.statSync(path.join(dir, 'made')).isDirectory());
});

ours('preopens may be objects: path, readOnly, specialFiles', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'inside');
  const guest = host.guest({ preopens: { '/rw': { path: dir }, '/ro': { path: dir, readOnly: true }, '/also': { path: dir, readOnly: false } } });
  assert.equal(guest.mkdir(3, 'a'), 'SUCCESS');
  assert.equal(guest.mkdir(4, 'b'), 'ROFS');
  assert.equal(guest.mkdir(5, 'c'), 'SUCCESS');
});

ours('preopen objects, sockets, maxFds and dotEntries are checked', ({ WASI, tmp }) => {
  const dir = tmp();
  const fails = (options, about) => assert.throws(() => new WASI({ version: 'preview1', ...options }), (error) => {
    assert.ok(error instanceof TypeError || error instanceof RangeError, `${error}`);
    assert.match(error.code, /^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/);
    assert.match(error.message, about);
    return true;
  });
  fails({ preopens: { '/': { path: dir, readOnly: 1 } } }, /readOnly/);
  fails({ preopens: { '/': { path: dir, specialFiles: 'yes' } } }, /specialFiles/);
  fails({ preopens: { '/': { path: 5 } } }, /path/);
  fails({ sockets: 'x' }, /sockets/);
  fails({ sockets: [-1] }, /sockets/);
  fails({ sockets: [{}] }, /sockets/);
  fails({ maxFds: 'many' }, /maxFds/);
  fails({ maxFds: -1 }, /maxFds/);
  fails({ dotEntries: 1 }, /dotEntries/);
});

differs('an environment may be empty', why.environment, {
  node(host) {
    assert.equal(host.guest({ env: {} }).strings('environ_get', 'environ_sizes_get').errno, 'INVAL');
  },
  ours(host) {
    for (const options of [{}, { env: {} }, { env: { A: undefined } }]) {
      assert.deepEqual(host.guest(options).strings('environ_get', 'environ_sizes_get'), { errno: 'SUCCESS', list: [], size: 0 });
    }
  },
});

both('under the permission model, WASI is allowed by a flag of its own', async (host) => {
  const { child } = require('./helpers/child');
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    try { new WASI({ version: 'preview1' }); console.log('allowed'); }
    catch (error) { console.log(error.code, error.permission, error.message); }`;
  const flags = [process.version.startsWith('v20.') ? '--experimental-permission' : '--permission', '--allow-addons', '--allow-fs-read=*'];
  const refused = await child(code, { flags });
  assert.match(refused.stdout, /^ERR_ACCESS_DENIED WASI /, refused.stderr);
  const allowed = await child(code, { flags: [...flags, '--allow-wasi'] });
  assert.equal(allowed.stdout, 'allowed\n', allowed.stderr);
});
