/// <reference lib="esnext.disposable" />

/**
 * WASI for Node.js: runs WebAssembly programs that were built for WASI preview1 (or preview0), each in a sandbox of its
 * own. `WASI` has the shape of `node:wasi`'s class, so one import line is all that changes:
 *
 * ```js
 * import { readFile } from 'node:fs/promises';
 * import { WASI } from 'preopen';
 *
 * const wasi = new WASI({ version: 'preview1', args: ['app'], preopens: { '/data': './data' } });
 * const module = await WebAssembly.compile(await readFile('app.wasm'));
 * const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
 * process.exitCode = wasi.start(instance);
 * ```
 *
 * @module preopen
 */

/**
 * A host directory that a guest may use, with permissions. The plain string `'./data'` is short for
 * `{ path: './data' }`.
 */
export interface PreopenedDirectory {
  /**
   * The directory on the host, absolute or relative to the working directory. It is opened once, by `new WASI`, and
   * kept by handle: renaming it later does not move the guest elsewhere. Symbolic links in this path are followed;
   * links inside the directory never lead out of it.
   */
  path: string;
  /**
   * Refuses every change: what would write, create, remove, rename or set times answers `ROFS` (69).
   * @default false
   */
  readOnly?: boolean | undefined;
  /**
   * Lets the guest open FIFOs, devices and sockets that lie in the directory. Opening one can block, or act on
   * hardware.
   * @default false
   */
  specialFiles?: boolean | undefined;
}

/**
 * A TCP socket that a guest finds open: a descriptor of the host (listening or connected), or an address on which
 * `new WASI` starts to listen. Addresses are numbers (`'127.0.0.1:8080'`, `'[::1]:8080'`; `'localhost:8080'` means
 * 127.0.0.1); port 0 lets the system choose, see {@link WASI.sockets}.
 */
export type PreopenedSocket = number | string | { fd: number } | { address: string; port: number };

/**
 * What a guest can be given to read:
 *
 * - a number: a descriptor of the host. `'inherit'` is 0, `'ignore'` is at its end at once;
 * - any other string: its content, as UTF-8. A text that somebody else chose may be one of those two words: pass it as bytes
 *   (`Buffer.from(text)`);
 * - bytes: any view or buffer, copied by `new WASI`;
 * - a function, called each time the guest reads and nothing is left: it returns the next chunk, or null or undefined at the
 *   end, after which it is not called again. What the guest has no room for is kept for its next read. An empty chunk is no
 *   end: the function is called again (a thousand of them in a row are an error). What it throws ends the guest;
 * - a Readable, or anything else that is an async iterable of chunks, for {@link WASI.startAsync}: its bytes come through the event
 *   loop, which a guest that was started by {@link WASI.start} holds up. So `start()`, `initialize()` and `finalizeBindings()` throw
 *   `ERR_PREOPEN_NEEDS_EVENT_LOOP`. Chunks are fetched when the guest wants them. An error of the source, or its destruction before
 *   its end (`ERR_STREAM_PREMATURE_CLOSE`), ends the guest. When the guest is gone, what it did not read is put back into a
 *   Readable of Node's, which is paused and not destroyed.
 *
 * The guest sees a pipe: no terminal, and nothing to seek in.
 */
export type StandardInput = number | string | ArrayBufferView | ArrayBufferLike | (() => Chunk | null | undefined) | AsyncIterable<Chunk> | ReadableLike;

/** Bytes, or a text that stands for its UTF-8. */
export type Chunk = string | ArrayBufferView | ArrayBufferLike;

/**
 * Where a guest can write to:
 *
 * - a number: a descriptor of the host. `'inherit'` is the one of the same number; `'ignore'` takes everything;
 * - `'capture'`: kept in memory, up to {@link WASIOptions.maxOutput}, see {@link WASI.stdout};
 * - a {@link CapturedOutput}: the same, with a limit of its own, and shared by whoever gets it;
 * - a function, called with each write before the guest's call returns. The chunk is its own to keep. A list of ranges is one
 *   chunk, and more than 1 MiB comes in pieces. What it throws ends the guest, and reaches the caller of {@link WASI.start}
 *   unchanged; what it returns is ignored, a promise too. It may do what it likes with the guest, also call its exports, make
 *   its memory grow, or close it;
 * - a Writable (anything with `write()` and events). It keeps what it cannot pass on at once, however much that is: while a guest
 *   of {@link WASI.start} runs, no event tells anybody to stop. One of {@link WASI.startAsync} waits for 'drain' before it writes
 *   to a Writable that is full. Once it has ended or was destroyed, the guest's writes answer `PIPE` (64), and
 *   once it has failed, `IO` (29). It is not ended with the guest.
 *
 * The guest sees a pipe: no terminal, and nothing to seek in.
 */
