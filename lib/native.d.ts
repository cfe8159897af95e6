// What the addon offers to lib/. JavaScript has validated whatever it passes.

export interface Native {
  /**
   * The adapter module's bytes. Imports `preopen.dispatch`, a function without arguments or results, and `preopen.frame`, a
   * memory of one page; exports the 46 functions by name, and `slots`, a table of two functions: the probe's, and
   * the suspender's.
   */
  adapter(): Uint8Array;
  /**
   * The bytes of a module that imports `guest.memory` and `adapter.slots`, and when it is instantiated makes that table's
   * first function answer that memory's size.
   */
  probe(shared: boolean, memory64: boolean): Uint8Array;
  /** The bytes of a module that imports `preopen.wait`, which suspends, and exports `suspend`, an adapter's second slot. */
  suspender(): Uint8Array;
  /**
   * Opens everything. Throws a plain Error with `errno`, `code`, `syscall`, and `path`: the preopen that failed.
   * `configuration.hooks` is held weakly; `dispatch` holds it.
   */
  create(
    configuration: Omit<import('./options.js').Configuration, 'stdio'> & { stdio: (number | StandardStream)[]; hooks: Hooks },
  ): Sandbox;
  /**
   * A filesystem over hooks, which it holds weakly: see `Provider` in provider/index.js. Each hook answers a number from 0 on or an
   * object, or an errno as a negative number; what it throws ends the guest.
   */
  provider(hooks: object): FileSystem;
  /** An empty filesystem in memory. */
  memory(maxBytes: number, maxInodes: number): FileSystem;
  /** A directory of the host, or a negated errno. */
  hostDirectory(path: string): FileSystem | number;
  /** An overlay over a filesystem, or over a directory of the host, or a negated errno. */
  overlay(lower: FileSystem | string, specialFiles: boolean, upper: FileSystem): FileSystem | number;
  /** The name of an errno of preview1's, such as `ENOENT`; null for none. */
  errnoName(errno: number): string | null;
  /** A stream at its end, which takes whatever is written. */
  nullStream(): StandardStream;
  /** A stream that reads a copy of these bytes. Throws where there is no memory for it. */
  bytesStream(bytes: Uint8Array): StandardStream;
  /**
   * A stream whose other side is `hook`, which is called without arguments, and held weakly. It finds in `staging` a header of
   * words (the length; an errno, for its answer; whether it moved the guest's memory; a mode) and from byte 16 on what was written;
   * or where it `reads`, as length how much there is room for, and puts bytes there and their length. One that `waits` may answer
   * EAGAIN in mode 0; in mode 1 it says whether it would, and else how many bytes there are; in mode 2 it must not.
   */
  hookStream(hook: () => void, staging: Uint8Array, reads: boolean, waits: boolean): StandardStream;
  /** What a guest writes, kept: the first `limit` bytes. What a run has it keep beyond that stops the run. */
  Capture: new (limit: number) => Capture;

  // What follows is there in the build with the engine only.

  /** How many runs go on at once: the others queue. */
  Pool?: new (limit: number) => Pool;
  /**
   * Compiles a copy of these bytes on a thread of its own; the event loop lives until then. `done` gets a sentence that says
   * why they cannot run, or the program. `cache`: a directory, or '' for none. Answers 0, or the errno, negated, where there is no
   * thread for it.
   */
  compile?(bytes: Uint8Array, options: CompileOptions, done: (refusal: string | null, program: Program | null) => void): number;
  /**
   * Starts a run: it has begun, or queues. Throws as `create` does. `configuration.trace` works as there, and a stream of
   * `hookStream` is refused.
   */
  run?(
    program: Program,
    pool: Pool,
    configuration: Omit<import('./options.js').Configuration, 'stdio'> & { stdio: (number | StandardStream)[] },
    limits: RunLimits,
    hooks: RunHooks,
  ): Run;
  /**
   * A pipe(2) between a guest and its host. Where it `reads`, the guest reads from `stream` what the host writes to `fd`, and else
   * the other way round. `fd` does not block, is not inherited, and is the caller's to close. Where there is no descriptor left,
   * the errno, negated.
   */
  pipe?(reads: boolean): { stream: StandardStream; fd: number } | number;
}

export interface Pool {
  /** How many run and how many queue. */
  load(): [running: number, queued: number];
}

export interface CompileOptions {
  compiler: 'cranelift' | 'singlepass' | 'auto';
  /** Whether it counts fuel. */
  metered: boolean;
  cache: string;
}

export interface Program {
  /** Of 'auto', these are those of the present best. */
  readonly abi: 'preview1' | 'unstable' | 'wasix';
  readonly compiler: 'cranelift' | 'singlepass';
  readonly metered: boolean;
  /** Whether it came from the cache. */
  readonly cached: boolean;
  /** The functions that it imports and that the host is to provide. */
  hostFunctions(): HostFunction[];
}

