'use strict';
// sock_accept, sock_recv, sock_send, sock_shutdown.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { CLOCK, FDFLAGS, FILETYPE } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const { client } = require('../helpers/client');
const why = require('../helpers/why');

const MS = 1000000n;
const RD = 1;
const WR = 2;
const PEEK = 1;
const WAITALL = 2;

function callsOn(guest, fd) {
  const [iovs, count] = guest.iovecs(guest.put('x'));
  return [['sock_recv', fd, iovs, count, 0, 512, 516], ['sock_send', fd, iovs, count, 0, 512], ['sock_shutdown', fd, WR], ['sock_accept', fd, 0, 512]];
}

function withFile(host) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '');
  return host.guest({ preopens: { '/sandbox': dir } });
}

differs('what is not a socket', why.notSocket, {
  node(host) {
    const guest = withFile(host);
    for (const call of callsOn(guest, guest.opened(3, 'file'))) assert.equal(guest.call(...call), 'NOTCAPABLE', call[0]);
  },
  ours(host) {
    const guest = withFile(host);
    for (const fd of [3, guest.opened(3, 'file')]) {
      for (const call of callsOn(guest, fd)) assert.equal(guest.call(...call), 'NOTSOCK', call[0]);
    }
  },
});

both('what is not open is no socket', (host) => {
  const guest = withFile(host);
  for (const call of callsOn(guest, 99)) assert.equal(guest.call(...call), 'BADF', call[0]);
});

// A guest with a listening socket behind its preopens.
function listening(host, options) {
  const guest = host.guest({ sockets: ['127.0.0.1:0'], ...options }, { pages: 4 });
  const [{ fd, address, port }] = guest.wasi.sockets;
  return { guest, fd, address, port };
}

function accept(guest, fd, flags = 0) {
  guest.reset();
  const out = guest.alloc(4);
  const errno = guest.call('sock_accept', fd, flags, out);
  return { errno, fd: errno === 'SUCCESS' ? guest.u32(out) : -1 };
}

function recv(guest, fd, length = 100, flags = 0) {
  guest.reset();
  const buffer = guest.alloc(length);
  const [received, roflags] = [guest.alloc(4), guest.alloc(2)];
  const errno = guest.call('sock_recv', fd, ...guest.iovecs([buffer, length]), flags, received, roflags);
  return errno === 'SUCCESS' ? { errno, data: guest.text(buffer, guest.u32(received)), flags: guest.u16(roflags) } : { errno };
}

function send(guest, fd, data) {
  guest.reset();
  const out = guest.alloc(4);
  const errno = guest.call('sock_send', fd, ...guest.iovecs(guest.put(data)), 0, out);
  return { errno, sent: errno === 'SUCCESS' ? guest.u32(out) : 0 };
}

ours('sockets get descriptors behind the preopens, and tell their address', (host) => {
  const dir = host.tmp();
  const { guest } = listening(host, { preopens: { '/a': dir, '/b': dir }, sockets: ['127.0.0.1:0', '127.0.0.1:0'] });
  const { sockets } = guest.wasi;
  assert.deepEqual(sockets.map(({ fd, address }) => [fd, address]), [[5, '127.0.0.1'], [6, '127.0.0.1']]);
  assert.notEqual(sockets[0].port, sockets[1].port);
  for (const { port } of sockets) assert.ok(port > 0 && port < 65536);
  for (const fd of [5, 6]) assert.equal(guest.fdstat(fd).type, FILETYPE.SOCKET_STREAM);
  assert.equal(guest.call('fd_prestat_get', 5, 512), 'BADF');
});

ours('without the option there are no sockets', (host) => {
  assert.deepEqual(host.guest().wasi.sockets ?? [], []);
});

ours('accept, receive, send, shut down', async (host) => {
  const { guest, fd, port } = listening(host);
  const peer = await client(host.t, port);
  peer.send('hello');
  const connection = accept(guest, fd);
  assert.equal(connection.errno, 'SUCCESS');
  assert.equal(connection.fd, fd + 1);
  assert.equal(guest.fdstat(connection.fd).type, FILETYPE.SOCKET_STREAM);
  assert.deepEqual(recv(guest, connection.fd), { errno: 'SUCCESS', data: 'hello', flags: 0 });
  assert.deepEqual(send(guest, connection.fd, 'welcome'), { errno: 'SUCCESS', sent: 7 });
  assert.equal(await peer.received(7), 'welcome');
  assert.equal(guest.call('sock_shutdown', connection.fd, WR), 'SUCCESS');
  assert.equal(await peer.ended(), true);
  assert.equal(send(guest, connection.fd, 'x').errno, 'PIPE');
  peer.send('more');
  assert.equal(recv(guest, connection.fd).data, 'more');
  assert.equal(guest.call('sock_shutdown', connection.fd, RD), 'SUCCESS');
  assert.deepEqual(recv(guest, connection.fd), { errno: 'SUCCESS', data: '', flags: 0 });
  assert.equal(guest.close(connection.fd), 'SUCCESS');
});

