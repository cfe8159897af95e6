'use strict';
// The descriptor table: fd_close, fd_renumber, fd_prestat_get, fd_prestat_dir_name, the lowest free number, the limit.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { both, differs, ours } = require('../helpers/both');
const { child } = require('../helpers/child');
const why = require('../helpers/why');

function withFile(host, options) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '0123456789');
  fs.writeFileSync(path.join(dir, 'other'), 'other');
  return { dir, guest: host.guest({ preopens: { '/sandbox': dir }, ...options }) };
}

both('the lowest free number is taken', (host) => {
  const { guest } = withFile(host);
  assert.deepEqual([1, 2, 3].map(() => guest.opened(3, 'file')), [4, 5, 6]);
  assert.equal(guest.close(5), 'SUCCESS');
  assert.equal(guest.close(4), 'SUCCESS');
  assert.equal(guest.opened(3, 'file'), 4);
  assert.equal(guest.opened(3, 'file'), 5);
  assert.equal(guest.opened(3, 'file'), 7);
});

both('what is closed is gone', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.equal(guest.close(fd), 'SUCCESS');
  assert.equal(guest.close(fd), 'BADF');
  assert.equal(guest.read(fd, 1).errno, 'BADF');
});

both('preopens may be closed', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.equal(guest.close(3), 'SUCCESS');
  assert.equal(guest.open(3, 'file').errno, 'BADF');
  assert.equal(guest.read(fd, 4).data, '0123');
});

const closesOutput = (host) => child(`
  const { WASI } = require(${JSON.stringify(host.specifier)});
  const wasi = new WASI({ version: 'preview1' });
  wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() { wasi.wasiImport.fd_close(1); } } });
  require('node:fs').writeSync(1, 'the host speaks');`);

differs('a guest that closes its standard output', why.stdioClose, {
  async node(host) {
    const { stdout, stderr } = await closesOutput(host);
    assert.equal(stdout, '');
    assert.match(stderr, /EBADF/);
  },
  async ours(host) {
    const { stdout, status } = await closesOutput(host);
    assert.deepEqual([stdout, status], ['the host speaks', 0]);
  },
});

ours('standard descriptors may be closed; the host keeps its own', (host) => {
  const { guest } = withFile(host);
  const before = [0, 1, 2].map((fd) => fs.fstatSync(fd).ino);
  for (const fd of [0, 1, 2]) assert.equal(guest.close(fd), 'SUCCESS');
  assert.deepEqual([0, 1, 2].map((fd) => fs.fstatSync(fd).ino), before);
  assert.equal(guest.opened(3, 'file'), 0);
});

ours('a descriptor of the host used as stdin may be closed by the host', (host) => {
  const { dir } = withFile(host);
  const fd = fs.openSync(path.join(dir, 'file'), 'r');
  const guest = host.guest({ stdin: fd });
  fs.closeSync(fd);
  assert.equal(guest.read(0, 4).data, '0123');
});

both('renumber moves a descriptor onto another', (host) => {
  const { guest } = withFile(host);
  const [one, two] = [guest.opened(3, 'file'), guest.opened(3, 'other')];
  guest.seek(one, 3);
  assert.equal(guest.call('fd_renumber', one, two), 'SUCCESS');
  assert.equal(guest.read(one, 1).errno, 'BADF');
  assert.equal(guest.read(two, 4).data, '3456');
  assert.equal(guest.opened(3, 'file'), one);
});

both('renumber onto what is not open, from what is not open, onto itself', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.equal(guest.call('fd_renumber', fd, 50), 'BADF');
  assert.equal(guest.call('fd_renumber', 50, fd), 'BADF');
  assert.equal(guest.call('fd_renumber', fd, fd), 'SUCCESS');
  assert.equal(guest.read(fd, 1).data, '0');
  assert.equal(guest.call('fd_renumber', 0xffffffff, fd), 'BADF');
  assert.equal(guest.call('fd_renumber', fd, 0xffffffff), 'BADF');
});

ours('renumber onto standard output: the guest writes to its file, the host to its own', (host) => {
  const { dir, guest } = withFile(host);
  const before = fs.fstatSync(1).ino;
  const fd = guest.create(3, 'out');
  assert.equal(guest.call('fd_renumber', fd, 1), 'SUCCESS');
  assert.equal(guest.write(1, 'from the guest').errno, 'SUCCESS');
  assert.equal(fs.readFileSync(path.join(dir, 'out'), 'utf8'), 'from the guest');
  assert.equal(fs.fstatSync(1).ino, before);
});

