'use strict';
// The options of `new WASI`: from whatever a caller passes to the plain configuration that native code trusts.

const { readMaxOutput, readOutput, readStdin } = require('./stdio.js');
const {
  validateArray,
  validateBoolean,
  validateInteger,
  validateNoNul,
  validateNoOthers,
  validateObject,
  validateString,
} = require('./validate.js');
const { isFilesystem, nativeOf } = require('./mountable.js');

/** What a preopen may be. */
const MOUNTABLE =
  'a path, an instance of FileSystem, an object with the property path, file or filesystem, or one with the synchronous ' +
  'methods of node:fs or of a node:vfs provider';
/** The longest name in a directory, bytes. */
const MOST_NAME = 255;

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

/**
 * What native code needs to know of one guest; see `create` in the addon.
 * @typedef {object} Configuration
 * @property {boolean} unstable the guest speaks preview0
 * @property {string[]} args
 * @property {string[]} env `NAME=value`
 * @property {Preopen[]} preopens in the order of their descriptors, from 3
 * @property {import('./stdio.js').Standard[]} stdio 0, 1 and 2
 * @property {(number | string)[]} sockets descriptors, or addresses to listen on
 * @property {number} maxFds 0 for the default
 * @property {boolean} dotEntries
 * @property {'off' | 'stderr' | 'function'} trace
 * @property {Function} [traceFunction] what `trace` is, where it is a function
 * @property {number | undefined} maxOutput bytes that each capture keeps
 *
 * @typedef {object} Preopen
 * @property {string} guest
 * @property {string} host
 * @property {import('./native').FileSystem} [filesystem] what is mounted in place of the host's directory
 * @property {boolean} file a single file of the host's
 * @property {boolean} readOnly
 * @property {boolean} specialFiles
 */

/**
 * What holds where a guest's options say nothing, and whether its output may be a pipe to the host.
 * @typedef {{ stdio: import('./stdio.js').Standard[], dotEntries: boolean, pipes: boolean }} Defaults
 * @type {Defaults}
 */
const NODES_OWN = { stdio: [0, 1, 2], dotEntries: false, pipes: false };

/**
 * Reads and checks everything but `returnOnExit`, in the order in which `node:wasi` does: of several faults, a caller
 * sees the same one.
 * @param {unknown} options
 * @returns {Configuration}
 */
function readOptions(options) {
  validateObject(options, 'options');
  const unstable = readVersion(options.version) === 'unstable';
  return { unstable, ...readGuest(options, NODES_OWN) };
}

/**
 * The part that is the same for every way to run a guest.
 * @param {object} options
 * @param {Defaults} defaults
 * @returns {Omit<Configuration, 'unstable'>}
 */
function readGuest(options, defaults) {
  const args = readArgs(options.args);
  const env = readEnv(options.env);
  const preopens = readPreopens(options.preopens);

  const { stdin, stdout, stderr } = options;
  const stdio = [...defaults.stdio];
  if (stdin !== undefined) stdio[0] = readStdin(stdin);
  if (stdout !== undefined) stdio[1] = readOutput(stdout, 'options.stdout', 1, defaults.pipes);
  if (stderr !== undefined) stdio[2] = readOutput(stderr, 'options.stderr', 2, defaults.pipes);

  const { sockets, maxFds, dotEntries, maxOutput, trace } = options;
  if (maxFds !== undefined) validateInteger(maxFds, 'options.maxFds', 1);
  if (dotEntries !== undefined) validateBoolean(dotEntries, 'options.dotEntries');

  return {
    args,
    env,
    preopens,
    stdio,
    sockets: readSockets(sockets),
    maxFds: maxFds ?? 0,
    dotEntries: dotEntries ?? defaults.dotEntries,
    ...readTrace(trace),
    maxOutput: readMaxOutput(maxOutput),
  };
}

function readTrace(trace) {
  if (trace === undefined) return { trace: 'off' };
  if (typeof trace === 'function') return { trace: 'function', traceFunction: trace };
  if (typeof trace !== 'string') throw errors().invalidArgType('options.trace', 'of type function or string', trace);
  if (trace !== 'stderr') throw errors().invalidArgValue('options.trace', trace, "must be a function or 'stderr'");
  return { trace };
}

function readVersion(version) {
  validateString(version, 'options.version');
  if (version !== 'preview1' && version !== 'unstable') {
    throw errors().invalidArgValue('options.version', version, 'unsupported WASI version');
  }
  return version;
}

function readArgs(args) {
  if (args === undefined) return [];
  validateArray(args, 'options.args');
  const strings = [];
  // By index: a hole counts as `undefined`.
  for (let i = 0; i < args.length; i++) strings.push(untilNul(String(args[i])));
  return strings;
}

function readEnv(env) {
  const pairs = [];
  if (env === undefined) return pairs;
  validateObject(env, 'options.env');
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined) pairs.push(untilNul(`${key}=${value}`));
  }
  return pairs;
}

/** Guests receive C strings: what follows a NUL could not be seen by them. */
function untilNul(string) {
  const end = string.indexOf('\0');
  return end === -1 ? string : string.slice(0, end);
}

