'use strict';
// poll_oneoff: clocks, files, pipes, sockets, errors.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { CLOCK, EVENT, READ, RIGHT } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const why = require('../helpers/why');

const MS = 1000000n;

function timed(fn) {
  const start = process.hrtime.bigint();
  const result = fn();
  return { ...result, took: Number(process.hrtime.bigint() - start) / 1e6 };
}

// Both ends of a pipe of the host, neither of which blocks here.
function pipe(host) {
  const fifo = path.join(host.tmp(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const read = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  let write = fs.openSync(fifo, 'w');
  const close = () => {
    if (write !== undefined) fs.closeSync(write);
    write = undefined;
  };
  host.t.after(() => {
    fs.closeSync(read);
    close();
  });
  return { read, write, close };
}

both('a relative timeout on the monotonic clock', (host) => {
  const guest = host.guest();
  const { errno, events, took } = timed(() => guest.poll([{ userdata: 42, clock: CLOCK.MONOTONIC, timeout: 30n * MS }]));
  assert.equal(errno, 'SUCCESS');
  assert.deepEqual(events.map(({ userdata, error, type }) => ({ userdata, error, type })), [{ userdata: 42, error: 'SUCCESS', type: EVENT.CLOCK }]);
  assert.ok(took >= 29 && took < 2000, `${took} ms`);
});

both('a timeout on the realtime clock, relative and absolute', (host) => {
  const guest = host.guest();
  for (const abstime of [false, true]) {
    const timeout = abstime ? BigInt(Date.now() + 30) * MS : 30n * MS;
    const { errno, events, took } = timed(() => guest.poll([{ userdata: 1, clock: CLOCK.REALTIME, timeout, abstime }]));
    assert.equal(errno, 'SUCCESS');
    assert.equal(events.length, 1);
    assert.ok(took >= 27 && took < 2000, `${took} ms`);
  }
});

both('no time at all is over at once', (host) => {
  const guest = host.guest();
  const { events, took } = timed(() => guest.poll([{ userdata: 5, clock: CLOCK.MONOTONIC, timeout: 0n }]));
  assert.deepEqual(events.map(({ userdata }) => userdata), [5]);
  assert.ok(took < 500, `${took} ms`);
});

// node:wasi waits for ever: the difference wraps.
ours('a moment that is past is over at once', (host) => {
  const guest = host.guest();
  for (const clock of [CLOCK.MONOTONIC, CLOCK.REALTIME]) {
    const { events, took } = timed(() => guest.poll([{ userdata: 5, clock, timeout: 1n, abstime: true }]));
    assert.deepEqual(events.map(({ userdata }) => userdata), [5]);
    assert.ok(took < 500, `${took} ms`);
  }
});

both('nothing to wait for', (host) => {
  assert.equal(host.guest().call('poll_oneoff', 512, 1024, 0, 256), 'INVAL');
});

both('poll outside of memory', (host) => {
  const guest = host.guest();
  assert.equal(guest.call('poll_oneoff', 65536 - 47, 1024, 1, 256), 'OVERFLOW');
  assert.equal(guest.call('poll_oneoff', 512, 65536 - 31, 1, 256), 'OVERFLOW');
  assert.equal(guest.call('poll_oneoff', 512, 1024, 100000, 256), 'OVERFLOW');
});

both('the earlier of two clocks comes first', (host) => {
  const guest = host.guest();
  const { events, took } = timed(() => guest.poll([
    { userdata: 1, clock: CLOCK.MONOTONIC, timeout: 5000n * MS },
    { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 10n * MS },
  ]));
  assert.deepEqual(events.map(({ userdata }) => userdata), [2]);
  assert.ok(took < 2000, `${took} ms`);
});

differs('several clocks that are over', why.poll, {
  node(host) {
    const { events } = host.guest().poll([{ userdata: 1, clock: CLOCK.MONOTONIC }, { userdata: 2, clock: CLOCK.MONOTONIC }]);
    assert.equal(events.length, 1);
  },
  ours(host) {
    const { events } = host.guest().poll([
      { userdata: 1, clock: CLOCK.MONOTONIC }, { userdata: 2, clock: CLOCK.REALTIME, timeout: 1n, abstime: true },
      { userdata: 3, clock: CLOCK.MONOTONIC, timeout: 10000n * MS },
    ]);
    assert.deepEqual(events.map(({ userdata }) => userdata).sort(), [1, 2]);
  },
});

differs('less than a millisecond', why.poll, {
  node(host) {
    const guest = host.guest();
    guest.poll([{ userdata: 1, clock: CLOCK.MONOTONIC, timeout: 1n }]);
    const fastest = Math.min(...Array.from({ length: 20 }, () => timed(() => guest.poll([{ userdata: 1, clock: CLOCK.MONOTONIC, timeout: 900000n }])).took));
    assert.ok(fastest < 0.9, `${fastest} ms`);
  },
  ours(host) {
    const guest = host.guest();
    guest.poll([{ userdata: 1, clock: CLOCK.MONOTONIC, timeout: 1n }]);
    const tries = Array.from({ length: 20 }, () => timed(() => guest.poll([{ userdata: 1, clock: CLOCK.MONOTONIC, timeout: 900000n }])).took);
    assert.ok(Math.min(...tries) >= 0.9, `${Math.min(...tries)} ms`);
    assert.ok(Math.min(...tries) < 5, `${Math.min(...tries)} ms`);
  },
});

// node:wasi measures this against the realtime clock, and so waits for decades.
ours('an absolute timeout on the monotonic clock', (host) => {
  const guest = host.guest();
  const now = () => {
    guest.reset();
    const out = guest.alloc(8);
    assert.equal(guest.call('clock_time_get', CLOCK.MONOTONIC, 0n, out), 'SUCCESS');
    return guest.u64(out);
  };
  const until = now() + 20n * MS;
  const { events, took } = timed(() => guest.poll([{ userdata: 6, clock: CLOCK.MONOTONIC, timeout: until, abstime: true }]));
  assert.deepEqual(events.map(({ userdata, error }) => [userdata, error]), [[6, 'SUCCESS']]);
  assert.ok(now() >= until);
  assert.ok(took < 2000, `${took} ms`);
});

ours('clocks that cannot be waited for: an event with an error', (host) => {
  const guest = host.guest();
  for (const [clock, error] of [[CLOCK.PROCESS, 'NOTSUP'], [CLOCK.THREAD, 'NOTSUP'], [4, 'INVAL'], [0xffffffff, 'INVAL']]) {
    const { errno, events, took } = timed(() => guest.poll([
      { userdata: 1, clock, timeout: 10000n * MS }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 5000n * MS },
    ]));
    assert.equal(errno, 'SUCCESS');
    assert.deepEqual(events.map((event) => [event.userdata, event.error]), [[1, error]]);
    assert.ok(took < 1000, `${took} ms`);
  }
});

both('a subscription of a kind that is not there', (host) => {
  assert.equal(host.guest().poll([{ userdata: 1, clock: CLOCK.MONOTONIC, type: 3 }]).errno, 'INVAL');
});

differs('files are always ready', why.poll, {
  node(host) {
    const dir = host.tmp();
    fs.writeFileSync(path.join(dir, 'file'), '0123456789');
    const guest = host.guest({ preopens: { '/sandbox': dir } });
    assert.equal(guest.poll([{ userdata: 1, read: guest.opened(3, 'file') }]).errno, 'PERM');
  },
  ours(host) {
    const dir = host.tmp();
    fs.writeFileSync(path.join(dir, 'file'), '0123456789');
    const guest = host.guest({ preopens: { '/sandbox': dir } });
    const fd = guest.opened(3, 'file', { write: true });
    guest.seek(fd, 4);
    const { errno, events, took } = timed(() => guest.poll([
      { userdata: 1, read: fd }, { userdata: 2, write: fd }, { userdata: 3, clock: CLOCK.MONOTONIC, timeout: 5000n * MS },
    ]));
    assert.equal(errno, 'SUCCESS');
    assert.deepEqual(events.map(({ userdata, type, error }) => [userdata, type, error]), [[1, EVENT.FD_READ, 'SUCCESS'], [2, EVENT.FD_WRITE, 'SUCCESS']]);
    assert.equal(events[0].nbytes, 6n);
    assert.ok(took < 1000, `${took} ms`);
  },
});

// node:wasi crashes on some of these.
ours('each bad descriptor has its event', (host) => {
  const guest = host.guest();
  const { errno, events, took } = timed(() => guest.poll([
    { userdata: 1, read: 99 }, { userdata: 2, write: 100 }, { userdata: 3, read: 0xffffffff },
    { userdata: 4, clock: CLOCK.MONOTONIC, timeout: 5000n * MS },
  ]));
  assert.equal(errno, 'SUCCESS');
  assert.deepEqual(events.map(({ userdata, type, error }) => [userdata, type, error]),
    [[1, EVENT.FD_READ, 'BADF'], [2, EVENT.FD_WRITE, 'BADF'], [3, EVENT.FD_READ, 'BADF']]);
  assert.ok(took < 1000, `${took} ms`);
});

both('a descriptor without the right to be polled', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'x');
  const guest = host.guest({ preopens: { '/sandbox': dir } });
  const fd = guest.opened(3, 'file', { base: READ & ~RIGHT.poll_fd_readwrite });
  assert.equal(guest.poll([{ userdata: 1, read: fd }]).errno, 'NOTCAPABLE');
});

