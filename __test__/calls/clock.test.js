'use strict';
// clock_res_get, clock_time_get, random_get, sched_yield.
const assert = require('node:assert/strict');
const { CLOCK } = require('../helpers/abi');
const { both, ours } = require('../helpers/both');
const { PAGE } = require('../helpers/guest');

function time(guest, clock, precision = 0n) {
  guest.reset();
  const out = guest.alloc(8);
  assert.equal(guest.call('clock_time_get', clock, precision, out), 'SUCCESS');
  return guest.u64(out);
}

function resolution(guest, clock) {
  guest.reset();
  const out = guest.alloc(8);
  assert.equal(guest.call('clock_res_get', clock, out), 'SUCCESS');
  return guest.u64(out);
}

both('the realtime clock agrees with the host', (host) => {
  const guest = host.guest();
  const before = BigInt(Date.now()) * 1000000n;
  const now = time(guest, CLOCK.REALTIME);
  const after = BigInt(Date.now() + 1) * 1000000n;
  assert.ok(before - 1000000n <= now && now <= after, `${before} <= ${now} <= ${after}`);
});

both('the monotonic clock runs forward, and at the pace of the host', (host) => {
  const guest = host.guest();
  const hostStart = process.hrtime.bigint();
  const start = time(guest, CLOCK.MONOTONIC);
  let last = start;
  for (let i = 0; i < 1000; i++) {
    const now = time(guest, CLOCK.MONOTONIC);
    assert.ok(now >= last);
    last = now;
  }
  const hostSpent = process.hrtime.bigint() - hostStart;
  assert.ok(last - start > 0n && last - start <= hostSpent);
});

for (const [name, clock] of [['process', CLOCK.PROCESS], ['thread', CLOCK.THREAD]]) {
  both(`the ${name}'s CPU time grows as it computes`, (host) => {
    const guest = host.guest();
    const before = time(guest, clock);
    for (const end = process.hrtime.bigint() + 5000000n; process.hrtime.bigint() < end;);
    const spent = time(guest, clock) - before;
    assert.ok(spent > 0n && spent < 10n ** 10n, `${spent}`);
  });
}

both('the resolution of the clocks is a nanosecond or a little more', (host) => {
  const guest = host.guest();
  for (const clock of [CLOCK.REALTIME, CLOCK.MONOTONIC, CLOCK.PROCESS]) {
    const nanoseconds = resolution(guest, clock);
    assert.ok(nanoseconds >= 1n && nanoseconds <= 10000000n);
  }
});

// node:wasi answers the thread's CPU time.
ours('the resolution of the thread clock is a resolution, too', (host) => {
  const nanoseconds = resolution(host.guest(), CLOCK.THREAD);
  assert.ok(nanoseconds >= 1n && nanoseconds <= 10000000n);
});

// node:wasi: whole microseconds.
ours('the realtime clock has nanoseconds', (host) => {
  const guest = host.guest();
  const fractions = Array.from({ length: 50 }, () => time(guest, CLOCK.REALTIME) % 1000n);
  assert.ok(fractions.some((fraction) => fraction !== 0n));
});

both('the precision asked for changes nothing', (host) => {
  const guest = host.guest();
  for (const precision of [0n, 1n, 10n ** 9n, 2n ** 63n, 2n ** 64n - 1n]) assert.ok(time(guest, CLOCK.MONOTONIC, precision) > 0n);
});

both('clocks that are not there', (host) => {
  const guest = host.guest();
  for (const clock of [4, 100, 0x7fffffff, 0xffffffff]) {
    assert.equal(guest.call('clock_time_get', clock, 0n, 256), 'INVAL');
    assert.equal(guest.call('clock_res_get', clock, 256), 'INVAL');
  }
});

both('clocks outside of memory', (host) => {
  const guest = host.guest();
  for (const pointer of [PAGE, PAGE - 7, 0xffffffff]) {
    assert.equal(guest.call('clock_time_get', 0, 0n, pointer), 'OVERFLOW');
    assert.equal(guest.call('clock_res_get', 0, pointer), 'OVERFLOW');
  }
  assert.equal(guest.call('clock_time_get', 0, 0n, PAGE - 8), 'SUCCESS');
});

both('random_get fills what it is given, and nothing else', (host) => {
  const guest = host.guest();
  for (const size of [1, 16, 256, 257, 4096, 60000]) {
    guest.reset();
    const buffer = guest.alloc(size);
    assert.equal(guest.call('random_get', buffer, size), 'SUCCESS');
    if (size < 256) continue;
    const counts = new Array(256).fill(0);
    for (let i = 0; i < size; i++) counts[guest.u8(buffer + i)]++;
    assert.ok(Math.max(...counts) < size / 256 * 3 + 30, 'no byte is far more frequent than the others');
  }
});

both('random_get differs from call to call', (host) => {
  const guest = host.guest();
  const seen = new Set();
  for (let i = 0; i < 100; i++) {
    assert.equal(guest.call('random_get', 512, 16), 'SUCCESS');
    seen.add(guest.bytes().toString('hex', 512, 528));
  }
  assert.equal(seen.size, 100);
});

both('random_get outside of memory, and of nothing', (host) => {
  const guest = host.guest();
  assert.equal(guest.call('random_get', PAGE - 1, 2), 'OVERFLOW');
  assert.equal(guest.call('random_get', PAGE, 0), 'OVERFLOW');
  assert.equal(guest.call('random_get', 0, 0xffffffff), 'OVERFLOW');
  assert.equal(guest.call('random_get', 0xffffffff, 0xffffffff), 'OVERFLOW');
  assert.equal(guest.call('random_get', 16, 0), 'SUCCESS');
  assert.equal(guest.call('random_get', 0, PAGE), 'SUCCESS');
});

both('sched_yield yields', (host) => {
  assert.equal(host.guest().call('sched_yield'), 'SUCCESS');
});