export interface HostFunction {
  module: string;
  name: string;
  params: ValueType[];
  results: ValueType[];
}

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64';

export interface RunLimits {
  /** How long it may run, ms, from its own beginning; 0 for no limit. */
  timeout: number;
  /** How many operations; -1n for no limit. */
  fuel: bigint;
  /** How large each of its memories may be, bytes; 0 for no limit. */
  maxMemory: number;
  /** How many threads it may have, the first one included. */
  maxThreads: number;
  /** Where it may connect to; nowhere without. */
  network?: string[];
}

/** What native code calls while a run lasts; it holds the object until then. */
export interface RunHooks {
  /** Once, when everything that the guest owned is released. */
  done(outcome: RunOutcome): void;
  /**
   * A function of the host's is called, by its index in `hostFunctions()`. An i64 is a bigint, here and in the answer: an array
   * of results, or a promise of one. What it throws, or what the promise rejects with, ends the guest.
   */
  call?(index: number, args: (number | bigint)[], memory: CallMemory): unknown[] | Promise<unknown[]>;
  /** A call is over, of a guest that is traced. What it throws ends the guest. */
  trace?(event: import('../index.js').TraceEvent): void;
}

/** The guest's memory, for as long as a call of a host function lasts; then its methods throw an Error. */
export interface CallMemory {
  readonly size: number;
  /** A copy. Throws a RangeError for what is outside. */
  read(ptr: number, length: number): Uint8Array;
  write(ptr: number, bytes: Uint8Array): void;
}

export interface RunOutcome {
  kind: 'exit' | 'raised' | 'trap' | 'fuel' | 'killed' | 'timeout' | 'output' | 'host' | 'refused' | 'system' | 'panic';
  /** Its exit code; the number of a signal; of 'system', an errno of preview1's. Else 0. */
  code: number;
  /** Of a 'trap', its code in a word; else ''. */
  trap: string;
  /** Of 'trap', 'refused', 'panic', a sentence; of 'system', the errno's name; else ''. */
  message: string;
  /** Of a 'trap': the innermost first. */
  frames: { name: string | null; index: number; offset: number }[];
  durationMs: number;
  /** Where it was given some. */
  fuelUsed: bigint | null;
  /** Of 'host': what the function threw, or its promise rejected with. */
  error?: unknown;
}

export interface Run {
  /** Stops it, wherever it is. The first reason counts. */
  kill(why: 'killed' | 'timeout'): void;
}

/** A stream for a guest's 0, 1 or 2. */
export interface StandardStream {
  readonly _standardStream: never;
}

export interface Capture {
  /** What a guest writes to. */
  stream(): StandardStream;
  /** How many bytes are kept, and how many were not. */
  readonly length: number;
  readonly dropped: number;
  /** Copies what is kept, as much as fits. */
  copy(into: Uint8Array): void;
  clear(): void;
}

/**
 * A filesystem of any kind. Calls answer with numbers, negative ones being errnos of preview1's, negated; paths are strings
 * or bytes, without NUL.
 */
export interface FileSystem {
  /** What native code holds weakly, and this object is to keep; one made over it (an overlay) has to keep it as well. */
  hooks?: object;
  usage(): [bytes: number, inodes: number, maxBytes: number, maxInodes: number] | null;
  populate(paths: string[], contents: (string | Uint8Array | null)[]): [errno: number, index: number] | null;
  /** What was changed in an overlay: path, kind and type of each in turn; and the errno at which it stopped, or 0. */
  changes(): { changes: string[]; errno: number; path: string };
  commit(): { changes: string[]; errno: number; path: string };
  // The others are those of node:fs, without options: see src/node/filesystem/.
  [call: string]: (...args: any[]) => any;
}

/** What native code calls while a guest runs, each with the hooks as `this`. */
export interface Hooks {
  /** All of the guest's memory. Also called between the slices of a long wait: a Worker being terminated notices there. */
  view(): Uint8Array;
  /** The guest ended: throws. */
  exit(code: number, raised: boolean): never;
  /** A call is over, of a guest that is traced. What it throws ends the guest. */
  trace(event: import('../index.js').TraceEvent): void;
  /** A call came before a memory was bound: throws. */
  notStarted(): never;
  /**
   * A call waits: for `delay` ms at most, for standard input, for a Writable. The adapter suspends the guest then. Answers the
   * function that ends the wait.
   */
  suspend(delay: number, reads: boolean, writes: boolean): () => void;
  /** The guest could not be suspended after all, and waits where it is. */
  giveUp(): void;
}

export interface Sandbox {
  /** The adapter's import; a new function at each reading. */
  readonly dispatch: () => void;
  /** Tells where the adapter's frame is. Once, before the first call. */
  attach(frame: Uint8Array): void;
  /** Has calls suspend the guest from now on. */
  suspendCalls(): void;
  /** Closes every descriptor. */
  close(): void;
  sockets(): { fd: number; address: string; port: number }[];
}

export function load(): Native;