both('a pipe: nothing, then bytes', (host) => {
  const { read, write } = pipe(host);
  const guest = host.guest({ stdin: read });
  const wait = () => guest.poll([{ userdata: 1, read: 0 }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 20n * MS }]);
  assert.deepEqual(wait().events.map(({ userdata }) => userdata), [2]);
  fs.writeSync(write, 'abc');
  const { events } = wait();
  assert.deepEqual(events.map(({ userdata, type, error }) => [userdata, type, error]), [[1, EVENT.FD_READ, 'SUCCESS']]);
  assert.equal(guest.read(0).data, 'abc');
});

both('a pipe whose other end is closed', (host) => {
  const ends = pipe(host);
  const guest = host.guest({ stdin: ends.read });
  ends.close();
  const { events, took } = timed(() => guest.poll([{ userdata: 1, read: 0 }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 5000n * MS }]));
  assert.deepEqual(events.map(({ userdata, hangup }) => [userdata, hangup]), [[1, true]]);
  assert.ok(took < 1000, `${took} ms`);
});

ours('how many bytes a pipe holds', (host) => {
  const { read, write } = pipe(host);
  fs.writeSync(write, 'abcde');
  const { events } = host.guest({ stdin: read }).poll([{ userdata: 1, read: 0 }]);
  assert.equal(events[0].nbytes, 5n);
});