export type StandardOutput = number | 'inherit' | 'ignore' | 'capture' | CapturedOutput | ((chunk: Uint8Array) => unknown) | WritableLike;

/** The part of a Node Writable that is used. */
export interface WritableLike {
  write(chunk: Uint8Array): unknown;
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** The part of a Node Readable by which it is known. */
export interface ReadableLike {
  read(size?: number): unknown;
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** The options of {@link CapturedOutput}. */
export interface CapturedOutputOptions {
  /**
   * How many bytes are kept: an integer from 0 on, or Infinity.
   * @default 16777216 (16 MiB)
   */
  limit?: number | undefined;
}

/**
 * What guests wrote, kept in memory in the order of their writes. Given to both `stdout` and `stderr`, or to several guests,
 * it has all of it in one order. It may be asked at any time, also after its guests have ended, trapped or thrown, and takes
 * as much memory as was written, not as its limit allows.
 */
export class CapturedOutput {
  /**
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`: the limit is negative, or no integer.
   */
  constructor(options?: CapturedOutputOptions);

  /** How many bytes are kept at most. */
  readonly limit: number;
  /** How many bytes are kept now. */
  readonly length: number;
  /** Whether something was dropped. What is kept is the beginning: after the first byte that was dropped, all are. */
  readonly truncated: boolean;
  /** How many bytes were dropped: past the limit, or because the host has no more memory. */
  readonly dropped: number;

  /** A copy of the bytes that are kept. */
  bytes(): Uint8Array;

  /**
   * The same as text. What is not UTF-8, also a character of which the limit cut a part, is U+FFFD; nothing is taken away.
   *
   * @throws {Error} `ERR_STRING_TOO_LONG`: it is more than a string can hold (512 MiB), as only a higher limit allows.
   */
  text(): string;

