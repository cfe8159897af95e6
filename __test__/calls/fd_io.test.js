'use strict';
// fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_advise, fd_allocate, fd_sync, fd_datasync.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ALL, FDFLAGS, OFLAGS, READ, RIGHT, WHENCE, WRITE } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const { PAGE } = require('../helpers/guest');
const why = require('../helpers/why');

// A guest with one writable preopen (3) that holds "file" with the given content.
function withFile(host, content = '0123456789') {
  const dir = host.tmp();
  const file = path.join(dir, 'file');
  fs.writeFileSync(file, content);
  const guest = host.guest({ preopens: { '/': dir } });
  return { dir, file, guest };
}

both('read goes on where the last one ended', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.equal(guest.read(fd, 4).data, '0123');
  assert.equal(guest.read(fd, 4).data, '4567');
  assert.equal(guest.read(fd, 4).data, '89');
  assert.deepEqual(guest.read(fd, 4), { errno: 'SUCCESS', data: '' });
});

both('write goes on where the last one ended, and what follows stays', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  assert.deepEqual(guest.write(fd, 'ab'), { errno: 'SUCCESS', written: 2 });
  assert.deepEqual(guest.write(fd, 'cd'), { errno: 'SUCCESS', written: 2 });
  assert.equal(fs.readFileSync(file, 'utf8'), 'abcd456789');
});

both('two descriptors of one file have an offset each', (host) => {
  const { guest } = withFile(host);
  const [one, two] = [guest.opened(3, 'file'), guest.opened(3, 'file')];
  assert.equal(guest.read(one, 3).data, '012');
  assert.equal(guest.read(two, 3).data, '012');
});

both('several buffers, some empty', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  guest.reset();
  const buffers = [3, 0, 4, 10].map((size) => [guest.alloc(size || 1), size]);
  let [iovs, count] = guest.iovecs(...buffers);
  let out = guest.alloc(4);
  assert.equal(guest.call('fd_read', fd, iovs, count, out), 'SUCCESS');
  assert.equal(guest.u32(out), 10);
  assert.equal(buffers.map(([pointer, size]) => guest.text(pointer, Math.min(size, 3))).join('|'), '012||345|789');

  guest.reset();
  [iovs, count] = guest.iovecs(guest.put('AB'), guest.put(''), guest.put('CDE'));
  out = guest.alloc(4);
  assert.equal(guest.call('fd_pwrite', fd, iovs, count, 1n, out), 'SUCCESS');
  assert.equal(guest.u32(out), 5);
  assert.equal(fs.readFileSync(file, 'utf8'), '0ABCDE6789');
});

both('more buffers than one system call takes', (host) => {
  const { guest, file } = withFile(host, '');
  const fd = guest.opened(3, 'file', { write: true });
  guest.reset();
  const text = guest.put('ab');
  const count = 1024;
  const list = guest.iovecs(...new Array(count).fill(text));
  const out = guest.alloc(4);
  assert.equal(guest.call('fd_write', fd, ...list, out), 'SUCCESS');
  assert.equal(guest.u32(out), 2 * count);
  assert.equal(fs.readFileSync(file, 'utf8'), 'ab'.repeat(count));
});

ours('very many buffers: as much as fits, and the rest on the next call', (host) => {
  const { guest, file } = withFile(host, '');
  const fd = guest.opened(3, 'file', { write: true });
  guest.reset();
  const text = guest.put('ab');
  const count = 5000;
  const list = guest.iovecs(...new Array(count).fill(text));
  const out = guest.alloc(4);
  assert.equal(guest.call('fd_write', fd, ...list, out), 'SUCCESS');
  const written = guest.u32(out);
  assert.ok(written > 0 && written <= 2 * count);
  assert.equal(fs.readFileSync(file, 'utf8'), 'ab'.repeat(count).slice(0, written));
});

both('no buffers at all', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  const out = guest.alloc(4);
  for (const name of ['fd_read', 'fd_write']) {
    guest.bytes().fill(0xff, out, out + 4);
    assert.equal(guest.call(name, fd, 1024, 0, out), 'SUCCESS', name);
    assert.equal(guest.u32(out), 0);
  }
});