both('a pipe to write to', (host) => {
  const { write } = pipe(host);
  const guest = host.guest({ stdout: write });
  const { events } = guest.poll([{ userdata: 1, write: 1 }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 5000n * MS }]);
  assert.deepEqual(events.map(({ userdata, type }) => [userdata, type]), [[1, EVENT.FD_WRITE]]);
});

ours('a full pipe is not ready', (host) => {
  const { read } = pipe(host);
  const full = fs.openSync(`/proc/self/fd/${read}`, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  host.t.after(() => fs.closeSync(full));
  for (const chunk of [4096, 1]) {
    try {
      for (;;) fs.writeSync(full, Buffer.alloc(chunk));
    } catch (error) {
      assert.equal(error.code, 'EAGAIN');
    }
  }
  const guest = host.guest({ stdout: full });
  const { events } = guest.poll([{ userdata: 1, write: 1 }, { userdata: 2, clock: CLOCK.MONOTONIC, timeout: 20n * MS }]);
  assert.deepEqual(events.map(({ userdata }) => userdata), [2]);
});

ours('the events say nothing about what they are not', (host) => {
  const guest = host.guest();
  guest.reset();
  assert.equal(guest.poll([{ userdata: 1, clock: CLOCK.MONOTONIC }]).errno, 'SUCCESS');
  // The one event's last 16 bytes (nbytes, flags, padding) are zero.
  const out = 256 + 48;
  assert.equal(guest.bytes().toString('hex', out + 16, out + 32), '00'.repeat(16));
});

ours('many subscriptions at once', (host) => {
  const { read, write } = pipe(host);
  fs.writeSync(write, 'x');
  const guest = host.guest({ stdin: read }, { pages: 4 });
  const subscriptions = Array.from({ length: 1000 }, (_, index) => (index % 2 ? { userdata: index, read: 0 } : { userdata: index, clock: CLOCK.MONOTONIC, timeout: 5000n * MS }));
  const { errno, events } = guest.poll(subscriptions);
  assert.equal(errno, 'SUCCESS');
  assert.equal(events.length, 500);
  assert.ok(events.every(({ userdata, type }) => userdata % 2 === 1 && type === EVENT.FD_READ));
});

ours('events may be written over the subscriptions', (host) => {
  const guest = host.guest();
  guest.reset();
  const at = guest.alloc(3 * 48);
  const ready = guest.alloc(4);
  const view = guest.view();
  for (let i = 0; i < 3; i++) {
    guest.bytes().fill(0, at + 48 * i, at + 48 * (i + 1));
    view.setBigUint64(at + 48 * i, BigInt(i + 1), true);
    view.setUint32(at + 48 * i + 16, CLOCK.MONOTONIC, true);
  }
  assert.equal(guest.raw.poll_oneoff(at, at, 3, ready), 0);
  assert.equal(guest.u32(ready), 3);
  assert.deepEqual([0, 1, 2].map((i) => [guest.u64(at + 32 * i), guest.u16(at + 32 * i + 8), guest.u8(at + 32 * i + 10)]), [[1n, 0, 0], [2n, 0, 0], [3n, 0, 0]]);
});

ours('timeouts longer than time', (host) => {
  const { read, write } = pipe(host);
  fs.writeSync(write, 'x');
  const guest = host.guest({ stdin: read });
  for (const timeout of [2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    for (const [clock, abstime] of [[CLOCK.MONOTONIC, false], [CLOCK.MONOTONIC, true], [CLOCK.REALTIME, false], [CLOCK.REALTIME, true]]) {
      const { events, took } = timed(() => guest.poll([{ userdata: 1, clock, timeout, abstime }, { userdata: 2, read: 0 }]));
      assert.deepEqual(events.map(({ userdata }) => userdata), [2]);
      assert.ok(took < 500, `${took} ms`);
    }
  }
});
