'use strict';
// Functions of the host's, called by guests off the thread.
const assert = require('node:assert/strict');
const { compiled, engine, rejection, run } = require('../helpers/engine');
const preopen = require('../..');

/** Functions for the guest `imports`, and what they are told. */
function functions(replaced = {}) {
  const said = [];
  const env = {
    log(ptr, length) { said.push(Buffer.from(this.memory.read(ptr, length)).toString()); },
    add: (a, b) => a + b,
    big: (value) => value + 1n,
    ratio: (a, b) => a * b,
    pair: () => [7, -8n],
    fill(ptr, length) {
      const bytes = Buffer.from(`${this.memory.size} ${length}`);
      this.memory.write(ptr, bytes);
      return bytes.length;
    },
    tell(value) { said.push(value); },
    ...replaced,
  };
  return { said, imports: { env } };
}

engine('arguments and results are those of WebAssembly, and memory is read and written', async () => {
  const { said, imports } = functions();
  const { stdout, exitCode } = await run('imports', { imports });
  assert.deepEqual(said, ['hello', -42n, 9007199254740994n, 500n, -8n, 7n]);
  assert.deepEqual([stdout, exitCode], ['65536 256', 0]);
});

engine('the guest waits for promises, also in methods that use its memory', async () => {
  const later = () => new Promise((resolve) => setTimeout(resolve, 5));
  const { said, imports } = functions({
    add: async (a, b) => { await later(); return a + b; },
    async fill(ptr) { await later(); this.memory.write(ptr, 'late'); return 4; },
    tell(value) { return { then: (resolve) => { said.push(value); resolve(); } }; },
  });
  const { stdout } = await run('imports', { imports });
  assert.deepEqual(said, ['hello', -42n, 9007199254740994n, 500n, -8n, 7n]);
  assert.equal(stdout, 'late');
});

engine('what a function throws, or its promise is rejected with, rejects the run', async () => {
  for (const thrown of [new Error('mine'), undefined, 'text', null]) {
    for (const add of [() => { throw thrown; }, async () => { throw thrown; }]) {
      let caught = 'nothing';
      await run('imports', { imports: functions({ add }).imports }).catch((error) => { caught = error; });
      assert.equal(caught, thrown);
    }
  }
});

engine('results are converted, or refused', async () => {
  const wrapped = functions({ add: () => 2 ** 32 + 5.9, big: () => 2n ** 64n + 6n });
  await run('imports', { imports: wrapped.imports });
  assert.deepEqual(wrapped.said.slice(1, 3), [5n, 6n]);
  for (const wrong of [{ add: () => 5n }, { big: () => 5 }, { ratio: () => 5n }, { pair: () => [1] }, { pair: () => 5 }]) {
    assert.ok((await rejection(run('imports', { imports: functions(wrong).imports }))) instanceof TypeError);
  }
});

engine('memory is checked, and is there only during a call', async () => {
  const faults = [];
  let kept;
  const attempt = (act) => { try { act(); faults.push('nothing'); } catch (error) { faults.push(error.name); } };
  const { imports } = functions({
    log() {
      kept = this.memory;
      attempt(() => this.memory.read(65530, 10));
      attempt(() => this.memory.read(-1, 1));
      attempt(() => this.memory.write(2 ** 32 - 1, 'x'));
      attempt(() => this.memory.read(0.5, 1));
      attempt(() => this.memory.write(0, 5));
      const copy = this.memory.read(16, 5);
      copy.fill(0);
      assert.equal(Buffer.from(this.memory.read(16, 5)).toString(), 'hello');
    },
  });
  await run('imports', { imports });
  assert.deepEqual(faults, ['RangeError', 'RangeError', 'RangeError', 'RangeError', 'TypeError']);
  assert.throws(() => kept.read(0, 1), Error);
});

engine('a guest that waits for a promise can be stopped', async () => {
  const never = () => new Promise(() => {});
  const stopped = await run('imports', { imports: functions({ add: never }).imports, timeout: 50 });
  assert.equal(stopped.reason, 'timeout');
  const controller = new AbortController();
  const { imports } = functions({ add: () => { controller.abort(); return never(); } });
  assert.equal((await rejection(run('imports', { imports, signal: controller.signal }))).code, 'ABORT_ERR');
});

engine('a function may run another guest meanwhile', async () => {
  const module = await compiled('exit_code');
  const { said, imports } = functions({ add: async () => (await preopen.run(module, { args: ['exit_code', '9'] })).exitCode });
  await run('imports', { imports });
  assert.equal(said[1], 9n);
});
