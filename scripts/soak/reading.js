'use strict';
// What a process has at one moment, and whether it has grown.

const fs = require('node:fs');
const v8 = require('node:v8');
const { setTimeout: sleep } = require('node:timers/promises');

/** By how much memory may grow from the half to the whole of a soak: a hundredth. */
const GROWTH = 0.01;
/** How often the collector runs before a reading, and how long it waits for what is released behind it, ms. */
const COLLECTIONS = 6;
const PAUSE = 50;

/**
 * Read when nothing is left to collect. `resident` is all that the process has; `native` is that without V8's own heap, which V8
 * keeps at will.
 * @returns {Promise<{ threads: number, descriptors: number, resident: number, native: number }>} memory in bytes
 */
async function read() {
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc();
    await sleep(PAUSE);
  }
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  const resident = Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]) * 1024;
  return {
    threads: fs.readdirSync('/proc/self/task').length,
    // Without the one that reads the folder.
    descriptors: fs.readdirSync('/proc/self/fd').length - 1,
    resident,
    native: resident - v8.getHeapStatistics().total_physical_size,
  };
}

/** What has grown from the second reading to the third; empty where all is flat. */
function grown([, half, whole]) {
  const faults = ['threads', 'descriptors'].filter((what) => whole[what] > half[what]);
  const share = whole.resident / half.resident - 1;
  if (share >= GROWTH) faults.push(`resident memory (${(100 * share).toFixed(1)} %)`);
  return faults;
}

module.exports = { grown, read };
