'use strict';
// A finding as text: its seed, the calls that it takes, and what the two sides say.
const { inspect } = require('node:util');
const { PATHS } = require('./avoid');

/** What all paths of a run begin with. */
const BEFORE = /(?:[\w/.-]+\/)?level-0\/[\w/-]*level-\d+\//g;

function argument(value) {
  if (typeof value !== 'object') return String(value);
  return value.cookie ? 'the cookie' : `slot ${value.slot}`;
}

/** A call, with its paths. */
function showCall({ index, name, args, plants }) {
  const texts = (PATHS[name] ?? []).map((at) => {
    const plant = plants.find((each) => each.at === args[at]);
    return plant === undefined ? 'elsewhere' : JSON.stringify(plant.bytes.toString('utf8', 0, Math.min(plant.bytes.length - 1, 100)));
  });
  return `  ${index}: ${name}(${args.map(argument).join(', ')}) ${texts.join(' ')}`;
}

/** @param {{ seed: number, options: object }} plan */
function show({ seed, options }, { calls, finding }) {
  return [`seed ${seed}, preopens ${options.preopens.join(' ')}, streams ${options.streams.join(' ')}`, ...calls.map(showCall), inspect(finding, { depth: 8, breakLength: 150, maxStringLength: 400 }).replaceAll(BEFORE, '')].join('\n');
}

module.exports = { show };