function readPreopens(preopens) {
  const list = [];
  if (preopens === undefined) return list;
  validateObject(preopens, 'options.preopens');
  for (const [guest, value] of Object.entries(preopens)) {
    validateNoNul(guest, 'options.preopens');
    const name = `options.preopens['${guest}']`;
    const preopen = readPreopen(guest, value, name);
    validateNoNul(preopen.host, name);
    list.push(preopen);
  }
  return list;
}

/** A filesystem of ours or of JavaScript's, options, or whatever else stands for the path of a directory. */
function readPreopen(guest, value, name) {
  const preopen = { guest, host: '', filesystem: undefined, file: false, readOnly: false, specialFiles: false };
  if (isFilesystem(value)) return { ...preopen, ...readFilesystem(guest, { filesystem: value }, name) };
  if (!isPlainObject(value)) return { ...preopen, host: String(value) };
  if (Object.hasOwn(value, 'filesystem')) return { ...preopen, ...readFilesystem(guest, value, name) };
  if (Object.hasOwn(value, 'file')) return { ...preopen, ...readFile(guest, value, name) };
  return { ...preopen, ...readDirectory(value, name) };
}

/** `{ filesystem, readOnly }`. */
function readFilesystem(guest, mounted, name) {
  const { filesystem, readOnly = false, ...unknown } = mounted;
  if (!isFilesystem(filesystem)) {
    const expected = 'an instance of FileSystem or an object with the synchronous methods of node:fs or of a node:vfs provider';
    throw errors().invalidArgType(`${name}.filesystem`, expected, filesystem);
  }
  validateBoolean(readOnly, `${name}.readOnly`);
  validateNoOthers(unknown, name, 'a preopened filesystem');
  // An error calls it by the guest's name: it has none of its own.
  return { host: guest, filesystem: nativeOf(filesystem), readOnly };
}

/** `{ path, readOnly, specialFiles }`: a directory of the host's. */
function readDirectory(directory, name) {
  const { path, readOnly = false, specialFiles = false, ...unknown } = directory;
  if (path === undefined) throw errors().invalidArgType(name, MOUNTABLE, directory);
  validateString(path, `${name}.path`);
  validateBoolean(readOnly, `${name}.readOnly`);
  validateBoolean(specialFiles, `${name}.specialFiles`);
  validateNoOthers(unknown, name, 'a preopened directory');
  return { host: path, readOnly, specialFiles };
}

/** `{ file, readOnly, specialFiles }`: a single file of the host's. */
function readFile(guest, mounted, name) {
  const { file, readOnly = false, specialFiles = false, ...unknown } = mounted;
  validateString(file, `${name}.file`);
  validateBoolean(readOnly, `${name}.readOnly`);
  validateBoolean(specialFiles, `${name}.specialFiles`);
  validateNoOthers(unknown, name, 'a preopened file');
  const last = guest.slice(guest.lastIndexOf('/') + 1);
  if (last === '' || last === '.' || last === '..' || Buffer.byteLength(last) > MOST_NAME) {
    throw errors().invalidArgValue('options.preopens', guest, 'must end in the name of the file');
  }
  return { host: file, file: true, readOnly, specialFiles };
}

/**
 * Whether an object is a record of options. Others (a Buffer, a URL, an object with its own `toString`) stand for
 * their string, as they do for `node:wasi`. Objects of another realm count too.
 */
function isPlainObject(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  return !Object.hasOwn(value, 'toString') && !Object.hasOwn(value, Symbol.toPrimitive);
}

function readSockets(sockets) {
  if (sockets === undefined) return [];
  validateArray(sockets, 'options.sockets');
  return Array.from(sockets, (socket, index) => readSocket(socket, `options.sockets[${index}]`));
}

/** A descriptor (`3`, `{ fd: 3 }`) or an address to listen on (`'127.0.0.1:80'`, `{ address, port }`). */
function readSocket(socket, name) {
  if (typeof socket === 'string') return readAddress(socket, name);
  if (typeof socket === 'number') {
    validateInteger(socket, name);
    return socket;
  }
  if (socket === null || typeof socket !== 'object' || Array.isArray(socket)) {
    throw errors().invalidArgType(name, 'of type number, string or object', socket);
  }
  const { fd, address, port } = socket;
  if (fd !== undefined) {
    validateInteger(fd, `${name}.fd`);
    return fd;
  }
  validateString(address, `${name}.address`);
  validateInteger(port, `${name}.port`, 0, 65535);
  return readAddress(`${address.includes(':') ? `[${address}]` : address}:${port}`, name);
}

/** Addresses are numbers, so that no name service is asked; `localhost` is 127.0.0.1. */
function readAddress(text, name) {
  const { isIPv4, isIPv6 } = require('node:net');
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (match !== null && Number(match[3]) <= 65535) {
    const [, v6, v4, port] = match;
    const host = v4 === 'localhost' ? '127.0.0.1' : v4;
    if (v6 !== undefined && isIPv6(v6)) return `[${v6}]:${Number(port)}`;
    if (host !== undefined && isIPv4(host)) return `${host}:${Number(port)}`;
  }
  throw errors().invalidArgValue(name, text, "must be an IP address and a port, as in '127.0.0.1:8080' or '[::1]:8080'");
}

module.exports = { readAddress, readGuest, readOptions, readVersion };
