'use strict';
// Guests in the engine: they end by themselves, trap, are killed, run out of time and fuel, and flood their output.

const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { root } = require('../lib/exec.js');
const preopen = require('../..');

/** How many guests are there at once. */
const AT_ONCE = 8;

/** One guest of each kind: what it is given, how it has to end, and what is done to it meanwhile. */
const kinds = {
  exits: { module: 'exit_code', options: { args: ['exit_code', '7'] }, reason: 'exit' },
  reads: { module: 'cat', options: { stdin: 'a text' }, reason: 'exit' },
  'is in time to be killed': { module: 'blocked', options: { args: ['blocked', 'spin'] }, reason: 'killed', kill: 20 },
  'is killed as it begins': { module: 'blocked', options: { args: ['blocked', 'spin'] }, reason: 'killed', kill: 0 },
  'is killed while it waits': { module: 'blocked', options: { args: ['blocked', 'poll'] }, reason: 'killed', kill: 20 },
  'is killed while it reads': { module: 'blocked', options: { args: ['blocked', 'read'] }, reason: 'killed', kill: 20 },
  'has no time': { module: 'blocked', options: { args: ['blocked', 'spin'], timeout: 15 }, reason: 'timeout' },
  traps: { module: 'divide', options: {}, reason: 'trap' },
  'has no fuel': { module: 'blocked', metered: true, options: { args: ['blocked', 'spin'], fuel: 100_000 }, reason: 'fuel' },
  floods: { module: 'blocked', options: { args: ['blocked', 'write'], stdout: 'capture', maxOutput: 1 << 20 }, reason: 'output' },
};

/** How a guest ended, where it did not trap. */
async function ended(guest) {
  try {
    return (await guest.exited).reason;
  } catch (error) {
    if (!(error instanceof preopen.WasiTrap)) throw error;
    return 'trap';
  }
}

async function once(name, modules) {
  const { options, reason, kill } = kinds[name];
  const guest = preopen.spawn(modules[name], { stdout: 'ignore', stderr: 'ignore', ...options });
  if (kill !== undefined) {
    if (kill > 0) await sleep(kill * Math.random());
    guest.kill();
  }
  const got = await ended(guest);
  if (got !== reason) throw new Error(`a guest that ${name} ended by '${got}', not '${reason}'`);
}

async function prepare() {
  const compiled = {};
  const modules = {};
  for (const [name, { module, metered = false }] of Object.entries(kinds)) {
    const file = path.join(root, '__test__/guests', `${module}.wasm`);
    modules[name] = await (compiled[`${module} ${metered}`] ??= preopen.compile(file, { engine: 'cranelift', metered }));
  }
  const names = Object.keys(kinds);
  let runs = 0;
  return {
    async until(count) {
      const one = async () => {
        while (runs < count) await once(names[runs++ % names.length], modules);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
    },
    end() {},
  };
}

module.exports = { unit: 'runs', count: 10_000, prepare };
