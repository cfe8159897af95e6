// What the addon offers to lib/. JavaScript has validated whatever it passes.

export interface Native {
  /**
   * The adapter module's bytes. Imports `preopen.dispatch`, a function without arguments or results, and `preopen.frame`, a
   * memory of one page; exports the 46 functions by name, and `memory_size`, a table of one function.
   */
  adapter(): Uint8Array;
  /**
   * The bytes of a module that imports `guest.memory` and `adapter.memory_size`, and when it is instantiated makes that
   * table's function answer that memory's size.
   */
  probe(shared: boolean, memory64: boolean): Uint8Array;
  /**
   * Opens everything. Throws a plain Error with `errno`, `code`, `syscall`, and `path`: the preopen that failed.
   * `configuration.hooks` is held weakly; `dispatch` holds it.
   */
  create(configuration: import('./options.js').Configuration & { hooks: Hooks }): Sandbox;
  /** An empty filesystem in memory. */
  memory(maxBytes: number, maxInodes: number): FileSystem;
  /** A directory of the host, or a negated errno. */
  hostDirectory(path: string): FileSystem | number;
  /** The name of an errno of preview1's, such as `ENOENT`; null for none. */
  errnoName(errno: number): string | null;
}

/**
 * A filesystem of any kind. Calls answer with numbers, negative ones being errnos of preview1's, negated; paths are strings
 * or bytes, without NUL.
 */
export interface FileSystem {
  usage(): [bytes: number, inodes: number, maxBytes: number, maxInodes: number] | null;
  populate(paths: string[], contents: (string | Uint8Array | null)[]): [errno: number, index: number] | null;
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
}

export interface Sandbox {
  /** The adapter's import; a new function at each reading. */
  readonly dispatch: () => void;
  /** Tells where the adapter's frame is. Once, before the first call. */
  attach(frame: Uint8Array): void;
  /** Closes every descriptor. */
  close(): void;
  sockets(): { fd: number; address: string; port: number }[];
}

export function load(): Native;
