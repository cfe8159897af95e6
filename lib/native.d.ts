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