both('renumber onto a preopen', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.equal(guest.call('fd_renumber', fd, 3), 'SUCCESS');
  assert.equal(guest.read(3, 4).data, '0123');
  guest.reset();
  assert.notEqual(guest.call('fd_prestat_get', 3, 512), 'SUCCESS');
});

both('prestat of a preopen', (host) => {
  const { guest } = withFile(host);
  const out = guest.alloc(8);
  assert.equal(guest.call('fd_prestat_get', 3, out), 'SUCCESS');
  assert.deepEqual([guest.u8(out), guest.u32(out + 4)], [0, 8]);
  const name = guest.alloc(8);
  assert.equal(guest.call('fd_prestat_dir_name', 3, name, 8), 'SUCCESS');
  assert.equal(guest.text(name, 8), '/sandbox');
});

differs('prestat_dir_name into a buffer too short', why.prestatName, {
  node(host) {
    assert.equal(withFile(host).guest.call('fd_prestat_dir_name', 3, 512, 7), 'NOBUFS');
  },
  ours(host) {
    assert.equal(withFile(host).guest.call('fd_prestat_dir_name', 3, 512, 7), 'NAMETOOLONG');
    assert.equal(withFile(host).guest.call('fd_prestat_dir_name', 3, 512, 0), 'NAMETOOLONG');
  },
});

both('prestat outside of memory', (host) => {
  const { guest } = withFile(host);
  assert.equal(guest.call('fd_prestat_dir_name', 3, 65536 - 7, 8), 'OVERFLOW');
  assert.equal(guest.call('fd_prestat_dir_name', 3, 0xffffffff, 8), 'OVERFLOW');
  assert.equal(guest.call('fd_prestat_get', 3, 65536 - 7), 'OVERFLOW');
});

both('prestat of what is no preopen', (host) => {
  const { guest } = withFile(host);
  for (const fd of [0, 1, 2, guest.opened(3, 'file'), guest.opened(3, '.')]) {
    assert.equal(guest.call('fd_prestat_get', fd, 512), 'INVAL');
    assert.equal(guest.call('fd_prestat_dir_name', fd, 512, 8), 'BADF');
  }
  assert.equal(guest.call('fd_prestat_get', 99, 512), 'BADF');
});

differs('a listing of the preopens ends', why.prestat, {
  node(host) {
    const { guest } = withFile(host);
    assert.equal(guest.call('fd_prestat_get', 4, 512), 'BADF');
  },
  ours(host) {
    const { guest } = withFile(host, { sockets: ['127.0.0.1:0'] });
    assert.equal(guest.call('fd_prestat_get', 3, 512), 'SUCCESS');
    assert.equal(guest.call('fd_prestat_get', 4, 512), 'BADF');
  },
});

ours('a guest may open so many descriptors, and not one more', (host) => {
  const { guest } = withFile(host, { maxFds: 10 });
  const opened = [];
  for (let i = 0; i < 6; i++) opened.push(guest.opened(3, 'file'));
  assert.deepEqual(opened, [4, 5, 6, 7, 8, 9]);
  for (let i = 0; i < 3; i++) assert.equal(guest.open(3, 'file').errno, 'MFILE');
  assert.equal(guest.close(6), 'SUCCESS');
  assert.equal(guest.opened(3, 'file'), 6);
});

ours('without an option the limit is 1024', (host) => {
  const { guest } = withFile(host);
  let last;
  for (;;) {
    const { errno, fd } = guest.open(3, 'file');
    if (errno !== 'SUCCESS') {
      assert.ok(errno === 'MFILE', errno);
      break;
    }
    last = fd;
  }
  assert.equal(last, 1023);
  // The host can still open files.
  fs.closeSync(fs.openSync('/dev/null', 'r'));
});

ours('an open that finds no room changes nothing', (host) => {
  const { dir, guest } = withFile(host, { maxFds: 5 });
  guest.opened(3, 'file');
  for (const oflags of [8, 9, 1, 5]) {
    assert.equal(guest.open(3, 'file', { oflags, write: true }).errno, 'MFILE');
    assert.equal(guest.open(3, 'new', { oflags, write: true }).errno, 'MFILE');
  }
  assert.equal(fs.readFileSync(path.join(dir, 'file'), 'utf8'), '0123456789');
  assert.deepEqual(fs.readdirSync(dir).sort(), ['file', 'other']);
});

both('a standard stream that is moved is no preopen', (host) => {
  const fd = fs.openSync('/dev/null', 'r');
  host.t.after(() => fs.closeSync(fd));
  const { guest } = withFile(host, { stdin: fd });
  assert.equal(guest.call('fd_renumber', 0, guest.opened(3, 'file')), 'SUCCESS');
  assert.equal(guest.call('fd_prestat_get', 4, 512), 'INVAL');
});
