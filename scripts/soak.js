'use strict';
// A long run of guests in the engine, and what the process has more of afterwards: `npm run soak -- [minutes]`.
//
// Guests end by themselves, trap, are killed, run out of time, and flood their output. Threads, descriptors and memory are read
// when a tenth, a half and all of the time is over, each time with no guest left. It exits with 1 where they have grown since the
// first reading, and where a guest ended otherwise than it should.

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { LARGE } = require('./lib/setup.js');

// What `npm run build:engine` has built, unless another one is named.
process.env.PREOPEN_NATIVE_LIBRARY_PATH ??= LARGE;
const preopen = require('..');

const guests = path.join(__dirname, '..', '__test__', 'guests');

/** How many guests are there at once. */
const AT_ONCE = 8;
/** What may come and go by itself: threads of Node's and of its pool; what the collector has not yet taken. */
const ROOM = { threads: 2, descriptors: 2, memory: 32 << 20 };

/** One guest of each kind: what it is given, how it has to end, and what is done to it meanwhile. */
const kinds = {
  exits: { module: 'exit_code', options: { args: ['exit_code', '7'] }, reason: 'exit' },
  reads: { module: 'cat', options: { stdin: 'a text' }, reason: 'exit' },
  'is in time to be killed': { module: 'blocked', options: { args: ['blocked', 'spin'] }, reason: 'killed', kill: 20 },
  'is killed as it begins': { module: 'blocked', options: { args: ['blocked', 'spin'] }, reason: 'killed', kill: 0 },
  'is killed while it waits': { module: 'blocked', options: { args: ['blocked', 'poll'] }, reason: 'killed', kill: 20 },
  'is killed while it reads': { module: 'blocked', options: { args: ['blocked', 'read'] }, reason: 'killed', kill: 20 },
  'has no time': { module: 'blocked', options: { args: ['blocked', 'spin'], timeout: 15 }, reason: 'timeout' },
  floods: { module: 'blocked', options: { args: ['blocked', 'write'], stdout: 'capture', maxOutput: 1 << 20 }, reason: 'output' },
};

async function once(name, modules) {
  const { module, options, reason, kill } = kinds[name];
  const guest = preopen.spawn(modules[module], { stdout: 'ignore', stderr: 'ignore', ...options });
  if (kill !== undefined) {
    if (kill > 0) await sleep(kill * Math.random());
    guest.kill();
  }
  const result = await guest.exited;
  if (result.reason !== reason) throw new Error(`a guest that ${name} ended by '${result.reason}', not '${reason}'`);
}

function reading(runs) {
  globalThis.gc?.();
  return {
    runs,
    threads: fs.readdirSync('/proc/self/task').length,
    descriptors: fs.readdirSync('/proc/self/fd').length,
    memory: process.memoryUsage.rss(),
  };
}

function show(share, { runs, threads, descriptors, memory }) {
  const mib = (memory / (1 << 20)).toFixed(1);
  console.log(`${share} %: ${runs} runs, ${threads} threads, ${descriptors} descriptors, ${mib} MiB`);
}

async function main() {
  const minutes = Number(process.argv[2] ?? 10);
  if (!(minutes > 0)) throw new Error('npm run soak -- [minutes]');
  const modules = {};
  for (const { module } of Object.values(kinds)) {
    modules[module] ??= await preopen.compile(path.join(guests, `${module}.wasm`), { engine: 'cranelift' });
  }
  const names = Object.keys(kinds);
  const begun = Date.now();
  const readings = [];
  let runs = 0;
  for (const share of [10, 50, 100]) {
    const until = begun + minutes * 600 * share;
    const one = async () => {
      while (Date.now() < until) await once(names[runs++ % names.length], modules);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    // What is released behind the last result, is.
    await sleep(200);
    readings.push(reading(runs));
    show(share, readings.at(-1));
  }
  const [first, , last] = readings;
  for (const [what, room] of Object.entries(ROOM)) {
    if (last[what] > first[what] + room) {
      console.error(`${what}: ${first[what]} became ${last[what]}`);
      process.exitCode = 1;
    }
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
