'use strict';
// Errors as Node makes them: the class of the language, an own `code`, the code in the first line of the stack.

const { slice } = String.prototype;
const apply = Reflect.apply;

/** The longest string that "Received …" quotes whole, in UTF-16 units: Node's own limit. */
const QUOTED = 28;

/**
 * Derives from `Base` the class whose instances print as `TypeError [ERR_…]: …` and still answer `TypeError` when
 * asked for their constructor, which is what callers of Node's own API compare with.
 * @template {ErrorConstructor} B
 * @param {B} Base
 */
function coded(Base) {
  return class NodeError extends Base {
    /**
     * @param {string} code
     * @param {string} message
     */
    constructor(code, message) {
      super(message);
      // The engine writes the name into the stack when it captures it, so the name carries the code just for that.
      Object.defineProperty(this, 'name', { value: `${Base.name} [${code}]`, configurable: true });
      Error.captureStackTrace?.(this, new.target);
      void this.stack;
      delete this.name;
      this.code = code;
    }

    get ['constructor']() {
      return Base;
    }

    toString() {
      return `${this.name} [${this.code}]: ${this.message}`;
    }
  };
}

const CodedError = coded(Error);
const CodedTypeError = coded(TypeError);
const CodedRangeError = coded(RangeError);

/** `argument` for a name that stands alone, `property` for one behind a dot. */
const kindOf = (name) => (name.includes('.') ? 'property' : 'argument');

/**
 * What Node writes after "Received".
 * @param {unknown} value
 * @returns {string}
 */
function received(value) {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case 'function':
      return `function ${value.name}`;
    case 'object': {
      const name = value.constructor?.name;
      return typeof name === 'string' && name !== '' ? `an instance of ${name}` : inspect(value, { depth: -1 });
    }
    case 'string': {
      const short = value.length > QUOTED ? `${apply(slice, value, [0, QUOTED - 3])}...` : value;
      return `type string (${short.includes("'") ? JSON.stringify(short) : `'${short}'`})`;
    }
    case 'bigint':
      return `type bigint (${value}n)`;
    case 'number':
      return `type number (${Object.is(value, -0) ? '-0' : value})`;
    default:
      return `type ${typeof value} (${String(value)})`;
  }
}

/** `node:util` costs a load of its own, and only a failure needs it. */
function inspect(value, options) {
  return require('node:util').inspect(value, options);
}

/** `4294967297` as `4_294_967_297`. */
function grouped(integer) {
  return String(integer).replace(/\B(?=(\d{3})+$)/g, '_');
}

/**
 * ERR_INVALID_ARG_TYPE.
 * @param {string} name the argument, or the property with its path
 * @param {string} expected what follows "must be", as in `of type string`
 * @param {unknown} value what was received
 */
function invalidArgType(name, expected, value) {
  const message = `The "${name}" ${kindOf(name)} must be ${expected}. Received ${received(value)}`;
  return new CodedTypeError('ERR_INVALID_ARG_TYPE', message);
}

/**
 * ERR_INVALID_ARG_VALUE.
 * @param {string} name
 * @param {unknown} value
 * @param {string} reason
 */
function invalidArgValue(name, value, reason) {
  const text = inspect(value);
  const short = text.length > 128 ? `${text.slice(0, 128)}...` : text;
  const message = `The ${kindOf(name)} '${name}' ${reason}. Received ${short}`;
  return new CodedTypeError('ERR_INVALID_ARG_VALUE', message);
}

/**
 * ERR_OUT_OF_RANGE.
 * @param {string} name
 * @param {string} range what follows "It must be"
 * @param {number} value
 */