ours('fd_read and fd_write work on sockets, too', async (host) => {
  const { guest, fd, port } = listening(host);
  const peer = await client(host.t, port);
  peer.send('hello');
  const connection = accept(guest, fd).fd;
  assert.equal(guest.read(connection).data, 'hello');
  assert.equal(guest.write(connection, 'welcome').written, 7);
  assert.equal(await peer.received(7), 'welcome');
  for (const errno of [guest.seek(connection, 0).errno, guest.tell(connection).errno, guest.pread(connection, 1, 0).errno]) {
    assert.ok(errno === 'SPIPE' || errno === 'NOTCAPABLE', errno);
  }
});

ours('several buffers at once', async (host) => {
  const { guest, fd, port } = listening(host);
  const peer = await client(host.t, port);
  peer.send('abcdefgh');
  const connection = accept(guest, fd).fd;
  guest.reset();
  const [one, two] = [guest.alloc(3), guest.alloc(100)];
  const [received, flags] = [guest.alloc(4), guest.alloc(2)];
  assert.equal(guest.call('sock_recv', connection, ...guest.iovecs([one, 3], [two, 100]), 0, received, flags), 'SUCCESS');
  assert.equal(guest.u32(received), 8);
  assert.equal(guest.text(one, 3) + guest.text(two, 5), 'abcdefgh');
  guest.reset();
  const out = guest.alloc(4);
  assert.equal(guest.call('sock_send', connection, ...guest.iovecs(guest.put('ab'), guest.put(''), guest.put('cde')), 0, out), 'SUCCESS');
  assert.equal(guest.u32(out), 5);
  assert.equal(await peer.received(5), 'abcde');
});

ours('peeking leaves the bytes, waiting for all waits', async (host) => {
  const { guest, fd, port } = listening(host);
  const peer = await client(host.t, port);
  peer.send('hello');
  const connection = accept(guest, fd).fd;
  assert.equal(recv(guest, connection, 3, PEEK).data, 'hel');
  assert.equal(recv(guest, connection, 5, WAITALL).data, 'hello');
  assert.equal(recv(guest, connection, 5, 4).errno === 'SUCCESS', false);
});

ours('flags that do not exist', async (host) => {
  const { guest, fd, port } = listening(host);
  await client(host.t, port);
  assert.notEqual(accept(guest, fd, 0x8000).errno, 'SUCCESS');
  const connection = accept(guest, fd).fd;
  const [iovs, count] = guest.iovecs(guest.put('x'));
  assert.equal(guest.call('sock_send', connection, iovs, count, 1, 512), 'INVAL');
  for (const how of [0, 4, 0x80]) assert.notEqual(guest.call('sock_shutdown', connection, how), 'SUCCESS', `${how}`);
});

ours('sockets that do not block answer AGAIN', async (host) => {
  const { guest, fd, port } = listening(host);
  assert.equal(guest.call('fd_fdstat_set_flags', fd, FDFLAGS.NONBLOCK), 'SUCCESS');
  assert.equal(accept(guest, fd).errno, 'AGAIN');
  await client(host.t, port);
  const connection = accept(guest, fd, FDFLAGS.NONBLOCK);
  assert.equal(connection.errno, 'SUCCESS');
  assert.equal(guest.fdstat(connection.fd).flags, FDFLAGS.NONBLOCK);
  assert.equal(recv(guest, connection.fd).errno, 'AGAIN');
  assert.equal(guest.read(connection.fd).errno, 'AGAIN');
});

ours('sockets are polled', async (host) => {
  const { guest, fd, port } = listening(host);
  const wait = (read) => guest.poll([{ userdata: 1, read }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 20n * MS }]).events;
  assert.deepEqual(wait(fd).map(({ userdata }) => userdata), [2]);
  const peer = await client(host.t, port);
  assert.deepEqual(wait(fd).map(({ userdata }) => userdata), [1]);
  const connection = accept(guest, fd).fd;
  assert.deepEqual(wait(connection).map(({ userdata }) => userdata), [2]);
  peer.send('abc');
  const [event] = guest.poll([{ userdata: 1, read: connection }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 5000n * MS }]).events;
  assert.deepEqual([event.userdata, event.nbytes, event.hangup], [1, 3n, false]);
  assert.deepEqual(guest.poll([{ userdata: 3, write: connection }]).events.map(({ userdata }) => userdata), [3]);
  recv(guest, connection);
  peer.end();
  const [closed] = guest.poll([{ userdata: 1, read: connection }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 5000n * MS }]).events;
  assert.deepEqual([closed.userdata, closed.hangup], [1, true]);
});

