'use strict';
// Makes the attacks of one program on one kind of filesystem in one engine, and judges what the host has afterwards.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const preopen = require('../..');
const { load: native } = require('../../lib/native.js');
const { readCases } = require('../helpers/cases');
const { PROGRAMS, SCENARIOS } = require('./list.js');
const { KINDS, SECRET, world } = require('./worlds.js');

/** Which engines this process has: guests in V8, and with the large addon those off the thread. */
const ENGINES = native().run === undefined ? ['v8'] : ['v8', 'engine'];

const MEMORY = 512 << 20;
/** A guest off the thread that does not end by itself. */
const TIMEOUT = 60_000;

const file = (name) => path.join(__dirname, '../guests', `${name}.wasm`);
const inV8 = new Map();
const inTheEngine = new Map();
const once = (map, name, make) => map.get(name) ?? map.set(name, make()).get(name);
const moduleOf = (name) => once(inV8, name, () => new WebAssembly.Module(fs.readFileSync(file(name))));
const compiled = (name) => once(inTheEngine, name, () => preopen.compile(file(name), { engine: 'singlepass' }));
const openNow = () => fs.readdirSync('/proc/self/fd').length;

/**
 * Runs a program; answers what it printed, how it ended, and the most descriptors that the host had meanwhile.
 * @param {{ WASI?: Function, imports?: object }} [host] in V8: another host's class; what the module imports besides
 */
async function runProgram(engine, name, options, host) {
  return engine === 'engine' ? offTheThread(name, options) : onTheThread(name, options, host);
}

function onTheThread(name, options, { WASI = preopen.WASI, imports = {} } = {}) {
  const own = WASI === preopen.WASI;
  // Another host takes descriptors and paths alone.
  const streams = own ? undefined : [fs.openSync(path.join(os.tmpdir(), `preopen-attack-${process.pid}`), 'w+'), fs.openSync('/dev/null', 'w')];
  const wasi = new WASI({
    version: 'preview1', returnOnExit: true, stdout: 'capture', stderr: 'ignore', ...options,
    ...(own ? {} : { stdout: streams[0], stderr: streams[1], preopens: pathsOf(options.preopens) }),
  });
  let ended;
  try {
    ended = `exit code ${wasi.start(new WebAssembly.Instance(moduleOf(name), { ...wasi.getImportObject(), ...imports }))}`;
  } catch (error) {
    ended = `${error}`;
  }
  // A guest that has returned keeps its descriptors until it is closed.
  const held = openNow();
  wasi.close?.();
  if (own) return { ended, held, stdout: options.stdout === undefined ? wasi.stdout.text() : '' };
  const stdout = fs.readFileSync(`/proc/self/fd/${streams[0]}`, 'utf8');
  streams.forEach((fd) => fs.closeSync(fd));
  fs.rmSync(path.join(os.tmpdir(), `preopen-attack-${process.pid}`), { force: true });
  return { ended, held, stdout };
}

const pathsOf = (preopens = {}) => Object.fromEntries(Object.entries(preopens).map(([name, mount]) => [name, mount.path ?? mount]));

async function offTheThread(name, options) {
  let held = openNow();
  const watch = setInterval(() => { held = Math.max(held, openNow()); }, 5);
  try {
    const { exitCode, reason, stdout } = await preopen.run(await compiled(name), { stdout: 'capture', stderr: 'ignore', timeout: TIMEOUT, ...options });
    return { ended: reason === 'exit' ? `exit code ${exitCode}` : reason, held, stdout };
  } catch (error) {
    return { ended: `${error}`, held, stdout: error.stdout ?? '' };
  } finally {
    clearInterval(watch);
  }
}

