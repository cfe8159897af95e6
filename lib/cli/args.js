'use strict';
// The command line of `run`: options before and after the module, then the guest's arguments.

const { HelpWanted, UsageError } = require('./errors.js');

/**
 * @typedef {object} RunArguments
 * @property {string} file
 * @property {string[]} args the guest's
 * @property {Record<string, string>} env
 * @property {Record<string, { path: string, readOnly: boolean }>} preopens by the guest's name
 * @property {string[]} sockets
 * @property {number | undefined} maxFds
 * @property {'stderr' | undefined} trace
 */

/** Each takes a value: `--dir X` or `--dir=X`. */
const OPTIONS = {
  '--dir': addDirectory,
  '--env': addVariable,
  '--tcplisten': (run, address) => run.sockets.push(address),
  '--max-fds': (run, number) => {
    if (!/^[1-9]\d{0,8}$/.test(number)) throw new UsageError(`--max-fds ${number}: not a number from 1 up`);
    run.maxFds = Number(number);
  },
};

/** These take none. */
const SWITCHES = {
  '--trace': (run) => {
    run.trace = 'stderr';
  },
};

/**
 * @param {string[]} words what follows `run`
 * @returns {RunArguments}
 */
function parseRun(words) {
  // Without a prototype, `__proto__` is a name like any other.
  const [env, preopens] = [{ __proto__: null }, { __proto__: null }];
  const run = { file: undefined, args: [], env, preopens, sockets: [], maxFds: undefined, trace: undefined };
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === '--') {
      run.args = rest;
      break;
    }
    if (word.startsWith('-') && word !== '-') {
      takeOption(run, word, rest);
    } else if (run.file === undefined) {
      run.file = word;
    } else {
      // The first word that is no option begins the guest's arguments, as `--` does.
      run.args = [word, ...rest];
      break;
    }
  }
  if (run.file === undefined) throw new UsageError('run: which module? preopen run app.wasm');
  return run;
}

function takeOption(run, word, rest) {
  if (word === '--help' || word === '-h') throw new HelpWanted();
  const equals = word.indexOf('=');
  const name = equals === -1 ? word : word.slice(0, equals);
  if (Object.hasOwn(SWITCHES, name)) {
    if (equals !== -1) throw new UsageError(`run: ${name} takes no value`);
    SWITCHES[name](run);
    return;
  }
  if (!Object.hasOwn(OPTIONS, name)) {
    throw new UsageError(`run: unknown option ${name} (arguments for the program go after --)`);
  }
  const value = equals === -1 ? rest.shift() : word.slice(equals + 1);
  if (value === undefined) throw new UsageError(`run: ${name} needs a value`);
  OPTIONS[name](run, value);
}

/** `HOST::GUEST`, `HOST::GUEST:ro`, `HOST`, `HOST:ro`. */
function addDirectory(run, text) {
  const readOnly = text.endsWith(':ro');
  const mapping = readOnly ? text.slice(0, -3) : text;
  const split = mapping.indexOf('::');
  const path = split === -1 ? mapping : mapping.slice(0, split);
  const guest = split === -1 ? mapping : mapping.slice(split + 2);
  if (path === '' || guest === '') throw new UsageError(`--dir ${text}: write HOST::GUEST, or HOST alone`);
  if (Object.hasOwn(run.preopens, guest)) throw new UsageError(`--dir ${text}: ${guest} is given twice`);
  run.preopens[guest] = { path, readOnly };
}

/** `NAME=VALUE`, or `NAME` for the value that this process has. */
function addVariable(run, text) {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  if (name === '') throw new UsageError(`--env ${text}: write NAME=VALUE`);
  const value = equals === -1 ? process.env[name] : text.slice(equals + 1);
  if (value !== undefined) run.env[name] = value;
}

module.exports = { parseRun };