both('pread and pwrite leave the offset alone', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  guest.seek(fd, 2);
  assert.equal(guest.pread(fd, 3, 7).data, '789');
  assert.equal(guest.pread(fd, 3, 10).data, '');
  assert.equal(guest.pread(fd, 3, 1000).data, '');
  assert.equal(guest.pwrite(fd, 'xy', 8).errno, 'SUCCESS');
  assert.equal(guest.tell(fd).position, 2n);
  assert.equal(guest.read(fd, 3).data, '234');
  assert.equal(guest.pwrite(fd, '!', 12).errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), '01234567xy\0\0!');
});

both('seek from the start, from here and from the end', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.deepEqual(guest.seek(fd, 4, WHENCE.SET), { errno: 'SUCCESS', position: 4n });
  assert.deepEqual(guest.seek(fd, 2, WHENCE.CUR), { errno: 'SUCCESS', position: 6n });
  assert.deepEqual(guest.seek(fd, -1, WHENCE.CUR), { errno: 'SUCCESS', position: 5n });
  assert.deepEqual(guest.seek(fd, -3, WHENCE.END), { errno: 'SUCCESS', position: 7n });
  assert.deepEqual(guest.seek(fd, 5, WHENCE.END), { errno: 'SUCCESS', position: 15n });
  assert.deepEqual(guest.tell(fd), { errno: 'SUCCESS', position: 15n });
  assert.equal(guest.read(fd, 1).data, '');
});

both('seeks that lead nowhere leave the offset alone', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  guest.seek(fd, 3);
  assert.equal(guest.seek(fd, -1, WHENCE.SET).errno, 'INVAL');
  assert.equal(guest.seek(fd, -4, WHENCE.CUR).errno, 'INVAL');
  assert.equal(guest.seek(fd, -11, WHENCE.END).errno, 'INVAL');
  assert.equal(guest.seek(fd, -(2n ** 63n), WHENCE.CUR).errno, 'INVAL');
  for (const whence of [3, 100, 255]) assert.equal(guest.seek(fd, 0, whence).errno, 'INVAL');
  assert.equal(guest.tell(fd).position, 3n);
});

both('seek of a directory', (host) => {
  const { guest } = withFile(host);
  assert.notEqual(guest.seek(3, 0).errno, 'SUCCESS');
});

both('a write behind the end leaves zeros', (host) => {
  const { guest, file } = withFile(host, 'a');
  const fd = guest.opened(3, 'file', { write: true });
  guest.seek(fd, 3);
  guest.write(fd, 'b');
  assert.equal(fs.readFileSync(file, 'latin1'), 'a\0\0b');
});

both('what was opened to append, appends', (host) => {
  const { guest, file } = withFile(host, 'start');
  const fd = guest.opened(3, 'file', { write: true, fdflags: FDFLAGS.APPEND });
  guest.seek(fd, 0);
  assert.equal(guest.write(fd, '-one').errno, 'SUCCESS');
  fs.appendFileSync(file, '-host');
  assert.equal(guest.write(fd, '-two').errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), 'start-one-host-two');
  // A read goes on after what was appended.
  assert.equal(guest.read(fd, 10).data, '');
  guest.seek(fd, 0);
  assert.equal(guest.read(fd, 5).data, 'start');
});

both('appending may be switched on and off', (host) => {
  const { guest, file } = withFile(host, 'start');
  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.call('fd_fdstat_set_flags', fd, FDFLAGS.APPEND), 'SUCCESS');
  assert.equal(guest.write(fd, '!').errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), 'start!');
  assert.equal(guest.call('fd_fdstat_set_flags', fd, 0), 'SUCCESS');
  guest.seek(fd, 0);
  assert.equal(guest.write(fd, 'S').errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), 'Start!');
});

both('reading what is not open for reading, and writing what is not open for writing', (host) => {
  const { guest } = withFile(host);
  const reader = guest.opened(3, 'file', { base: READ });
  assert.equal(guest.write(reader, 'x').errno, 'NOTCAPABLE');
  assert.equal(guest.pwrite(reader, 'x', 0).errno, 'NOTCAPABLE');
  const writer = guest.opened(3, 'file', { base: WRITE | RIGHT.fd_seek });
  assert.equal(guest.read(writer, 1).errno, 'NOTCAPABLE');
  assert.equal(guest.pread(writer, 1, 0).errno, 'NOTCAPABLE');
});