ours('a peer that vanishes', async (host) => {
  const { guest, fd, port } = listening(host);
  const peer = await client(host.t, port);
  const connection = accept(guest, fd).fd;
  peer.reset();
  guest.poll([{ userdata: 1, read: connection }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 2000n * MS }]);
  const { errno } = recv(guest, connection);
  assert.ok(['CONNRESET', 'SUCCESS'].includes(errno), errno);
  // The host is not told by SIGPIPE.
  send(guest, connection, 'x');
  assert.notEqual(send(guest, connection, 'x').errno, 'SUCCESS');
});

ours('a socket given by descriptor', async (host) => {
  const net = require('node:net');
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const port = server.address().port;
  const guest = host.guest({ sockets: [server._handle.fd] });
  const [socket] = guest.wasi.sockets;
  assert.deepEqual([socket.fd, socket.address, socket.port], [3, '127.0.0.1', port]);
  // The guest has its own duplicate: the server may be closed before it accepts.
  await new Promise((resolve) => server.close(resolve));
  const peer = await client(host.t, port);
  const connection = accept(guest, 3);
  assert.equal(connection.errno, 'SUCCESS');
  peer.send('hi');
  assert.equal(recv(guest, connection.fd).data, 'hi');
});

ours('addresses and descriptors that cannot be listened on', (host) => {
  const { WASI } = host;
  for (const socket of ['127.0.0.1', 'nowhere', '127.0.0.1:99999', '127.0.0.1:x', '', 999999]) {
    assert.throws(() => new WASI({ version: 'preview1', sockets: [socket] }), Error, `${socket}`);
  }
  const file = fs.openSync(__filename, 'r');
  host.t.after(() => fs.closeSync(file));
  assert.throws(() => new WASI({ version: 'preview1', sockets: [file] }), Error);
  const { port } = listening(host);
  assert.throws(() => new WASI({ version: 'preview1', sockets: [`127.0.0.1:${port}`] }), { code: 'UVWASI_EADDRINUSE' });
});

ours('pointers outside of memory', async (host) => {
  const { guest, fd, port } = listening(host);
  const END = 4 * 65536;
  assert.equal(guest.call('sock_accept', fd, 0, END - 3), 'OVERFLOW');
  const peer = await client(host.t, port);
  peer.send('hello');
  const connection = accept(guest, fd).fd;
  const good = guest.iovecs([1024, 10]);
  assert.equal(guest.call('sock_recv', connection, ...good, 0, END - 3, 512), 'OVERFLOW');
  assert.equal(guest.call('sock_recv', connection, ...good, 0, 512, END - 1), 'OVERFLOW');
  assert.equal(guest.call('sock_recv', connection, ...guest.iovecs([END - 1, 2]), 0, 512, 516), 'OVERFLOW');
  assert.equal(guest.call('sock_send', connection, ...guest.iovecs([END - 1, 2]), 0, 512), 'OVERFLOW');
  assert.equal(guest.call('sock_recv', connection, 1024, 0x20000000, 0, 512, 516), 'OVERFLOW');
  assert.equal(recv(guest, connection).data, 'hello');
});

ours('accepting beyond the limit of descriptors', async (host) => {
  const { guest, fd, port } = listening(host, { maxFds: 4 });
  const peer = await client(host.t, port);
  assert.equal(accept(guest, fd).errno, 'MFILE');
  // Nothing is lost: with room, the connection is there.
  assert.equal(guest.close(0), 'SUCCESS');
  const connection = accept(guest, fd);
  assert.deepEqual(connection, { errno: 'SUCCESS', fd: 0 });
  peer.send('still here');
  assert.equal(recv(guest, 0).data, 'still here');
});

ours('an address that cannot be listened on is named', (host) => {
  const listening = host.guest({ sockets: ['127.0.0.1:0'] });
  const [{ port }] = listening.wasi.sockets;
  const address = `127.0.0.1:${port}`;
  assert.throws(() => new host.WASI({ version: 'preview1', sockets: ['127.0.0.1:0', address] }), {
    message: 'UVWASI_EADDRINUSE, uvwasi_init',
    code: 'UVWASI_EADDRINUSE',
    errno: 3,
    syscall: 'uvwasi_init',
    address,
  });
});

both('ending nothing of what is not open', (host) => {
  const guest = withFile(host);
  assert.equal(guest.call('sock_shutdown', 99, 0), 'BADF');
  assert.equal(guest.call('sock_shutdown', 99, 4), 'NOTSUP');
});