  /** Forgets everything, also what was dropped. The limit counts from here. */
  clear(): void;
}

/** The options of {@link WASI}. What `node:wasi` knows has the same name, meaning and default. */
export interface WASIOptions {
  /**
   * Which WASI the guest imports: `'preview1'` (module `wasi_snapshot_preview1`), or `'unstable'` for preview0
   * (module `wasi_unstable`), whose own layouts of `fd_seek`, file status and subscriptions are spoken then.
   */
  version: 'preview1' | 'unstable';
  /**
   * The guest's `argv`; the first is by custom the program's name. Each is turned into a string, encoded as UTF-8, and
   * ends at its first NUL.
   * @default []
   */
  args?: readonly string[] | undefined;
  /**
   * The guest's environment. Entries whose value is `undefined` are left out. Nothing of the host's is passed on
   * unless it is named here.
   * @default {}
   */
  env?: object | undefined;
  /**
   * The directories that the guest may use: its own names for them, and where they are on the host. They take the
   * descriptors from 3 on, in the order of the object's keys (those that look like integers come first). Nothing
   * outside them can be reached.
   * @default {}
   */
  preopens?: { [guestPath: string]: string | PreopenedDirectory | undefined } | undefined;
  /**
   * What the guest reads from 0. A number is a descriptor of the host, which is duplicated: what the guest closes is its
   * own. See {@link StandardInput}; all but numbers are not in `node:wasi`.
   * @default 0
   */
  stdin?: StandardInput | undefined;
  /**
   * Where goes what the guest writes to 1. A number is a descriptor of the host, which is duplicated. See
   * {@link StandardOutput}; all but numbers are not in `node:wasi`.
   * @default 1
   */
  stdout?: StandardOutput | undefined;
  /**
   * The same for 2. It may be the same function, stream or {@link CapturedOutput} as `stdout`: the order of the writes is
   * kept.
   * @default 2
   */
  stderr?: StandardOutput | undefined;
  /**
   * How many bytes each `'capture'` keeps: an integer from 0 on, or Infinity. What is written past it is dropped, and
   * {@link CapturedOutput.truncated} says so; the guest does not notice. Not in `node:wasi`.
   * @default 16777216 (16 MiB)
   */
  maxOutput?: number | undefined;
  /**
   * What `proc_exit` does. `true`: the guest ends, and {@link WASI.start} returns the code. `false`: the process ends
   * with that code at once, without 'exit' event; in a Worker, that Worker does.
   * @default true
   */
  returnOnExit?: boolean | undefined;
  /**
   * TCP sockets that the guest finds open, on the descriptors after those of `preopens`. Not in `node:wasi`.
   * @default []
   */
  sockets?: readonly PreopenedSocket[] | undefined;
  /**
   * How many descriptors the guest may hold at a time, standard streams and preopens included; past it, opening
   * answers `MFILE` (33). From 1 to 2147483647. Not in `node:wasi`.
   * @default 1024, or half of what the host process may hold (RLIMIT_NOFILE), where that is less
   */
  maxFds?: number | undefined;
  /**
   * Whether `fd_readdir` lists `.` and `..`. Not in `node:wasi`, which leaves them out.
   * @default false
   */
  dotEntries?: boolean | undefined;
  /**
   * Tells each call of the guest when it is over, with its arguments decoded, as strace(1) does. `'stderr'`: a line on this
   * process's standard error, written in one piece. A function: it gets a {@link TraceEvent}; what it throws ends the guest,
   * and reaches whoever called it. It may use the guest's exports: calls made meanwhile are not told. A guest without it
   * pays nothing for it. Not in `node:wasi`.
   */
  trace?: 'stderr' | ((event: TraceEvent) => void) | undefined;
}

/**
 * An argument or a result of a call: a number for what has 32 bits in WASI, a bigint for what has 64 (but rights), a string for
 * texts and for what the specification names (`'SET'`, `'REGULAR_FILE'`), a list of names for flags and rights (`'CREAT'`;
 * bits without a name are hexadecimal, `'0x40'`), an object for structures and a list for lists, of which the first 16 are
 * there.
 */
export type TraceValue = number | bigint | string | TraceData | TraceAddress | TraceValue[] | { [name: string]: TraceValue };

/** Bytes that a guest handed over or got. */
export interface TraceData {
  /** The first of them, 32 at most: a copy. */
  data: Uint8Array;
  /** How many there are. */
  total: number;
}

/** In place of what should be in memory: where the guest said it is, outside of its memory. */
export interface TraceAddress {
  address: number;
}

/** One call of a guest, see {@link WASIOptions.trace}. */
export interface TraceEvent {
  /** The specification's name: `'path_open'`. */
  name: string;
  /**
   * What the guest passed, by the specification's names of the parameters. An address and the length that belongs to it are
   * one: `path` is the text, `iovs` the data, or how many bytes there is room for. Where results go is left out.
   */
  args: { [parameter: string]: TraceValue };
  /** `'SUCCESS'`, the errno's POSIX name (`'ENOENT'`), or `null` where the call did not return: it ended the guest. */
  errno: string | null;
  /** What the guest got, by the names of the parameters that say where it goes; empty unless `errno` is `'SUCCESS'`. */
  result: { [parameter: string]: TraceValue };
  /** How long it took, milliseconds. */
  duration: number;
  /** The line: `fd_write(1, ["hello\n"], 6) = SUCCESS (6) <0.000004312>`; 4,095 bytes at most, without controls. */
  text: string;
}

/** A preopened TCP socket, as {@link WASI.sockets} tells it. */
export interface SocketInfo {
  /** The guest's descriptor. */
  fd: number;
  /** The local IP address. */
  address: string;
  /** The local port: the one that the system chose, where 0 was asked for. */
  port: number;
}

/** The second argument of {@link WASI.finalizeBindings}. */
export interface FinalizeBindingsOptions {
  /**
   * The guest's memory, for modules that import it.
   * @default instance.exports.memory
   */
  memory?: object | undefined;
}

/**
 * One guest: its arguments, environment, descriptors and sandbox. Make one for each instance of a program.
 *
 * Guests run on the calling thread: {@link WASI.start} returns when the program has ended. Programs that wait for long can be
 * run by {@link WASI.startAsync}, or in a Worker; `worker.terminate()` ends them, also while they wait.
 */
export class WASI {
  /**
   * Opens the preopens and standard streams of a guest.
   *
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option is not what it should be.
   * @throws {RangeError} `ERR_OUT_OF_RANGE`: a number is too small, too large, or no integer.
   * @throws {Error} `UVWASI_ENOENT`, `UVWASI_ENOTDIR`, `UVWASI_EACCES`, … (properties `code`, `errno`: the WASI errno,
   *   `syscall`: `'uvwasi_init'`, `path`: the preopen): a directory cannot be opened. `UVWASI_EADDRINUSE`, …
   *   (`address`): a socket cannot listen. `UVWASI_EBADF`: a standard stream is not open. The names are those of `node:wasi`.
   * @throws {Error} `ERR_ACCESS_DENIED`: Node's permission model is on, without `--allow-wasi`. Loading the addon needs
   *   `--allow-addons`, too.
   */
  constructor(options?: WASIOptions);

  /**
   * The 46 functions of WASI, for an import object of one's own; most callers want {@link WASI.getImportObject}.
   * They may be replaced or wrapped. Each answers an errno; arguments are converted as WebAssembly converts them.
   *
   * @throws {Error} `ERR_WASI_NOT_STARTED`, when called before a memory was bound.
   */
  readonly wasiImport: { [name: string]: any };

