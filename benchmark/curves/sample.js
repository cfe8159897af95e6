'use strict';

// How often a thing is done to know what it takes: CPU time of all threads, so that what else the machine does falls away.

/** ns of this process, all threads. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** ns that `work` takes. */
async function timeOf(work) {
  const before = cpu();
  await work();
  return cpu() - before;
}

/** How long one sample is at least, ns: the kernel counts in microseconds. */
const LEAST = 4e6;
/** How many samples there are at most, and after how much of them in all no other is begun, ns. */
const MOST = 5;
const ENOUGH = 400e6;

/** Samples of something that can be done again and again: ns each. The first round is not counted: it is compiled then. */
async function repeated(work) {
  let times = 1;
  for (;;) {
    // The quicker of two: a collection in the one would have it seem that a single time takes long enough.
    const took = Math.min(await timeOf(() => again(work, times)), await timeOf(() => again(work, times)));
    if (took >= LEAST / 2) break;
    times *= took > 0 ? Math.min(8, Math.max(2, Math.ceil(LEAST / took))) : 8;
  }
  return samples(async () => (await timeOf(() => again(work, times))) / times);
}

function again(work, times) {
  for (let i = 0; i < times; i++) work(i);
}

/** Samples by a function that times itself. */
async function samples(timed) {
  const list = [];
  let spent = 0;
  while (list.length < MOST && spent < ENOUGH) {
    const before = cpu();
    list.push(await timed());
    spent += cpu() - before;
  }
  return list;
}

/** Bytes that the process has. */
function resident() {
  global.gc();
  global.gc();
  return process.memoryUsage().rss;
}

module.exports = { cpu, repeated, resident, samples, timeOf };
