'use strict';
// npm run differential: random calls under node:wasi and under us, for as long as one likes. The files of it are in
// __test__/differential/.
//
//   npm run differential                                   100 seeds from a random one
//   npm run differential -- --seeds 1000 --from 1          so many, from this one on
//   npm run differential -- --minutes 10                   for so long
//   npm run differential -- --node .runtimes/node26/bin/node
//   npm run differential -- --folder /var/tmp               on another disk than /dev/shm
//   npm run differential -- --engine                       ours off the thread against ours in V8, which agree in all (the large addon)
//   npm run differential -- --all                          goes on behind a finding
//   npm run differential -- --cover                        tells at the end which few of the seeds all rules have a part in

const { Host } = require('../__test__/differential/host.js');
const { differ, minimize } = require('../__test__/differential/differ.js');
const { show } = require('../__test__/differential/show.js');

function options(words) {
  const given = { seeds: 100, from: Math.floor(Math.random() * 2 ** 31), minutes: Infinity, node: process.execPath, engine: false, all: false, cover: false, folder: undefined };
  while (words.length > 0) {
    const name = words.shift().replace(/^--/, '');
    if (!(name in given)) throw new Error(`there is no option --${name}`);
    given[name] = typeof given[name] === 'boolean' ? true : ['node', 'folder'].includes(name) ? words.shift() : Number(words.shift());
    if (name === 'minutes') given.seeds = Infinity;
  }
  return given;
}

async function main() {
  const { seeds, from, minutes, node, engine, all, cover, folder } = options(process.argv.slice(2));
  const hosts = (engine ? ['engine', 'preopen'] : ['node', 'preopen']).map((kind) => new Host(kind, node, folder));
  const end = Date.now() + minutes * 60_000;
  const counts = { seeds: 0, calls: 0, made: 0, differed: 0, byRule: {}, findings: 0 };
  const known = new Set();
  const parts = new Map();
  for (let seed = from; seed < from + seeds && Date.now() < end; seed++) {
    const result = await differ(hosts, seed, { rules: !engine });
    counts.seeds++;
    counts.calls += result.calls;
    counts.made += result.plan.calls.length;
    counts.differed += result.applied.size;
    for (const rule of [...result.applied.values()].flat()) counts.byRule[rule] = (counts.byRule[rule] ?? 0) + 1;
    parts.set(seed, new Set([...[...result.applied.values()].flat(), ...result.plan.calls.map(({ name }) => name)]));
    if (result.finding === undefined) continue;
    counts.findings++;
    const { what, name, one, two } = result.finding;
    const key = [what, name, one?.errno, two?.errno].join();
    if (!known.has(key)) {
      known.add(key);
      console.log(show(result.plan, await minimize(hosts, result, { rules: !engine })));
    }
    if (!all) break;
  }
  for (const host of hosts) await host.close();
  console.log(`${counts.seeds} seeds from ${from}: ${counts.calls} of ${counts.made} calls compared, ${counts.differed} of them differ by a rule, ${counts.findings} findings`);
  for (const [name, count] of Object.entries(counts.byRule).sort(([, one], [, two]) => two - one)) console.log(`${String(count).padStart(8)}  ${name}`);
  if (cover) console.log(`seeds: ${covering(parts).join(', ')}`);
  process.exitCode = counts.findings === 0 ? 0 : 1;
}

/** Few seeds that have all that any of them has: each time the one that adds most. */
function covering(parts) {
  const chosen = [];
  for (const missing = new Set([...parts.values()].flatMap((each) => [...each])); missing.size > 0;) {
    const adds = ([, has]) => [...has].filter((part) => missing.has(part)).length;
    const best = [...parts].reduce((one, other) => (adds(other) > adds(one) ? other : one));
    chosen.push(best[0]);
    for (const part of best[1]) missing.delete(part);
  }
  return chosen.sort((one, other) => one - other);
}

main().catch((error) => {
  console.error(error);
  // The processes of the hosts end with this one.
  process.exit(1);
});