both('a directory can be neither read nor written', (host) => {
  const { guest } = withFile(host);
  for (const fd of [3, guest.opened(3, '.', { oflags: OFLAGS.DIRECTORY })]) {
    assert.notEqual(guest.read(fd, 1).errno, 'SUCCESS');
    assert.notEqual(guest.write(fd, 'x').errno, 'SUCCESS');
    assert.notEqual(guest.pread(fd, 1, 0).errno, 'SUCCESS');
    assert.notEqual(guest.pwrite(fd, 'x', 0).errno, 'SUCCESS');
  }
});

both('descriptors that are not open', (host) => {
  const { guest } = withFile(host);
  for (const fd of [4, 100, 1000000, 0x7fffffff, 0xffffffff]) {
    assert.equal(guest.read(fd, 1).errno, 'BADF');
    assert.equal(guest.write(fd, 'x').errno, 'BADF');
    assert.equal(guest.pread(fd, 1, 0).errno, 'BADF');
    assert.equal(guest.pwrite(fd, 'x', 0).errno, 'BADF');
    assert.equal(guest.seek(fd, 0).errno, 'BADF');
    assert.equal(guest.tell(fd).errno, 'BADF');
    for (const [name, ...args] of [['fd_sync'], ['fd_datasync'], ['fd_advise', 0n, 0n, 0], ['fd_allocate', 0n, 0n], ['fd_close'], ['fd_filestat_set_size', 0n],
      ['fd_filestat_set_times', 0n, 0n, 0], ['fd_fdstat_set_flags', 0], ['fd_fdstat_set_rights', 0n, 0n], ['fd_filestat_get', 512], ['fd_fdstat_get', 512],
      ['fd_readdir', 512, 64, 0n, 256], ['fd_prestat_get', 512], ['fd_prestat_dir_name', 512, 1], ['sock_shutdown', 2]]) {
      assert.equal(guest.call(name, fd, ...args), 'BADF', `${name} of ${fd}`);
    }
  }
});

both('iovecs outside of memory', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  const out = guest.alloc(4);
  for (const name of ['fd_read', 'fd_write']) {
    assert.equal(guest.call(name, fd, PAGE, 1, out), 'OVERFLOW', 'the list begins at the end');
    assert.equal(guest.call(name, fd, PAGE - 8, 2, out), 'OVERFLOW', 'the list ends behind the end');
    assert.equal(guest.call(name, fd, 0xfffffff8, 1, out), 'OVERFLOW', 'the list wraps');
    const [within, count] = guest.iovecs([PAGE - 4, 5]);
    assert.equal(guest.call(name, fd, within, count, out), 'OVERFLOW', 'a buffer ends behind the end');
    assert.equal(guest.call(name, fd, ...guest.iovecs([0xffffffff, 2]), out), 'OVERFLOW', 'a buffer wraps');
    assert.equal(guest.call(name, fd, ...guest.iovecs([16, 0xffffffff]), out), 'OVERFLOW', 'a buffer of 4 GiB');
    assert.equal(guest.call(name, fd, ...guest.iovecs([512, 1], [PAGE, 1]), out), 'OVERFLOW', 'the second buffer');
    assert.equal(guest.call(name, fd, ...guest.iovecs([512, 1]), PAGE - 3), 'OVERFLOW', 'the result');
  }
  assert.equal(guest.tell(fd).position, 0n);
  assert.equal(fs.readFileSync(file, 'utf8'), '0123456789');
});

both('offsets beyond what files have', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  for (const offset of [2n ** 63n, 2n ** 64n - 1n]) {
    assert.notEqual(guest.pread(fd, 4, offset).errno, 'SUCCESS');
    assert.notEqual(guest.pwrite(fd, 'x', offset).errno, 'SUCCESS');
  }
  assert.equal(guest.pwrite(fd, 'xx', 2n ** 63n - 1n).errno === 'SUCCESS', false);
  assert.equal(guest.stat(fd).size, 10n);
});

both('sync and datasync', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  guest.write(fd, 'x');
  assert.equal(guest.call('fd_sync', fd), 'SUCCESS');
  assert.equal(guest.call('fd_datasync', fd), 'SUCCESS');
});

both('advise: every advice on a file, none on a directory', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  for (let advice = 0; advice <= 5; advice++) assert.equal(guest.call('fd_advise', fd, 0n, 10n, advice), 'SUCCESS');
  assert.equal(guest.call('fd_advise', fd, 100n, 0n, 0), 'SUCCESS');
  for (const advice of [6, 100, 255]) assert.equal(guest.call('fd_advise', fd, 0n, 10n, advice), 'INVAL');
  assert.equal(guest.call('fd_advise', fd, 0n, 2n ** 63n, 0), 'INVAL');
  assert.equal(guest.call('fd_advise', guest.opened(3, '.', { oflags: OFLAGS.DIRECTORY }), 0n, 0n, 0), 'BADF');
});

