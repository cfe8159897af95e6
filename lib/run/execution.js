'use strict';
// One run, from its module to its result.

const { engine } = require('./engine.js');
const { aborted, badModule, internal, invalidArgValue, noRoom } = require('./errors.js');
const { hostCalls } = require('./host.js');
const { compileProgram, programOf } = require('./module.js');
const { readRun } = require('./options.js');
const { readSource } = require('./source.js');
const { WasiTrap } = require('./trap.js');
const { capture, openStandard, pipe } = require('../stdio.js');

/** How a run ends that is not at fault: the kind of its outcome, and what its result gives as the reason. */
const REASONS = { exit: 'exit', raised: 'signal', timeout: 'timeout', killed: 'killed', fuel: 'fuel', output: 'output' };

/**
 * @typedef {object} Result
 * @property {number | null} exitCode
 * @property {string | Buffer} stdout
 * @property {string | Buffer} stderr
 * @property {number} durationMs
 * @property {bigint | undefined} fuelUsed
 * @property {string} reason
 */

class Execution {
  // What the makers of standard streams want of a guest, in ../stdio.js and streams.js.
  streams = require('./streams.js');
  /** The captures behind 1 and 2, by descriptor. */
  captured = [];
  /** The host's ends of pipes that spawn() gives out, by descriptor. */
  pipes = [null, null, null];

  /** @type {Promise<Result>} */
  settled;

  #settings;
  #native;
  #pool;
  /** What the standard streams are, as they were asked for. */
  #standard;
  /** @type {import('../native').Run | undefined} */
  #run;
  /** What it is rejected with, whatever the guest itself comes to. */
  #failed;
  /** Whether it is over: nothing begins, and nothing counts any more. */
  #over = false;
  #sockets = [];
  #deliveries = [];
  #ends = [];
  #resolve;
  #reject;
  /** Ends the wait for output that nobody takes. */
  #abandon = () => {};

  /**
   * Throws what the caller is to blame for. Nothing has begun then.
   * @param {import('../native').Pool} pool
   * @param {unknown} module
   * @param {unknown} options
   * @param {boolean} spawned
   */
  constructor(pool, module, options, spawned) {
    this.#native = engine();
    const program = programOf(module);
    const source = program ?? readSource(module);
    const settings = readRun(options, spawned, program !== undefined);
    const { configuration, signal } = settings;
    this.#pool = pool;
    this.#settings = settings;
    this.maxOutput = configuration.maxOutput;
    this.#standard = configuration.stdio;
    // Whoever spawns a guest gets these at once; the others are opened when it begins.
    try {
      configuration.stdio = this.#standard.map((stream, number) => (stream === pipe ? stream(this, number) : stream));
    } catch (error) {
      // There is no descriptor for another one, and nobody gets those that there are.
      for (const socket of this.pipes) socket?.destroy();
      throw error;
    }
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal?.aborted) {
      this.fail(aborted(signal.reason));
    } else if (signal !== undefined) {
      const abort = () => this.fail(aborted(signal.reason));
      signal.addEventListener('abort', abort, { once: true });
      this.atEnd(() => signal.removeEventListener('abort', abort));
    }
    if (!this.#over) this.#begin(program, source);
  }