  /**
   * The import object for `WebAssembly.instantiate`: `wasi_snapshot_preview1`, or for preview0 `wasi_unstable`, with
   * {@link WASI.wasiImport}. Each call makes a fresh object, to which imports of one's own can be added.
   */
  getImportObject(): object;

  /**
   * Runs a command: binds its memory, calls `_start`, and returns when it has ended.
   *
   * After `proc_exit` the guest is gone, and its descriptors are released. After a plain return they are kept, because
   * its exports may still be called: see {@link WASI.close}.
   *
   * @param instance an instance that exports `memory` and `_start`, and not `_initialize`
   * @returns what the guest passed to `proc_exit` (as a signed number), or 0; 128 and the signal's number after
   *   `proc_raise`
   * @throws {Error} `ERR_WASI_ALREADY_STARTED`: the object serves one instance only.
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`: exports are missing, or there are too many.
   * @throws {Error} `ERR_PREOPEN_NEEDS_EVENT_LOOP`: `options.stdin` is a Readable.
   * @throws {WebAssembly.RuntimeError} the guest trapped. Whatever else the guest's imports throw passes through, too.
   */
  start(instance: object): number;

  /**
   * Runs a command as {@link WASI.start} does, but without holding up the event loop while it waits: what blocks (`poll_oneoff`,
   * reads and writes of pipes, sockets and terminals, `sock_accept`, a Readable as `options.stdin`, a Writable that is full)
   * suspends the guest, and timers, I/O and other guests go on. It computes on the calling thread, as ever.
   *
   * Needs JavaScript Promise Integration: Node 24.20 or later (24.0 and later with `--experimental-wasm-jspi`), Bun 1.4, Deno 2.9.
   *
   * While the guest is suspended its exports may be called, and its memory used. From then on, `WebAssembly.promising(exported)`
   * makes an export one that can be suspended; one that is called plainly, or from a function of JavaScript that the guest
   * called, waits where it is, and answers `DEADLK` (16) where it would wait for a Readable. {@link WASI.close} ends waits for
   * descriptors: the calls answer `BADF`.
   *
   * @param instance an instance that exports `memory` and `_start`, a function of WebAssembly, and not `_initialize`
   * @returns a promise of what {@link WASI.start} returns. What that throws rejects it.
   * @throws {Error} `ERR_PREOPEN_NO_JSPI` (rejects): there is no such thing in this runtime. The guest can still be started by
   *   {@link WASI.start}.
   */
  startAsync(instance: object): Promise<number>;

  /**
   * Prepares a reactor: binds its memory and calls `_initialize`, if it has one. Its exports can be called then.
   *
   * @param instance an instance that exports `memory`, perhaps `_initialize`, and not `_start`
   * @throws {Error} `ERR_WASI_ALREADY_STARTED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  initialize(instance: object): void;

  /**
   * Prepares a reactor as {@link WASI.initialize} does. `_initialize` can be suspended, and so can the exports that are called by
   * way of `WebAssembly.promising`; see {@link WASI.startAsync}.
   *
   * @param instance an instance that exports `memory`, perhaps `_initialize`, and not `_start`
   * @throws {Error} `ERR_PREOPEN_NO_JSPI`, and what {@link WASI.initialize} throws (rejects)
   */
  initializeAsync(instance: object): Promise<void>;

  /**
   * Binds a guest's memory, and calls nothing: for modules that import their memory, threads, and hosts that call
   * exports themselves. {@link WASI.start} and {@link WASI.initialize} go through this method, so that a subclass may
   * override it.
   *
   * @param instance the guest
   * @param options `memory`, where the instance does not export it under that name
   * @throws {Error} `ERR_WASI_ALREADY_STARTED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`: the memory is no `WebAssembly.Memory`.
   */
  finalizeBindings(instance: object, options?: FinalizeBindingsOptions): void;

  /**
   * Releases every descriptor of the guest: close(2). Calls that need one answer `BADF` (8) from then on. Closing again
   * does nothing. Without it, garbage collection does the same, at a time that nobody knows.
   */
  close(): void;

  /** What the guest wrote to 1, where `options.stdout` is `'capture'` or a {@link CapturedOutput}. */
  readonly stdout: CapturedOutput | undefined;

  /** What the guest wrote to 2, where `options.stderr` is `'capture'` or a {@link CapturedOutput}. */
  readonly stderr: CapturedOutput | undefined;

  /** The sockets of `options.sockets`, with the ports that the system chose: getsockname(2). */
  readonly sockets: SocketInfo[];

  /** {@link WASI.close}, for `using wasi = new WASI(…)`. */
  [Symbol.dispose](): void;
}