both('allocate makes a file long enough, and never shorter', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.call('fd_allocate', fd, 0n, 5n), 'SUCCESS');
  assert.equal(fs.statSync(file).size, 10);
  assert.equal(guest.call('fd_allocate', fd, 8n, 92n), 'SUCCESS');
  assert.equal(fs.statSync(file).size, 100);
  assert.equal(fs.readFileSync(file, 'utf8').slice(0, 10), '0123456789');
  const reader = guest.opened(3, 'file', { base: READ });
  assert.equal(guest.call('fd_allocate', reader, 0n, 200n), 'NOTCAPABLE');
});

ours('allocate of more than there can be', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  for (const [offset, length] of [[2n ** 63n, 1n], [0n, 2n ** 63n], [2n ** 63n - 1n, 2n], [2n ** 64n - 1n, 2n ** 64n - 1n]]) {
    assert.notEqual(guest.call('fd_allocate', fd, offset, length), 'SUCCESS');
  }
  assert.equal(fs.statSync(file).size, 10);
});

both('overlapping buffers are filled one after the other', (host) => {
  const { guest } = withFile(host, 'abcdefgh');
  const fd = guest.opened(3, 'file');
  guest.reset();
  const buffer = guest.alloc(8);
  const [iovs, count] = guest.iovecs([buffer, 4], [buffer + 2, 4]);
  const out = guest.alloc(4);
  assert.equal(guest.call('fd_read', fd, iovs, count, out), 'SUCCESS');
  assert.equal(guest.u32(out), 8);
  assert.equal(guest.text(buffer, 6), 'abefgh');
});

both('the guest reads into memory that it has just grown', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  for (let pages = 1; pages < 10; pages++) {
    guest.memory.grow(1);
    guest.bytes().fill(0x3f, pages * PAGE);
    guest.reset();
    guest.top = pages * PAGE;
    const buffer = guest.alloc(10);
    const [iovs, count] = guest.iovecs([buffer, 10]);
    assert.equal(guest.call('fd_pread', fd, iovs, count, 0n, pages * PAGE + PAGE - 4), 'SUCCESS');
    assert.equal(guest.text(buffer, 10), '0123456789');
    assert.equal(guest.call('fd_pread', fd, iovs, count, 0n, pages * PAGE + PAGE), 'OVERFLOW');
  }
});

both('rights beyond those of the directory are refused', (host) => {
  const { guest } = withFile(host);
  assert.equal(guest.open(3, 'file', { base: 2n ** 64n - 1n }).errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, 'file', { inheriting: ALL + 1n }).errno, 'NOTCAPABLE');
});

// A guest whose streams are all /dev/null.
function withDevice(host) {
  const fd = fs.openSync('/dev/null', 'r+');
  host.t.after(() => fs.closeSync(fd));
  return host.guest({ stdin: fd, stdout: fd, stderr: fd });
}

both('an offset that no file has is refused before the descriptor is looked at', (host) => {
  const { guest } = withFile(host);
  for (const fd of [99, guest.opened(3, 'file', { base: RIGHT.fd_seek })]) {
    assert.equal(guest.pread(fd, 1, 2n ** 63n).errno, 'INVAL');
    assert.equal(guest.pwrite(fd, 'x', 2n ** 64n - 1n).errno, 'INVAL');
  }
});

both('whence and advice are a byte: what is above it is not looked at', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.deepEqual(guest.seek(fd, -1, 0x100 | WHENCE.END), { errno: 'SUCCESS', position: 9n });
  assert.equal(guest.seek(fd, 0, 0x103).errno, 'INVAL');
  assert.equal(guest.call('fd_advise', fd, 0n, 0n, 0x105), 'SUCCESS');
  assert.equal(guest.call('fd_advise', fd, 0n, 0n, 0x106), 'INVAL');
});

both('advice about a range that begins before the file', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.equal(guest.call('fd_advise', fd, 2n ** 64n - 10n, 9n, 0), 'SUCCESS');
  assert.equal(guest.call('fd_advise', fd, 0n, 2n ** 64n - 1n, 0), 'INVAL');
});