  async #begin(program, source) {
    try {
      program ??= await compileProgram(this.#native, source, this.#settings.compile);
      if (!this.#over) this.#start(program);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {import('../native').Program} program */
  #start(program) {
    const { configuration, limits, version, imports } = this.#settings;
    checkProgram(program, version, limits.fuel);
    const call = hostCalls(program.hostFunctions(), imports);
    const { traceFunction } = configuration;
    configuration.unstable = program.abi === 'unstable';
    // A stream may end a run that has not begun.
    configuration.stdio = openStandard(this, configuration.stdio);
    this.#run = this.#native.run(program, this.#pool, configuration, limits, {
      done: (outcome) => this.#done(outcome),
      // Native code asks whether they are there.
      ...(call && { call }),
      ...(traceFunction && { trace: (event) => traceFunction(event) }),
    });
    if (this.#failed !== undefined) this.#run.kill('killed');
  }

  /** Stops the guest, which then ends as `killed`. */
  kill() {
    if (this.#over) return;
    if (this.#run !== undefined) this.#run.kill('killed');
    else this.#settle({ kind: 'killed', durationMs: 0, fuelUsed: null });
  }

  /** Stops the guest; the first error is what the run is rejected with. Nobody waits any more for those who take its output. */
  fail(error) {
    if (this.#over) return;
    this.#failed ??= { error };
    this.#abandon();
    this.kill();
  }

  /** Has `release` called when the guest is gone. */
  atEnd(release) {
    this.#ends.push(release);
  }

  /**
   * The run ends only after this delivery of its output.
   * @param {import('node:net').Socket} socket
   * @param {Promise<void>} delivery
   */
  deliver(socket, delivery) {
    this.#sockets.push(socket);
    this.#deliveries.push(delivery.catch((error) => this.fail(error)));
  }

  async #done(outcome) {
    if (this.#failed === undefined && this.#deliveries.length > 0) {
      const abandoned = new Promise((resolve) => {
        this.#abandon = resolve;
      });
      await Promise.race([Promise.all(this.#deliveries), abandoned]);
    }
    this.#settle(outcome);
  }

  #settle(outcome) {
    if (this.#over) return;
    this.#over = true;
    for (const release of this.#ends) release();
    for (const socket of this.#sockets) socket.destroy();
    this.pipes[0]?.destroy();
    // Of a guest that has run, what it wrote is still to be read. One that has not leaves nothing, and no end comes.
    if (this.#run === undefined) for (const socket of this.pipes) socket?.destroy();
    try {
      const output = { stdout: this.#output(1), stderr: this.#output(2) };
      const error = this.#failed?.error ?? errorOf(outcome);
      if (this.#failed === undefined && outcome.kind in REASONS) this.#resolve(resultOf(outcome, output));
      else this.#reject(outcome.kind === 'host' && this.#failed === undefined ? error : withOutput(error, output));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** What was captured of 1 or 2, as it was asked for. A capture of the caller's own is not ours to tell. */
  #output(number) {
    const captured = this.#standard[number] === capture ? this.captured[number] : undefined;
    const bytes = Buffer.from(captured?.bytes().buffer ?? []);
    const { encoding } = this.#settings;
    return encoding === 'buffer' ? bytes : bytes.toString(encoding);
  }
}

/** Whether a program is what its run asks for. */
function checkProgram(program, version, fuel) {
  if (version !== undefined && version !== program.abi) {
    throw invalidArgValue('options.version', version, `must be that of the module, '${program.abi}'`);
  }
  if (fuel >= 0n && !program.metered) {
    throw invalidArgValue('options.fuel', fuel, 'needs a module that counts it: compile(source, { metered: true })');
  }
}

function resultOf({ kind, code, durationMs, fuelUsed }, { stdout, stderr }) {
  const exitCode = kind === 'exit' ? code : kind === 'raised' ? 128 + code : null;
  return { exitCode, stdout, stderr, durationMs, fuelUsed: fuelUsed ?? undefined, reason: REASONS[kind] };
}

/** What a run is rejected with that came to this; undefined where it is not. */
function errorOf({ kind, code, message, trap, frames, error }) {
  switch (kind) {
    case 'trap':
      return new WasiTrap(message, { trap, frames });
    case 'host':
      return error;
    case 'refused':
      return badModule(message);
    case 'system':
      return noRoom(code);
    case 'panic':
      return internal(message);
    default:
      return undefined;
  }
}

/** What the guest wrote before, on an error of ours. */
function withOutput(error, { stdout, stderr }) {
  if (error?.code === 'ABORT_ERR' || error?.code === 'ERR_WASI_TRAP') Object.assign(error, { stdout, stderr });
  return error;
}

module.exports = { Execution };
