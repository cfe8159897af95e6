'use strict';
// Long runs, and what the process has more of afterwards:
//
//   npm run soak                                 all parts, whole: about 35 minutes
//   npm run soak -- engine files --share 0.01    parts by name, and a share of their counts
//
// `instances`: 1,000,000 guests made in V8, run and dropped; `files`: 100,000,000 files opened and closed; `engine`: 10,000 runs in
// the engine, of which most are killed. Each part has a process of its own. Threads, descriptors and memory are read after 10, 50
// and 100 % of it, with no guest left. It fails where there are more threads or descriptors after all than after the half, or 1 %
// more resident memory. Whole parts are written to soak/record.json.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { StepFailed, root, run } = require('../lib/exec.js');
const { main } = require('../lib/main.js');
const { LARGE, SMALL } = require('../lib/setup.js');
const { grown, read } = require('./reading.js');

const PARTS = ['instances', 'files', 'engine'];
const SHARES = [0.1, 0.5, 1];
/** How often memory is read for each of them, and after how much more of the work. */
const READINGS = 5;
const STEP = 0.01;
const RECORD = path.join(root, 'soak/record.json');
/** A part's own process: the collector at hand, and no half-filled young generation in the readings; and one arena of malloc(3), which
 * glibc would keep for each thread. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1'];

const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);

/** Runs one part in this process; its result goes to `file`. */
async function part(name, share, file) {
  const { unit, count, prepare } = require(`./${name}.js`);
  const work = await prepare();
  const readings = [];
  const begun = Date.now();
  for (const portion of SHARES) {
    let reading;
    // The lowest of some: what an allocator has not given back yet comes and goes, a leak stays.
    for (let late = READINGS - 1; late >= 0; late--) {
      const done = Math.ceil(count * share * (portion - late * STEP));
      await work.until(done);
      const now = { done, ...(await read()) };
      if (reading === undefined || now.resident < reading.resident) reading = now;
    }
    reading.done = Math.ceil(count * share * portion);
    readings.push(reading);
    const { done, threads, descriptors, resident, native } = reading;
    console.log(
      `${name}, ${100 * portion} %: ${done.toLocaleString('en')} ${unit}, ${threads} threads, ${descriptors} descriptors, ` +
        `${mib(resident)} MiB resident, ${mib(native)} without V8's heap`,
    );
  }
  work.end();
  const seconds = Math.round((Date.now() - begun) / 1000);
  fs.writeFileSync(file, JSON.stringify({ part: name, unit, seconds, readings, grown: grown(readings) }));
}

/** Runs parts one after the other, each in a process of its own. */
function all(names, share) {
  const faults = [];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-soak-'));
  for (const name of names) {
    // What `npm run build` or `build:engine` has built, unless another one is named.
    const addon = process.env.PREOPEN_NATIVE_LIBRARY_PATH ?? (name === 'engine' ? LARGE : SMALL);
    const file = path.join(folder, `${name}.json`);
    const args = [...FLAGS, __filename, '--part', name, '--share', String(share), '--result', file];
    run(process.execPath, args, { name, env: { ...process.env, PREOPEN_NATIVE_LIBRARY_PATH: addon, MALLOC_ARENA_MAX: '1' } });
    const result = JSON.parse(fs.readFileSync(file, 'utf8'));
    console.log(`${name}: ${result.grown.length === 0 ? 'flat' : `GROWN: ${result.grown.join(', ')}`}, in ${result.seconds} s`);
    if (result.grown.length > 0) faults.push(name);
    if (share === 1) note(result);
  }
  fs.rmSync(folder, { recursive: true });
  if (faults.length > 0) throw new StepFailed(`${faults.join(', ')} grew`);
}

/** The last whole run of each part. */
function note(result) {
  const record = fs.existsSync(RECORD) ? JSON.parse(fs.readFileSync(RECORD, 'utf8')) : {};
  record[result.part] = { date: new Date().toISOString().slice(0, 10), node: process.version, cpus: os.cpus().length, ...result };
  fs.writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`);
}

main(() => {
  const { values, positionals } = parseArgs({
    options: { part: { type: 'string' }, result: { type: 'string' }, share: { type: 'string', default: '1' } },
    allowPositionals: true,
  });
  const share = Number(values.share);
  const unknown = positionals.find((name) => !PARTS.includes(name));
  if (unknown !== undefined || !(share > 0 && share <= 1)) {
    throw new StepFailed(`npm run soak -- [${PARTS.join(' | ')}]… [--share above 0, to 1]`);
  }
  if (values.part !== undefined) return part(values.part, share, values.result);
  return all(positionals.length === 0 ? PARTS : positionals, share);
});
