'use strict';
// kill -9 in the middle of what is written.
const assert = require('node:assert/strict');
const { spawn: start } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { root, tmp } = require('../helpers/both');
const { doors, file } = require('../helpers/door');
const { engine } = require('../helpers/engine');
const preopen = require('../..');

/** How often each is killed, at another moment each time. */
const TIMES = 3;

/** Starts text in Node, and kills it `delay` ms after it has said `when`; answers what it said. */
async function killed(text, when, delay) {
  const process_ = start(process.execPath, ['--no-warnings', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  let waiting = true;
  process_.stdout.setEncoding('utf8').on('data', (data) => {
    said += data;
    if (!waiting || !when.test(said)) return;
    waiting = false;
    if (delay === 0) process_.kill('SIGKILL');
    else setTimeout(() => process_.kill('SIGKILL'), delay);
  });
  const [, signal] = await once(process_, 'close');
  return { said, signal };
}

for (const door of doors) {
  test(`a guest in ${door}: what was synced is there, what was not is whole or absent`, async (t) => {
    for (let time = 0; time < TIMES; time++) {
      const folder = tmp(t);
      const text = `
        const { run } = require(${JSON.stringify(require.resolve('../helpers/door'))});
        run('${door}', ['records', '/d/journal'], { preopens: { '/d': ${JSON.stringify(folder)} }, stdout: 1, stderr: 2 });`;
      const { said, signal } = await killed(text, new RegExp(`synced ${3 * time}\n`), Math.floor(Math.random() * 20));
      assert.equal(signal, 'SIGKILL');
      // The last line may be a half.
      const synced = said.split('\n').slice(0, -1).map((line) => Number(line.slice('synced '.length)));
      const journal = fs.readFileSync(path.join(folder, 'journal'), 'latin1');
      const records = journal.match(/[^]{1,64}/g);
      assert.ok(records.length > synced.at(-1), `${records.length} records, ${synced.at(-1)} was synced`);
      records.forEach((record, number) => {
        const digits = String(number).padStart(8, '0');
        assert.equal(record, `record ${digits} ${String(number).padStart(46, '0')}.\n`, 'a record is whole');
      });
    }
  });
}

test('a commit: each file is the old one or the new one, whole, and the next commit ends it', async (t) => {
  const [old, changed] = ['old '.repeat(8000), 'changed '.repeat(8000)];
  for (let time = 0; time < TIMES; time++) {
    const folder = tmp(t);
    const tar = path.join(tmp(t), 'upper.tar');
    fs.mkdirSync(path.join(folder, 'dir'));
    const name = (number) => path.join(number % 2 ? 'dir' : '', `file${number}`);
    for (let i = 0; i < 100; i++) fs.writeFileSync(path.join(folder, name(i)), old);
    const text = `
      const fs = require('node:fs');
      const { OverlayFileSystem } = require(${JSON.stringify(root)});
      const overlay = new OverlayFileSystem({ lower: ${JSON.stringify(folder)} });
      for (let i = 0; i < 100; i++) {
        const name = (i % 2 ? '/dir/file' : '/file') + i;
        if (i % 10 === 9) overlay.unlinkSync(name);
        else overlay.writeFileSync(name, 'changed '.repeat(8000));
      }
      for (let i = 100; i < 150; i++) overlay.writeFileSync('/dir/file' + i, 'changed '.repeat(8000));
      fs.writeFileSync(${JSON.stringify(tar)}, overlay.upper.toTar());
      fs.writeSync(1, 'commits\\n');
      overlay.commit();
      fs.writeSync(1, 'done\\n');
      setInterval(() => {}, 1000);`;
    const { signal } = await killed(text, /commits\n/, Math.floor(Math.random() * 12));
    assert.equal(signal, 'SIGKILL');
    const unfinished = [];
    for (const at of fs.readdirSync(folder, { recursive: true })) {
      if (at === 'dir') continue;
      const content = fs.readFileSync(path.join(folder, at), 'utf8');
      if (/\.preopen-commit-\d+~$/.test(at)) unfinished.push(at);
      else assert.ok([old, changed].includes(content), `${at} is torn`);
    }
    assert.ok(unfinished.length <= 1, unfinished.join());
    // Whoever kept the upper goes on with it.
    const upper = preopen.MemoryFileSystem.fromTar(fs.readFileSync(tar));
    new preopen.OverlayFileSystem({ lower: folder, upper }).commit();
    for (let i = 0; i < 150; i++) {
      const at = path.join(folder, i < 100 ? name(i) : `dir/file${i}`);
      if (i < 100 && i % 10 === 9) assert.ok(!fs.existsSync(at), at);
      else assert.equal(fs.readFileSync(at, 'utf8'), changed, at);
    }
  }
});

engine('the store of a compiled module: the next run never has a torn one', async (t) => {
  const cache = path.join(tmp(t), 'cache');
  for (let time = 0; time < TIMES; time++) {
    fs.rmSync(cache, { recursive: true, force: true });
    const text = `
      const preopen = require(${JSON.stringify(root)});
      const fs = require('node:fs');
      (async () => {
        for (let i = 0; ; i++) {
          // Another module each time: a custom section with a number.
          const bytes = Buffer.concat([fs.readFileSync(${JSON.stringify(file)}), Buffer.from([0, 3, 1, 0x78, i & 127])]);
          if (i === 1) fs.writeSync(1, 'compiles\\n');
          await preopen.compile(bytes, { engine: 'singlepass', cache: ${JSON.stringify(cache)} });
        }
      })();`;
    const { signal } = await killed(text, /compiles\n/, Math.floor(Math.random() * 100));
    assert.equal(signal, 'SIGKILL');
    const bytes = (i) => Buffer.concat([fs.readFileSync(file), Buffer.from([0, 3, 1, 0x78, i])]);
    for (let i = 0; i < 4; i++) {
      const module = await preopen.compile(bytes(i), { engine: 'singlepass', cache });
      assert.equal((await preopen.run(module, { args: ['journal', 'none'] })).exitCode, 64);
    }
    const halves = fs.readdirSync(cache).filter((name) => name.endsWith('.tmp'));
    assert.ok(halves.length <= 1, halves.join());
  }
});
