'use strict';
// Another thread swaps directories and files for links that lead out, while the guest opens, makes, moves and removes.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { ours } = require('../helpers/both');
const { record } = require('../helpers/outside');
const { run } = require('../helpers/program');

const swapper = `
  const { workerData: { box, counter } } = require('node:worker_threads');
  const fs = require('node:fs');
  const swaps = new Int32Array(counter);
  const p = (name) => box + '/' + name;
  const rename = (from, to) => { try { fs.renameSync(p(from), p(to)); } catch {} };
  while (Atomics.load(swaps, 1) === 0) {
    rename('d', 'd.real'); rename('d.link', 'd');
    rename('f', 'f.real'); rename('f.link', 'f');
    rename('d', 'd.link'); rename('d.real', 'd');
    rename('f', 'f.link'); rename('f.real', 'f');
    Atomics.add(swaps, 0, 1);
    Atomics.notify(swaps, 0);
  }`;

ours('for a second, nothing of the outside is read or changed', async (host) => {
  const base = host.tmp();
  const [box, outside] = [path.join(base, 'box'), path.join(base, 'outside')];
  fs.mkdirSync(path.join(box, 'd/sub'), { recursive: true });
  fs.mkdirSync(path.join(outside, 'sub'), { recursive: true });
  fs.writeFileSync(path.join(box, 'd/f'), 'inside');
  fs.writeFileSync(path.join(box, 'f'), 'inside');
  fs.writeFileSync(path.join(box, 'own'), 'own');
  fs.writeFileSync(path.join(outside, 'f'), 'SECRET'.repeat(1000));
  fs.writeFileSync(path.join(outside, 'victim'), 'victim');
  fs.symlinkSync('../outside', path.join(box, 'd.link'));
  fs.symlinkSync('../outside/f', path.join(box, 'f.link'));
  const before = record(outside);

  const counter = new SharedArrayBuffer(8);
  const swaps = new Int32Array(counter);
  const worker = new Worker(swapper, { eval: true, workerData: { box, counter } });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  await new Promise((resolve) => worker.once('online', resolve));
  Atomics.wait(swaps, 0, 0, 5000);
  const { code, stdout } = run(host, 'racer', { args: ['racer', '1000'], preopens: { '/sandbox': box } });
  Atomics.store(swaps, 1, 1);
  await ended;

  const [, inside, out, refused] = stdout.match(/^(\d+) inside, (\d+) outside, (\d+) refused/).map(Number);
  assert.equal(out, 0, stdout);
  assert.equal(code, 0);
  assert.ok(inside > 10 && refused > 10, `a race took place: ${stdout}`);
  assert.ok(swaps[0] > 10, `${swaps[0]} swaps`);
  assert.deepEqual(record(outside), before);
});
