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
  /** What a guest writes, kept: the first `limit` bytes. */
  Capture: new (limit: number) => Capture;
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