/** Does something in a world of its own; answers what it says, and in `faults` what the host has to complain of. */
async function inWorld(kindName, options, act) {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'preopen-attack-'));
  let place;
  try {
    place = await world(kindName, folder, options);
    const [open, memory] = [openNow(), process.memoryUsage.rss()];
    const outcome = await act(place);
    const faults = place.check();
    // Other guests may have been closed meanwhile, and the runtime itself opens a few.
    if (openNow() > open + 8) faults.push(`${openNow() - open} descriptors were left open`);
    if ((outcome.held ?? 0) > open + 100) faults.push(`the guest held ${outcome.held - open} descriptors of the host`);
    const grown = process.memoryUsage.rss() - memory;
    if (grown > MEMORY) faults.push(`the host grew by ${grown} bytes`);
    if (outcome.stdout?.includes(SECRET.slice(0, 6))) faults.push('the secret was printed');
    return { ...outcome, faults };
  } finally {
    await place?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Makes the attacks of a program of the list.
 * @param {string} engine 'v8' or 'engine'
 * @param {{ only?: number, host?: { WASI: Function, specifier: string } }} options `only`: the number of the one attack to make, from 1 on;
 *   `host`: another host than ours, as scenarios.js wants it
 * @returns {Promise<{ class: string, name: string, contained: boolean, why: string[] }[]>}
 */
async function attackWith(engine, { program, class: usual, attacks, at: from, second, options, world: wanted }, kindName, { only = 0, host } = {}) {
  const outcome = await inWorld(kindName, wanted, ({ args, preopens, seconds }) => runProgram(engine, program, {
    args: [program, `${only}`, from ?? args[0], args[1], ...(second ? [seconds[second].at] : [])],
    preopens: { ...preopens, ...(second ? seconds[second].preopens : {}) },
    ...options,
  }, host));
  const { cases, done, other } = readCases(outcome.stdout);
  const common = [...outcome.faults];
  if (!done || outcome.ended !== 'exit code 0') common.push(`the program ended early: ${outcome.ended} ${other.join(' ')}`);
  if (only === 0 && cases.length !== attacks.length) common.push(`${cases.length} attacks were made, and the list has ${attacks.length}`);
  return attacks.filter((_, index) => only === 0 || index === only - 1).map(({ name, class: own = usual }) => {
    const made = cases.find((one) => `${one.function}: ${one.promise}` === name);
    const why = made === undefined ? ['it was not reached', ...common] : [...made.failures, ...(made.skipped ? [`skipped: ${made.skipped}`] : []), ...common];
    return { class: own, name, contained: why.length === 0, why };
  });
}

/** Every attack on every kind, or on the one named, in one engine; `each` is called with the results of each program and scenario on each kind. */
async function attackAll(engine, each, only) {
  const wanted = (kinds) => kinds.filter((kind) => only === undefined || kind === only);
  for (const program of PROGRAMS) {
    for (const kind of wanted(kindsIn(engine, program))) each(kind, await attackWith(engine, program, kind));
  }
  for (const one of SCENARIOS) {
    for (const kind of wanted(kindsIn(engine, one))) each(kind, [await attackIn(engine, one, kind)]);
  }
}

/** Against which kinds something is played in an engine. In V8 only the host has another thread, which reaches its disk. */
function kindsIn(engine, { scenario, kinds, engines = [engine] }) {
  if (!engines.includes(engine)) return [];
  return scenario === 'race' && engine === 'v8' ? kinds.filter((name) => KINDS[name].disk || KINDS[name].lower) : kinds;
}

/** Plays a scenario of the list. */
async function attackIn(engine, { scenario, class: own, name }, kindName, { host } = {}) {
  const { play, world: wanted } = require('./scenarios.js')[scenario];
  const { faults, why } = await inWorld(kindName, { ...wanted, engine }, (place) => play(engine, place, KINDS[kindName], host));
  return { class: own, name, contained: faults.length + why.length === 0, why: [...why, ...faults] };
}

module.exports = { ENGINES, attackAll, attackIn, attackWith, compiled, kindsIn, moduleOf, runProgram };
