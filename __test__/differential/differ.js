'use strict';
// Runs plans under two hosts and compares them, and makes a plan that shows a finding as short as it can.
const { compare } = require('./compare');
const { generate } = require('./generate');
const { Died } = require('./host');
const { compile } = require('./text');

/** How often a plan is run again without the calls that part the states. */
const MOST_RUNS = 200;

/** Both hosts run a plan without the calls in `skip`. */
async function once([one, two], { plan, module }, skip, { rules, fault }) {
  const job = { plan, module, skip: [...skip] };
  // A failure of one must not leave the other's answer behind, where the next run would find it.
  const [first, second] = await Promise.allSettled([one.run(job), two.run({ ...job, fault })]);
  for (const { reason } of [first, second]) {
    if (reason instanceof Died) return { applied: new Map(), compared: 0, finding: { what: 'process', one: reason.message } };
    if (reason !== undefined) throw reason;
  }
  return compare(first.value, second.value, { rules });
}

/**
 * One seed: all its calls are compared, those that part the states by their rule, and then left out.
 * @param {[import('./host').Host, import('./host').Host]} hosts
 * @param {{ rules?: boolean, fault?: object, length?: number }} [options]
 * @returns {Promise<{ finding?: object, plan: object, module: Buffer, skip: Set<number>, applied: Map<number, string[]>, calls: number }>}
 */
async function differ(hosts, seed, options = {}) {
  const plan = generate(seed, options.length);
  const module = await compile(plan);
  const skip = new Set();
  const applied = new Map();
  for (let runs = 0; runs < MOST_RUNS; runs++) {
    const result = await once(hosts, { plan, module }, skip, options);
    for (const [index, names] of result.applied) applied.set(index, names);
    if (result.parted !== undefined) {
      skip.add(result.parted);
      continue;
    }
    return { finding: result.finding, plan, module, skip, applied, calls: result.compared + skip.size, runs: runs + 1 };
  }
  throw new Error(`seed ${seed}: the states part more than ${MOST_RUNS} times`);
}

/** Whether two findings are the same fault, as far as one can tell. */
const alike = (one, two) => one !== undefined && two !== undefined && one.what === two.what && one.at === two.at && one.name === two.name;

/** Leaves out as many calls as it can while the finding stays. Gives those that are left. */
async function minimize(hosts, { plan, module, skip, finding }, options = {}) {
  const kept = () => plan.calls.map((_, index) => index).filter((index) => !out.has(index) && index !== finding.at);
  let out = new Set(skip);
  let found = finding;
  for (let chunk = Math.ceil(plan.calls.length / 2); chunk >= 1; chunk = chunk > 1 ? Math.floor(chunk / 2) : 0) {
    for (const list = kept(); list.length > 0;) {
      const tried = new Set([...out, ...list.splice(Math.max(0, list.length - chunk))]);
      const result = await once(hosts, { plan, module }, tried, options);
      if (alike(result.finding, finding)) [out, found] = [tried, result.finding];
    }
  }
  return { calls: plan.calls.map((call, index) => ({ index, ...call })).filter(({ index }) => !out.has(index)), finding: found };
}

module.exports = { differ, minimize };