both('a device takes advice, and has no length', (host) => {
  const guest = withDevice(host);
  assert.equal(guest.call('fd_advise', 1, 0n, 4096n, 5), 'SUCCESS');
  assert.equal(guest.call('fd_filestat_set_size', 1, 100n), 'INVAL');
  assert.equal(guest.call('fd_allocate', 1, 5000n, 5000n), 'INVAL');
  assert.equal(guest.call('fd_allocate', 1, 0n, 0n), 'SUCCESS');
});

both('a file as standard output that appends does so at any offset', (host) => {
  const file = path.join(host.tmp(), 'out');
  fs.writeFileSync(file, 'start');
  const fd = fs.openSync(file, 'r+');
  host.t.after(() => fs.closeSync(fd));
  const guest = host.guest({ stdout: fd });
  assert.equal(guest.pwrite(1, 'S', 0).errno, 'SUCCESS');
  assert.equal(guest.call('fd_fdstat_set_flags', 1, FDFLAGS.APPEND), 'SUCCESS');
  assert.equal(guest.pwrite(1, '-end', 0).errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), 'Start-end');
  // And leaves the descriptor's own where it was.
  assert.equal(guest.read(1, 100).data, 'Start-end');
});

both('an append at an offset at which nothing could be written', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true, fdflags: FDFLAGS.APPEND });
  assert.equal(guest.pwrite(fd, 'xx', 2n ** 63n - 1n).errno, 'INVAL');
  assert.equal(guest.pwrite(fd, '-end', 2n ** 40n).errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), '0123456789-end');
});

differs('an offset past the largest file of the disk', why.offsets, {
  node(host) {
    const { guest } = withFile(host);
    const fd = guest.opened(3, 'file');
    // A disk in memory has files of any size.
    assert.ok(['INVAL', 'SUCCESS'].includes(guest.seek(fd, 2n ** 63n - 1n).errno));
  },
  ours(host) {
    const { guest } = withFile(host);
    const fd = guest.opened(3, 'file', { write: true });
    assert.deepEqual(guest.seek(fd, 2n ** 63n - 1n), { errno: 'SUCCESS', position: 2n ** 63n - 1n });
    assert.notEqual(guest.write(fd, 'x').errno, 'SUCCESS');
    assert.equal(guest.stat(fd).size, 10n);
  },
});

differs('allocate of a range that wraps', why.allocate, {
  node(host) {
    const { guest } = withFile(host);
    const fd = guest.opened(3, 'file', { write: true });
    assert.equal(guest.call('fd_allocate', fd, 2n ** 64n - 10n, 30n), 'SUCCESS');
    assert.equal(guest.stat(fd).size, 20n);
  },
  ours(host) {
    const { guest } = withFile(host);
    const fd = guest.opened(3, 'file', { write: true });
    assert.equal(guest.call('fd_allocate', fd, 2n ** 64n - 10n, 30n), 'INVAL');
    assert.equal(guest.call('fd_allocate', fd, 2n ** 63n - 1n, 2n), 'FBIG');
    assert.equal(guest.stat(fd).size, 10n);
  },
});

// Files that are open for reading as 0, and for writing as 1.
function withStreams(host) {
  const file = path.join(host.tmp(), 'file');
  fs.writeFileSync(file, '0123456789');
  const [stdin, stdout] = [fs.openSync(file, 'r'), fs.openSync(file, 'a')];
  host.t.after(() => [stdin, stdout].forEach((fd) => fs.closeSync(fd)));
  return host.guest({ stdin, stdout });
}

differs('a standard stream in the other direction', why.directions, {
  node(host) {
    const guest = withStreams(host);
    assert.equal(guest.write(0, 'x').errno, 'BADF');
    assert.equal(guest.read(1).errno, 'BADF');
    for (const fd of [0, 1]) assert.equal(guest.fdstat(fd).base & (RIGHT.fd_read | RIGHT.fd_write), RIGHT.fd_read | RIGHT.fd_write);
  },
  ours(host) {
    const guest = withStreams(host);
    assert.equal(guest.write(0, 'x').errno, 'NOTCAPABLE');
    assert.equal(guest.read(1).errno, 'NOTCAPABLE');
    assert.equal(guest.fdstat(0).base & (RIGHT.fd_read | RIGHT.fd_write), RIGHT.fd_read);
    assert.equal(guest.fdstat(1).base & (RIGHT.fd_read | RIGHT.fd_write), RIGHT.fd_write);
  },
});
