'use strict';
// poll_oneoff of a suspended guest: times.
const assert = require('node:assert/strict');
const { beats, command, guest, sleep, start, suspends } = require('../helpers/async');

suspends('a timer fires every 5 ms while a guest sleeps for 200', async (t) => {
  const counter = beats(t);
  const before = performance.now();
  const result = await start('sleep', { args: ['sleep', '200', '7'] });
  const elapsed = performance.now() - before;
  assert.deepEqual(result, { code: 7, text: 'slept\n' });
  assert.ok(elapsed >= 200 && elapsed < 300, `${elapsed} ms`);
  assert.ok(counter.count >= 20, `${counter.count} beats`);
});

suspends('guests sleep side by side', async () => {
  const before = performance.now();
  const ends = await Promise.all(Array.from({ length: 50 }, (_, index) => start('sleep', { args: ['sleep', '150', String(index)] })));
  assert.deepEqual(ends.map(({ code }) => code), Array.from({ length: 50 }, (_, index) => index));
  assert.ok(performance.now() - before < 1000);
});

suspends('no time is too short, and none is met before it has come', async () => {
  const one = await guest();
  for (const ms of [0, 0.001, 0.4, 1, 1.7, 12.3]) {
    const before = performance.now();
    assert.equal(await one.calls.poll_oneoff(...one.subscribe([{ ms }])), 0);
    const elapsed = performance.now() - before;
    assert.deepEqual(one.events(), [[0, 0, 0]]);
    assert.ok(elapsed >= ms && elapsed < ms + 30, `${elapsed} ms instead of ${ms}`);
  }
});

suspends('a guest that sleeps for moments does not keep the event loop', async (t) => {
  const one = await guest();
  const counter = beats(t);
  const before = performance.now();
  while (performance.now() - before < 100) await one.calls.poll_oneoff(...one.subscribe([{ ms: 0.2 }]));
  assert.ok(counter.count >= 8, `${counter.count} beats`);
});

suspends('the sooner of two times, and both where they are past', async () => {
  const one = await guest();
  await one.calls.poll_oneoff(...one.subscribe([{ ms: 5000 }, { ms: 20 }]));
  assert.deepEqual(one.events(), [[1, 0, 0]]);
  await one.calls.poll_oneoff(...one.subscribe([{ ms: 0 }, { ms: 1, absolute: true }]));
  assert.deepEqual(one.events(), [[0, 0, 0], [1, 0, 0]]);
});

suspends('times of the wall clock and of the monotonic one', async () => {
  const one = await guest();
  for (const clock of [0, 1]) {
    const now = clock === 0 ? Date.now() : Number(process.hrtime.bigint()) / 1e6;
    const before = performance.now();
    await one.calls.poll_oneoff(...one.subscribe([{ ms: now + 40, absolute: true, clock }]));
    const elapsed = performance.now() - before;
    assert.deepEqual(one.events(), [[0, 0, 0]]);
    assert.ok(elapsed > 30 && elapsed < 120, `clock ${clock}: ${elapsed} ms`);
  }
});

suspends('a span of centuries waits, and does not fire at once', async () => {
  const one = await guest();
  for (const ms of [2 ** 31, 2 ** 31 + 10, 1e13]) {
    let done = false;
    const waits = one.calls.poll_oneoff(...one.subscribe([{ ms }, { read: 0 }])).then(() => {
      done = true;
    });
    await sleep(20);
    assert.equal(done, false);
    // The descriptor makes it end: it is closed.
    one.wasi.close();
    await waits;
    return;
  }
});

suspends('what cannot be waited for is told at once', async () => {
  const one = await guest();
  assert.equal(await one.calls.poll_oneoff(...one.subscribe([{ ms: 1e6 }, { read: 77 }])), 0);
  assert.deepEqual(one.events(), [[1, 8, 1]]);
  assert.equal(await one.calls.poll_oneoff(0, 4096, 0, 8), 28);
});

suspends('calls of one guest wait on their own, and each has its own arguments', async () => {
  const one = await guest();
  const order = [];
  const slow = one.calls.poll_oneoff(...one.subscribe([{ ms: 80 }], 0)).then((errno) => order.push(['slow', errno]));
  const fast = one.calls.poll_oneoff(...one.subscribe([{ ms: 20 }], 512)).then((errno) => order.push(['fast', errno]));
  // A call that does not wait, between: it uses the same frame.
  assert.equal(one.exports.fd_close(99), 8);
  await Promise.all([slow, fast]);
  assert.deepEqual(order, [['fast', 0], ['slow', 0]]);
});

suspends('an export that is called plainly waits where it is', async (t) => {
  const one = await guest();
  const counter = beats(t);
  const before = performance.now();
  assert.equal(one.exports.poll_oneoff(...one.subscribe([{ ms: 60 }])), 0);
  assert.ok(performance.now() - before >= 60);
  assert.equal(counter.count, 0);
  assert.deepEqual(one.events(), [[0, 0, 0]]);
});

suspends('a call beneath a function of JavaScript waits where it is', async (t) => {
  const holder = {};
  const one = await guest({}, () => holder.one.exports.poll_oneoff(...holder.one.subscribe([{ ms: 60 }])));
  holder.one = one;
  const counter = beats(t);
  assert.equal(await one.calls.through(), 0);
  assert.equal(counter.count, 0);
  assert.deepEqual(one.events(), [[0, 0, 0]]);
  // And afterwards it is suspended again.
  await one.calls.poll_oneoff(...one.subscribe([{ ms: 60 }]));
  assert.ok(counter.count > 4);
});

suspends('memory that grows while a guest is suspended', async () => {
  const one = await guest();
  const waits = one.calls.poll_oneoff(...one.subscribe([{ ms: 30 }]));
  one.memory.grow(10);
  assert.equal(await waits, 0);
  assert.deepEqual(one.events(), [[0, 0, 0]]);
});

suspends('start() after all: a guest that is not suspended sleeps as ever', (t) => {
  const counter = beats(t);
  const { wasi, instance } = command('sleep', { args: ['sleep', '50', '3'] });
  assert.equal(wasi.start(instance), 3);
  assert.equal(counter.count, 0);
});
