'use strict';

// The process that measures one row for one contender: started by index.js with its order as JSON, answers as JSON on
// descriptor 3. Nothing else happens in it, so that one row's garbage and compiled code never weigh on another's.

const fs = require('node:fs');
const { rows } = require('./rows');
const { hosts } = require('./peers');
const { programs } = require('./programs');

const order = JSON.parse(process.argv[2]);
const row = rows.find(({ name }) => name === order.row);
const load = () => require(order.module);
/** A host of a filesystem in memory, see peers.js. */
const host = (files, stdout) => hosts[order.contender](files, stdout, order.module);

/** CPU time of this process in nanoseconds, the collector's and the compiler's threads included. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

const wall = () => Number(process.hrtime.bigint());

/** Runs `work`; how long it took, on the processor and on the clock. */
async function timed(work) {
  const [cpuBefore, wallBefore] = [cpu(), wall()];
  const pending = work();
  if (pending !== undefined) await pending;
  return { cpu: cpu() - cpuBefore, wall: wall() - wallBefore };
}

/** Many times in batches of some milliseconds: V8 replaces the loop's first code between two of them, never within. */
async function measureCall({ kind, prepare, most = Infinity, weight = 1 }, { budget, fixture, contender }) {
  const given = { engine: { load, fixture, contender }, memory: { host } }[kind] ?? { WASI: load().WASI, fixture, contender };
  const loop = await prepare(given);
  const span = budget * weight;
  let batch = 1;
  let warm = 0;
  let left = most;
  const reserved = most === Infinity ? 0 : most / 2;
  while (warm < span * 0.3 && left > reserved) {
    const { cpu } = await timed(() => loop(batch));
    warm += cpu;
    left -= batch;
    if (cpu < 5e6) batch = Math.min(batch * 2, Math.ceil(left / 10));
  }
  const total = { calls: 0, cpu: 0, wall: 0 };
  while (total.cpu < span * 0.7 && left >= batch) {
    const { cpu, wall } = await timed(() => loop(batch));
    total.calls += batch;
    total.cpu += cpu;
    total.wall += wall;
    left -= batch;
  }
  return { cpu: total.cpu / total.calls, wall: total.wall / total.calls, calls: total.calls };
}

async function measureProgram({ name }, { out }) {
  const exit = await programs[name].run(load().WASI, out);
  // Since the process began: Node's own start, loading, compiling, and the guest.
  return { exit, cpu: cpu(), wall: performance.now() * 1e6, memory: process.resourceUsage().maxRSS * 1024 };
}

async function main() {
  if (row.figure !== undefined) return row.figure({ host, load, ...order });
  if (row.prepare !== undefined) return measureCall(row, order);
  if (row.kind === 'once') return timed(() => row.once(load));
  return measureProgram(row, order);
}

main().then((answer) => {
  fs.writeSync(3, JSON.stringify(answer));
  // Do not wait for what a guest's runtime may have left behind.
  process.exit(0);
}, (error) => {
  console.error(error);
  process.exit(1);
});
