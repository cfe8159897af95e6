'use strict';
// Two runs of one plan, compared: what each call answered and wrote, how the guest ended, what is in its streams, and the tree.
const { isDeepStrictEqual } = require('node:util');
const { ERRNO } = require('../helpers/abi');
const differences = require('./differences');

/** @returns {{ errno: string, read?: object, wrote: [number, string][] }} what a call answered */
const answer = ({ errno, read, wrote }) => ({ errno: errno === -1 ? 'ended' : ERRNO[errno] ?? `errno ${errno}`, ...(read === undefined ? {} : { read }), wrote });

/** Whether a call has done something. */
const acted = ({ errno }) => errno === 'SUCCESS' || errno === 'ended';

/** The first name under which two trees differ. */
function treeDifference(one, two, mtime) {
  for (const name of [...new Set([...Object.keys(one), ...Object.keys(two)])].sort()) {
    const [first, second] = [one[name], two[name]];
    if (first === undefined || second === undefined) return { name, first, second };
    const agree = isDeepStrictEqual({ ...first, mtime: 0 }, { ...second, mtime: 0 }) && mtime(first.mtime, second.mtime);
    if (!agree) return { name, first, second };
  }
  return undefined;
}

/**
 * @param {object} one node:wasi's run, or another of ours
 * @param {object} two our run
 * @param {{ rules?: boolean }} [options] whether differences may be deliberate
 * @returns {{ finding?: object, parted?: number, applied: Map<number, string[]>, compared: number }} `parted`: the call after which the
 *   states differ, deliberately; what follows it was not compared
 */
function compare(one, two, { rules = true } = {}) {
  const applied = new Map();
  const length = Math.max(one.records.length, two.records.length);
  for (let at = 0; at < length; at++) {
    const [first, second] = [one.records[at], two.records[at]];
    if (first?.index !== second?.index) return { applied, compared: at, finding: { at: first?.index ?? second.index, what: 'calls', one: first?.name, two: second?.name } };
    const call = { name: second.name, args: second.args, facts: second.facts };
    const [theirs, ours] = [answer(first), answer(second)];
    if (!isDeepStrictEqual(first.args, second.args)) return { applied, compared: at, finding: { at: first.index, what: 'arguments', name: call.name, one: first.args, two: second.args } };
    if (!isDeepStrictEqual(theirs, ours)) {
      const judged = rules ? differences.allowed(call, theirs, ours) : { allowed: false };
      if (!judged.allowed) return { applied, compared: at, finding: { at: first.index, what: 'answer', ...call, one: theirs, two: ours } };
      applied.set(first.index, judged.rules);
      if (judged.parts || acted(theirs) !== acted(ours)) return { applied, compared: at + 1, parted: first.index };
    }
    const rule = rules ? differences.hidden(call) : undefined;
    if (rule !== undefined) {
      applied.set(first.index, [rule.name]);
      return { applied, compared: at + 1, parted: first.index };
    }
  }
  const result = { applied, compared: length };
  for (const what of ['code', 'streams']) {
    if (!isDeepStrictEqual(one[what], two[what])) return { ...result, finding: { what, one: one[what], two: two[what] } };
  }
  const tree = treeDifference(one.tree, two.tree, rules ? differences.cut : Object.is);
  return tree === undefined ? result : { ...result, finding: { what: 'tree', name: tree.name, one: tree.first, two: tree.second } };
}

module.exports = { compare };