function outOfRange(name, range, value) {
  const text = Number.isInteger(value) && Math.abs(value) > 2 ** 32 ? grouped(value) : inspect(value);
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${text}`;
  return new CodedRangeError('ERR_OUT_OF_RANGE', message);
}

/** The instance was bound to a guest before. */
function alreadyStarted() {
  return new CodedError('ERR_WASI_ALREADY_STARTED', 'WASI instance has already started');
}

// The next three come from native code in Node: an own `code`, and no code in the stack.

/** A guest called before a memory was bound. */
function notStarted() {
  return Object.assign(new Error('wasi.start() has not been called'), { code: 'ERR_WASI_NOT_STARTED' });
}

/** What was given as the guest's memory is none. */
function notAMemory() {
  const message = '"instance.exports.memory" property must be a WebAssembly.Memory object';
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

/** Node's permission model is on, and does not allow WASI. */
function accessDenied() {
  const message = 'Access to this API has been restricted. Use --allow-wasi to manage permissions.';
  return Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED', permission: 'WASI', resource: '' });
}

/**
 * What came for a standard input is no chunk.
 * @param {unknown} value
 * @param {string} source what gave it
 */
function notAChunk(value, source) {
  const later = typeof value?.then === 'function' ? ' A guest on this thread cannot wait for a promise.' : '';
  return new CodedTypeError(
    'ERR_INVALID_RETURN_VALUE',
    `Expected a string, Uint8Array, null or undefined to be ${source} but got ${received(value)}.${later}`,
  );
}

/** The function behind a standard input has returned nothing but empty chunks for too long. */
function emptyChunks(count) {
  return new CodedError(
    'ERR_INVALID_RETURN_VALUE',
    `The "options.stdin" function returned ${count} empty chunks in a row. It returns null at the end.`,
  );
}

/** A guest that does not leave the thread was to read what comes through the event loop. */
function needsEventLoop() {
  return new CodedError(
    'ERR_PREOPEN_NEEDS_EVENT_LOOP',
    `options.stdin is a stream, and the guest was to run on the thread whose event loop brings its bytes: the guest would ` +
      'wait for them for ever. Use `await wasi.startAsync(instance)`, which lets the event loop go on (run() will take the guest ' +
      "off the thread), or read the stream first: `stdin: await require('node:stream/consumers').buffer(stream)`.",
  );
}

/** A Readable was destroyed before its end, without an error. As Node's own. */
function prematureClose() {
  return new CodedError('ERR_STREAM_PREMATURE_CLOSE', 'Premature close');
}

/** This JavaScript engine cannot suspend WebAssembly. */
function noSuspending() {
  const { bun, deno, node } = process.versions;
  const here = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  return new CodedError(
    'ERR_PREOPEN_NO_JSPI',
    `A guest can wait without its thread only where JavaScript Promise Integration is, which ${here} has not. Node has it ` +
      'from 24.20 on, and from 24.0 on with --experimental-wasm-jspi; Bun 1.4 and Deno 2.9 have it. Elsewhere use start() ' +
      'in a Worker.',
  );
}

/**
 * ERR_PREOPEN_NO_BINARY: the addon cannot be loaded here.
 * @param {string} message
 * @param {unknown} [cause]
 */
function noBinary(message, cause) {
  const error = new CodedError('ERR_PREOPEN_NO_BINARY', message);
  if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true });
  return error;
}

/** ERR_PREOPEN_NO_ENGINE: the addon that is loaded cannot run guests off this thread. */
function noEngine() {
  const { version } = require('../package.json');
  return new CodedError(
    'ERR_PREOPEN_NO_ENGINE',
    'run(), spawn(), compile() and Pool need the engine, which is a package of its own: install it with ' +
      `\`npm install @preopen/engine@${version}\`.`,
  );
}

module.exports = {
  CodedError,
  CodedTypeError,
  accessDenied,
  alreadyStarted,
  emptyChunks,
  invalidArgType,
  invalidArgValue,
  needsEventLoop,
  noBinary,
  noEngine,
  noSuspending,
  notAChunk,
  notAMemory,
  notStarted,
  outOfRange,
  prematureClose,
};
