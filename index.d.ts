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
 * A single file of the host's, mounted under the guest's name for it. The guest's directory of it has the names that are
 * mounted there; where it is a preopen itself, or lies in one, also what that has.
 */
export interface PreopenedFile {
  /**
   * The file on the host. Symbolic links are followed by `new WASI`, and not again. What the host puts in its place later, as
   * editors do, is seen by the next open.
   */
  file: string;
  /**
   * Refuses every change of the file: `ROFS` (69). Its name can neither be removed nor moved nor given to another file in any
   * case: `BUSY` (10).
   * @default false
   */
  readOnly?: boolean | undefined;
  /**
   * Lets the file be a FIFO, a device or a socket.
   * @default false
   */
  specialFiles?: boolean | undefined;
}

/** A filesystem that a guest may use, with permissions. */
export interface PreopenedFileSystem {
  /** The filesystem. One of ours outlives the guest, and may be in the preopens of several at once. */
  filesystem: FileSystem | FileSystemProvider;
  /**
   * Refuses every change through this preopen: `ROFS` (69).
   * @default false
   */
  readOnly?: boolean | undefined;
}

/**
 * A filesystem written in JavaScript: an object with the synchronous methods of `node:fs` (`node:fs` itself, memfs), or of a
 * provider of `node:vfs`, whose `openSync` returns a handle with methods of its own. What is missing answers the guest `NOSYS`
 * (52), or `ROFS` (69) where nothing that writes is there or its `readonly` is true.
 *
 * Paths begin with a slash; none leads above `/`, and none has a link in its middle. An exception with a `code` of the
 * system's (`'ENOENT'`) is the guest's errno; any other ends the guest, and {@link WASI.start} throws it. What makes no
 * sense is `IO` (29) to the guest, a Promise a TypeError. Methods may call the guest's exports.
 */
export type FileSystemProvider = FileSystemProviderMethods &
  (Required<Pick<FileSystemProviderMethods, 'openSync'>> | Required<Pick<FileSystemProviderMethods, 'readFileSync'>>);

/** The methods of {@link FileSystemProvider}, of which it needs `openSync` or `readFileSync`. */
export interface FileSystemProviderMethods {
  /**
   * Opens a file: flags are `'r'`, `'r+'`, or `'wx+'` to create it. Returns a descriptor, or a handle with `readSync`, and
   * perhaps `writeSync`, `statSync`, `truncateSync`, `utimesSync` and `closeSync`.
   */
  openSync?(path: string, flags: string, mode?: number): any;
  closeSync?(fd: number): void;
  readSync?(fd: number, buffer: any, offset: number, length: number, position: number): number;
  /** Never begins behind the end where the file can be made longer: `fstatSync` and `ftruncateSync` come before it then. */
  writeSync?(fd: number, buffer: any, offset: number, length: number, position: number): number;
  fstatSync?(fd: number, options?: any): any;
  ftruncateSync?(fd: number, length: number): void;
  futimesSync?(fd: number, atime: number, mtime: number): void;
  fsyncSync?(fd: number): void;
  fdatasyncSync?(fd: number): void;
  /** A whole file, in place of `openSync`. */
  readFileSync?(path: string): any;
  /** What is known of a name, a link being what it is: Stats, with numbers or bigints, of which the type and the size are needed. */
  lstatSync?(path: string, options?: any): any;
  /** In place of `lstatSync`, where there are no links. */
  statSync?(path: string, options?: any): any;
  /** The entries of a directory: Dirents (`withFileTypes: true` is asked for), or names. */
  readdirSync?(path: string, options?: any): any;
  readlinkSync?(path: string): any;
  mkdirSync?(path: string): any;
  rmdirSync?(path: string): void;
  unlinkSync?(path: string): void;
  renameSync?(from: string, to: string): void;
  linkSync?(path: string, newPath: string): void;
  symlinkSync?(target: string, path: string): void;
  truncateSync?(path: string, length: number): void;
  utimesSync?(path: string, atime: number, mtime: number): void;
  lutimesSync?(path: string, atime: number, mtime: number): void;
  chmodSync?(path: string, mode: number): void;
}

/** What a guest may find open. */
export type Preopen = string | PreopenedDirectory | PreopenedFile | PreopenedFileSystem | FileSystem | FileSystemProvider;

/**
 * A TCP socket that a guest finds open: a descriptor of the host (listening or connected), or an address on which
 * `new WASI` starts to listen. Addresses are numbers (`'127.0.0.1:8080'`, `'[::1]:8080'`; `'localhost:8080'` means
 * 127.0.0.1); port 0 lets the system choose, see {@link WASI.sockets}.
 */
export type PreopenedSocket = number | string | { fd: number } | { address: string; port: number };

/**
 * What a guest can be given to read:
 *
 * - a number: a descriptor of the host;
 * - a string: its content, as UTF-8, whatever it says; an empty one is at its end at once;
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
   * outside them can be reached. One may lie within another (`/data` and `/data/tmp`): a program uses the one with the
   * longest name that fits.
   * @default {}
   */
  preopens?: { [guestPath: string]: Preopen | undefined } | undefined;
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
   * While the guest is suspended its exports may be called, and its memory used. (A program in C has one stack: a call that begins
   * while another is suspended has to end before that one goes on.) From then on, `WebAssembly.promising(exported)`
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

// The types of Node, where they are installed. Without them, what refers to them is `any`.
// @ts-ignore
type NodeFS = typeof import('node:fs');
// @ts-ignore
type NodeReadable = import('node:stream').Readable;
// @ts-ignore
type NodeWritable = import('node:stream').Writable;
// @ts-ignore
type NodeEventEmitter = import('node:events').EventEmitter;
// @ts-ignore
type NodeBuffer = import('node:buffer').Buffer;

/**
 * A filesystem that JavaScript reads and writes by the names of `node:fs`, and mounts into guests: a value of
 * {@link WASIOptions.preopens}. Each kind is a class of its own; this one cannot be made.
 *
 * Arguments, answers, errors (`code`, `syscall`, `path`, messages) and types are those of `node:fs`. `/` is the root; relative
 * paths begin there too, `..` in it stays in it, and an absolute link leads from it (for JavaScript: a guest is refused with
 * `NOTCAPABLE`, as everywhere). Functions stay with their filesystem when they are taken out of it:
 * `const { readFileSync } = filesystem`.
 *
 * Whoever takes memfs or another `fs` object takes one of these.
 */
export class FileSystem {
  protected constructor();

  /** Like `fs.accessSync`. Whether it is there; nobody owns anything, so anybody may read and write it. */
  readonly accessSync: NodeFS['accessSync'];
  /** Like `fs.appendFileSync`. */
  readonly appendFileSync: NodeFS['appendFileSync'];
  /** Like `fs.chmodSync`. Guests do not see permission bits; copies and archives keep them. */
  readonly chmodSync: NodeFS['chmodSync'];
  /** Like `fs.chownSync`. Checks its arguments, and changes nothing: there are no owners. */
  readonly chownSync: NodeFS['chownSync'];
  /** Like `fs.closeSync`. */
  readonly closeSync: NodeFS['closeSync'];
  /** Like `fs.copyFileSync`. */
  readonly copyFileSync: NodeFS['copyFileSync'];
  /** Like `fs.cpSync`. Within this filesystem. */
  readonly cpSync: NodeFS['cpSync'];
  /** Like `fs.existsSync`. */
  readonly existsSync: NodeFS['existsSync'];
  /** Like `fs.fchmodSync`. */
  readonly fchmodSync: NodeFS['fchmodSync'];
  /** Like `fs.fchownSync`. As {@link FileSystem.chownSync}. */
  readonly fchownSync: NodeFS['fchownSync'];
  /** Like `fs.fdatasyncSync`. */
  readonly fdatasyncSync: NodeFS['fdatasyncSync'];
  /** Like `fs.fstatSync`. */
  readonly fstatSync: NodeFS['fstatSync'];
  /** Like `fs.fsyncSync`. */
  readonly fsyncSync: NodeFS['fsyncSync'];
  /** Like `fs.ftruncateSync`. */
  readonly ftruncateSync: NodeFS['ftruncateSync'];
  /** Like `fs.futimesSync`. */
  readonly futimesSync: NodeFS['futimesSync'];
  /** Like `fs.lchownSync`. As {@link FileSystem.chownSync}. */
  readonly lchownSync: NodeFS['lchownSync'];
  /** Like `fs.linkSync`. */
  readonly linkSync: NodeFS['linkSync'];
  /** Like `fs.lstatSync`. */
  readonly lstatSync: NodeFS['lstatSync'];
  /** Like `fs.lutimesSync`. */
  readonly lutimesSync: NodeFS['lutimesSync'];
  /** Like `fs.mkdirSync`. */
  readonly mkdirSync: NodeFS['mkdirSync'];
  /** Like `fs.mkdtempSync`. */
  readonly mkdtempSync: NodeFS['mkdtempSync'];
  /** Like `fs.openSync`. The number of an open file; it is none of the host's descriptors, and means nothing to `node:fs`. */
  readonly openSync: NodeFS['openSync'];
  /** Like `fs.opendirSync`. The entries are those of the time of the call. */
  readonly opendirSync: NodeFS['opendirSync'];
  /** Like `fs.readSync`. */
  readonly readSync: NodeFS['readSync'];
  /** Like `fs.readFileSync`. */
  readonly readFileSync: NodeFS['readFileSync'];
  /**
   * Like `fs.readdirSync`. With `recursive`, links to directories are not followed, and `ENOMEM` says that the paths have more
   * than 1 GiB in all.
   */
  readonly readdirSync: NodeFS['readdirSync'];
  /** Like `fs.readlinkSync`. */
  readonly readlinkSync: NodeFS['readlinkSync'];
  /** Like `fs.readvSync`. */
  readonly readvSync: NodeFS['readvSync'];
  /** Like `fs.realpathSync`. */
  readonly realpathSync: NodeFS['realpathSync'];
  /** Like `fs.renameSync`. */
  readonly renameSync: NodeFS['renameSync'];
  /** Like `fs.rmSync`. */
  readonly rmSync: NodeFS['rmSync'];
  /** Like `fs.rmdirSync`. */
  readonly rmdirSync: NodeFS['rmdirSync'];
  /** Like `fs.statSync`. */
  readonly statSync: NodeFS['statSync'];
  /** Like `fs.statfsSync`. Says something of filesystems in memory only; else zeros. */
  readonly statfsSync: NodeFS['statfsSync'];
  /** Like `fs.symlinkSync`. */
  readonly symlinkSync: NodeFS['symlinkSync'];
  /** Like `fs.truncateSync`. */
  readonly truncateSync: NodeFS['truncateSync'];
  /** Like `fs.unlinkSync`. */
  readonly unlinkSync: NodeFS['unlinkSync'];
  /** Like `fs.utimesSync`. */
  readonly utimesSync: NodeFS['utimesSync'];
  /** Like `fs.writeSync`. */
  readonly writeSync: NodeFS['writeSync'];
  /** Like `fs.writeFileSync`. */
  readonly writeFileSync: NodeFS['writeFileSync'];
  /** Like `fs.writevSync`. */
  readonly writevSync: NodeFS['writevSync'];

  // With a callback, which comes in a later turn of the event loop. The work is done at once.

  /** Like `fs.access`. */
  readonly access: NodeFS['access'];
  /** Like `fs.appendFile`. */
  readonly appendFile: NodeFS['appendFile'];
  /** Like `fs.chmod`. */
  readonly chmod: NodeFS['chmod'];
  /** Like `fs.chown`. */
  readonly chown: NodeFS['chown'];
  /** Like `fs.close`. */
  readonly close: NodeFS['close'];
  /** Like `fs.copyFile`. */
  readonly copyFile: NodeFS['copyFile'];
  /** Like `fs.cp`. */
  readonly cp: NodeFS['cp'];
  /** Like `fs.exists`. */
  readonly exists: NodeFS['exists'];
  /** Like `fs.fchmod`. */
  readonly fchmod: NodeFS['fchmod'];
  /** Like `fs.fchown`. */
  readonly fchown: NodeFS['fchown'];
  /** Like `fs.fdatasync`. */
  readonly fdatasync: NodeFS['fdatasync'];
  /** Like `fs.fstat`. */
  readonly fstat: NodeFS['fstat'];
  /** Like `fs.fsync`. */
  readonly fsync: NodeFS['fsync'];
  /** Like `fs.ftruncate`. */
  readonly ftruncate: NodeFS['ftruncate'];
  /** Like `fs.futimes`. */
  readonly futimes: NodeFS['futimes'];
  /** Like `fs.lchown`. */
  readonly lchown: NodeFS['lchown'];
  /** Like `fs.link`. */
  readonly link: NodeFS['link'];
  /** Like `fs.lstat`. */
  readonly lstat: NodeFS['lstat'];
  /** Like `fs.lutimes`. */
  readonly lutimes: NodeFS['lutimes'];
  /** Like `fs.mkdir`. */
  readonly mkdir: NodeFS['mkdir'];
  /** Like `fs.mkdtemp`. */
  readonly mkdtemp: NodeFS['mkdtemp'];
  /** Like `fs.open`. */
  readonly open: NodeFS['open'];
  /** Like `fs.opendir`. */
  readonly opendir: NodeFS['opendir'];
  /** Like `fs.read`. */
  readonly read: NodeFS['read'];
  /** Like `fs.readFile`. */
  readonly readFile: NodeFS['readFile'];
  /** Like `fs.readdir`. */
  readonly readdir: NodeFS['readdir'];
  /** Like `fs.readlink`. */
  readonly readlink: NodeFS['readlink'];
  /** Like `fs.readv`. */
  readonly readv: NodeFS['readv'];
  /** Like `fs.realpath`. */
  readonly realpath: NodeFS['realpath'];
  /** Like `fs.rename`. */
  readonly rename: NodeFS['rename'];
  /** Like `fs.rm`. */
  readonly rm: NodeFS['rm'];
  /** Like `fs.rmdir`. */
  readonly rmdir: NodeFS['rmdir'];
  /** Like `fs.stat`. */
  readonly stat: NodeFS['stat'];
  /** Like `fs.statfs`. */
  readonly statfs: NodeFS['statfs'];
  /** Like `fs.symlink`. */
  readonly symlink: NodeFS['symlink'];
  /** Like `fs.truncate`. */
  readonly truncate: NodeFS['truncate'];
  /** Like `fs.unlink`. */
  readonly unlink: NodeFS['unlink'];
  /** Like `fs.utimes`. */
  readonly utimes: NodeFS['utimes'];
  /** Like `fs.write`. */
  readonly write: NodeFS['write'];
  /** Like `fs.writeFile`. */
  readonly writeFile: NodeFS['writeFile'];
  /** Like `fs.writev`. */
  readonly writev: NodeFS['writev'];

  /** Like `fs.createReadStream`: a `fs.ReadStream` over this filesystem. */
  readonly createReadStream: NodeFS['createReadStream'];
  /** Like `fs.createWriteStream`: a `fs.WriteStream` over this filesystem. */
  readonly createWriteStream: NodeFS['createWriteStream'];
  /** Like `fs.constants`. */
  readonly constants: NodeFS['constants'];
  /** Like `fs.promises`; an open file is an object with the methods of `FileHandle`. */
  readonly promises: Pick<
    NodeFS['promises'],
    | 'access' | 'appendFile' | 'chmod' | 'chown' | 'constants' | 'copyFile' | 'cp' | 'lchown' | 'link' | 'lstat'
    | 'lutimes' | 'mkdir' | 'mkdtemp' | 'open' | 'opendir' | 'readFile' | 'readdir' | 'readlink' | 'realpath'
    | 'rename' | 'rm' | 'rmdir' | 'stat' | 'statfs' | 'symlink' | 'truncate' | 'unlink' | 'utimes' | 'writeFile'
  >;

  /**
   * The files beneath `paths` (by default, all), by path; an empty directory is `null`. As in memfs: contents are decoded as
   * UTF-8, and links are left out. Archives and directories keep everything.
   *
   * @throws {RangeError} `ERR_FS_FILE_TOO_LARGE`: the files have more than 1 GiB (as Buffers, 2 GiB) in all; use
   * {@link FileSystem.toTarStream}. {Error} `ERR_STRING_TOO_LONG`: one of them is too long for a string.
   *
   * @param json an object to put them into
   * @param isRelative paths relative to those asked for
   * @param asBuffer contents as Buffers
   */
  toJSON(
    paths?: string | Uint8Array | URLLike | readonly (string | Uint8Array | URLLike)[],
    json?: object,
    isRelative?: boolean,
    asBuffer?: false,
  ): { [path: string]: string | null };
  toJSON(
    paths: string | Uint8Array | URLLike | readonly (string | Uint8Array | URLLike)[] | undefined,
    json: object | undefined,
    isRelative: boolean | undefined,
    asBuffer: true,
  ): { [path: string]: Uint8Array | null };

  /**
   * A tar archive of everything (ustar, with pax records for what that has no room for): files with their several names,
   * directories, links, permission bits, times in nanoseconds. FIFOs, sockets and devices of the host's are left out.
   *
   * @returns the archive, in a Buffer
   * @throws {RangeError} `ERR_FS_FILE_TOO_LARGE`: it is larger than 2 GiB; use {@link FileSystem.toTarStream}.
   */
  toTar(): Uint8Array;

  /** The same, bit by bit as it is read. What changes meanwhile may be in it or not. */
  toTarStream(): NodeReadable;

  /**
   * Writes everything into a directory of the host, which is made where it is missing. What is there under the name of a file or
   * link is replaced, directories are merged. Links are written as they are, and followed nowhere: nothing outside of the directory
   * is written. Permission bits are kept but for set-user-ID, set-group-ID and sticky, times to the nanosecond, holes as holes.
   *
   * @throws {Error} as `node:fs` has them, with `syscall: 'toDirectory'` and the `path` in this filesystem. `ENOTDIR`: a
   *   link or file stands where a directory is to be. What was written before stays.
   */
  toDirectory(hostPath: string | URLLike): void;
}

/** A `file:` URL. */
export interface URLLike {
  readonly href: string;
  readonly protocol: string;
}

/** How much a {@link MemoryFileSystem} may hold. Past it, writing answers `ENOSPC`, to guests `NOSPC` (51). */
export interface MemoryFileSystemOptions {
  /**
   * Bytes of files and of the targets of links. A hole takes none.
   * @default 2 ** 30
   */
  maxBytes?: number | undefined;
  /**
   * Files, directories and links, the root included, and every further name of a file.
   * @default 2 ** 20
   */
  maxInodes?: number | undefined;
}

/** What a {@link MemoryFileSystem} holds and may hold. What is removed but still open counts. */
export interface MemoryFileSystemUsage {
  bytes: number;
  inodes: number;
  maxBytes: number;
  maxInodes: number;
}

/** Options of {@link MemoryFileSystem.fromDirectory}. */
export interface FromDirectoryOptions extends MemoryFileSystemOptions {
  /**
   * Whether something is wanted; of a directory that is not, nothing is.
   * @param path absolute in the new filesystem
   * @param entry an `fs.Dirent`
   */
  filter?:
    | ((path: string, entry: { name: string; isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }) => boolean)
    | undefined;
}

/**
 * A filesystem in memory, with all that POSIX means by files: hard and symbolic links, files that are unlinked or renamed
 * while they are open, inode numbers and link counts, times in nanoseconds, sparse files.
 *
 * ```js
 * const memory = new MemoryFileSystem({ '/in/a.txt': 'text', '/bin/x': bytes, '/out/': null });
 * const wasi = new WASI({ version: 'preview1', preopens: { '/': memory } });
 * // … run a guest …
 * memory.readFileSync('/out/b.txt', 'utf8');
 * ```
 *
 * Several guests may use one at once, and it outlives them. It belongs to the thread that made it; to another it goes as an archive.
 */
export class MemoryFileSystem extends FileSystem {
  /**
   * @param files contents by absolute path; `null` for a directory. Directories above are made.
   * @throws {Error} as `node:fs` has them: `ENOSPC`, `ENOTDIR`, `EISDIR`, `ENAMETOOLONG`, with the `path` at fault
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
   */
  constructor(
    files?: { readonly [path: string]: string | Uint8Array | null } | undefined,
    options?: MemoryFileSystemOptions | undefined,
  );

  /** A filesystem of what {@link FileSystem.toJSON} gave. Relative paths begin at `cwd`, by default the root. */
  static fromJSON(
    json: { readonly [path: string]: string | Uint8Array | null },
    cwd?: string | undefined,
    options?: MemoryFileSystemOptions | undefined,
  ): MemoryFileSystem;

  /**
   * A copy of a directory of the host: files with their several names and holes, directories, links as they are, permission
   * bits, times. Names need not be UTF-8. FIFOs, sockets and devices are left out, and what goes away meanwhile.
   *
   * @throws {Error} as `node:fs` has them: `ENOENT`, `EACCES`, `ENOSPC`, …, with the `path` at fault. What `filter` throws
   *   passes through.
   */
  static fromDirectory(hostPath: string | URLLike, options?: FromDirectoryOptions | undefined): MemoryFileSystem;

  /**
   * What a tar archive holds (ustar, pax, GNU, v7; not compressed, and not with `tar --sparse`). An archive that is not
   * trusted can do no harm: absolute names are taken beneath the root, `..` is refused (`EACCES`), links lead within, and
   * the limits hold. Devices and FIFOs are left out.
   *
   * @throws {Error} `ERR_PREOPEN_INVALID_TAR`: it is none, or cut off or damaged; else as `node:fs` has them
   */
  static fromTar(archive: ArrayBufferView, options?: MemoryFileSystemOptions | undefined): MemoryFileSystem;
  /** The same of an archive that comes bit by bit: a Readable, or whatever else is a (async) sequence of bytes. */
  static fromTar(
    archive: AsyncIterable<ArrayBufferView> | Iterable<ArrayBufferView>,
    options?: MemoryFileSystemOptions | undefined,
  ): Promise<MemoryFileSystem>;

  /** Adds files, as the constructor makes them, over what is there. Relative paths begin at `cwd`, by default the root. */
  fromJSON(json: { readonly [path: string]: string | Uint8Array | null }, cwd?: string | undefined): void;

  /** What it holds and may hold. */
  readonly usage: MemoryFileSystemUsage;
}

/** The options of {@link OverlayFileSystem}. */
export interface OverlayFileSystemOptions {
  /**
   * What is seen where nothing was changed: a directory of the host, or any filesystem. Only
   * {@link OverlayFileSystem.commit} changes it.
   */
  lower: string | OverlayLowerDirectory | FileSystem | FileSystemProvider;
  /**
   * Where changes go: an empty filesystem, or one that an earlier overlay over the same lower left. Nobody else may change it.
   * @default new MemoryFileSystem()
   */
  upper?: MemoryFileSystem | undefined;
}

/** A directory of the host as the lower of an {@link OverlayFileSystem}. */
export interface OverlayLowerDirectory {
  /** The directory on the host. It is opened once, and kept by handle. */
  path: string;
  /**
   * Lets guests open FIFOs and devices that lie in it, which are then the host's own.
   * @default false
   */
  specialFiles?: boolean | undefined;
}

/** One difference between the lower and what is seen. */
export interface OverlayChange {
  /** Where, from the root on: `'/src/main.c'`. */
  path: string;
  /**
   * `'modified'` is a file with other bytes, permissions or time of the last write, a link with another target, a directory
   * with other permissions. `'removed'` includes all that was in a directory. What became another type is removed, then created.
   */
  kind: 'created' | 'modified' | 'removed';
  /** What it is; what it was, where it was removed. */
  type: 'file' | 'directory' | 'symlink';
}

/** What {@link OverlayFileSystem.commit} throws. */
export interface OverlayCommitError extends Error {
  /** Why it stopped: `'ENOSPC'`, `'EACCES'`, `'EROFS'`, … */
  code: string;
  errno: number;
  syscall: 'commit';
  /** Which change could not be applied. */
  path: string;
  /** How many changes were applied before. */
  done: number;
}

/**
 * A filesystem over another one: reads fall through, and what is changed is kept aside, until {@link OverlayFileSystem.commit}.
 * So a program can run over a project without touching it.
 *
 * ```js
 * const project = new OverlayFileSystem({ lower: './project' });
 * new WASI({ version: 'preview1', preopens: { '/project': project } });
 * // After it ran:
 * project.changes(); // [{ path: '/src/main.c', kind: 'modified', type: 'file' }]
 * ```
 */
export class OverlayFileSystem extends FileSystem {
  /**
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
   * @throws {Error} `ENOENT`, `ENOTDIR`, `EACCES`, …: the lower directory cannot be opened.
   */
  constructor(options: OverlayFileSystemOptions);

  /**
   * What was changed, as a layer of an OCI image has it: files and directories under their own paths, and empty files whose
   * names begin with `.wh.` for what was removed. Keep it (`toTar()`) to go on later.
   */
  readonly upper: MemoryFileSystem;

  /**
   * The differences between the lower and what is seen, by path. What was changed back is none.
   *
   * @throws {Error} `ENOENT`, `EIO`, … (`path`): the lower could not be compared.
   */
  changes(): OverlayChange[];

  /**
   * Applies {@link OverlayFileSystem.changes} to the lower, one by one: what is new first, each file whole and under its name in one
   * step, and what is removed last. What was applied leaves the upper. Files that guests have open stay open.
   *
   * @returns what was applied
   * @throws {OverlayCommitError} what stopped it. The rest is still in the upper, and a later call goes on with it.
   */
  commit(): OverlayChange[];
}

// Guests off the JavaScript thread.

/**
 * What can be run: the bytes of a module, the path of its file (a URL with the scheme `file:`, too), or what {@link compile} made.
 * Bytes are copied at once; shared memory is refused. A `WebAssembly.Module` is refused as well: nobody can get its bytes.
 */
export type ModuleSource = Uint8Array | ArrayBufferView | ArrayBuffer | string | URLLike | Module;

/**
 * The addresses that a WASIX guest may use: numbers, with a port, as `'127.0.0.1:8080'` or `'[::1]:8080'`; `'localhost:8080'`
 * means 127.0.0.1. `true` stands for all of them.
 */
export type NetworkGrant = boolean | readonly string[];

/** The `this` of a function in {@link RunOptions.imports}. */
export interface HostCall {
  /** The guest's memory. It can be used until the call has returned, or the promise that it returned has settled. */
  readonly memory: HostMemory;
}

/** The memory of a guest that waits for a function of the host's. Offsets and lengths are bytes; an i32 may be negative. */
export interface HostMemory {
  /** How large it is. */
  readonly size: number;
  /**
   * A copy of a part of it.
   *
   * @throws {RangeError} a part of that is outside
   */
  read(ptr: number, length: number): Uint8Array;
  /**
   * Copies bytes into it; of a text, its UTF-8.
   *
   * @throws {RangeError} a part of that is outside
   */
  write(ptr: number, bytes: string | ArrayBufferView | ArrayBuffer): void;
}

/**
 * A function for a guest. It gets the guest's arguments: numbers, and bigints for i64. It returns the result (an array of them,
 * where there are several), converted as WebAssembly's JavaScript interface does, or a promise: the guest waits. What it throws
 * ends the guest, and the run is rejected with that.
 */
export type HostFunction = (this: HostCall, ...args: any[]) => unknown;

/** What runs of both kinds can be given. What {@link WASIOptions} has as well means the same, unless it is said here. */
export interface GuestOptions extends Omit<WASIOptions, 'version' | 'returnOnExit' | 'stdin' | 'stdout' | 'stderr'> {
  /**
   * Which WASI the module has to import.
   * @default the one that it imports
   */
  version?: 'preview1' | 'unstable' | 'wasix' | undefined;
  /**
   * Whether `fd_readdir` lists `.` and `..`.
   * @default true
   */
  dotEntries?: boolean | undefined;
  /**
   * How many bytes each `'capture'` keeps: an integer from 0 on, or Infinity. What is written past it stops the guest, with the
   * reason `'output'`.
   * @default 16777216 (16 MiB)
   */
  maxOutput?: number | undefined;
  /**
   * Aborts the run, wherever it is: in the queue, while the module is compiled (that goes on, unheard), while the guest computes or
   * waits. It is rejected with an `AbortError` then. `AbortSignal.timeout(ms)` counts all of that; {@link GuestOptions.timeout}
   * the guest's own time.
   */
  signal?: AbortSignalLike | undefined;
  /**
   * How long the guest may run, milliseconds from its beginning: the queue and the compilation are not counted. From 1 to
   * 2147483647. It ends with the reason `'timeout'`.
   * @default none
   */
  timeout?: number | undefined;
  /**
   * How many operations of WebAssembly the guest may make: an integer from 0 on, as a number or a bigint. When it is used up the
   * guest ends, with the reason `'fuel'`. A {@link Module} has to be one that counts: {@link CompileOptions.metered}.
   * @default none
   */
  fuel?: number | bigint | undefined;
  /**
   * How large each memory of the guest may be, bytes: growing it beyond fails, which the guest is told. A module that begins with
   * more is refused.
   * @default what the module says, 4 GiB at most
   */
  maxMemory?: number | undefined;
  /**
   * How many threads the guest may have, the first included: wasi-threads and WASIX.
   * @default 16
   */
  maxThreads?: number | undefined;
  /**
   * Where a WASIX guest may go on the network.
   * @default false
   */
  network?: NetworkGrant | undefined;
  /**
   * Functions for the guest, by module and name: what it imports besides WASI. They are called on this thread, while the guest
   * waits on its own, with `this.memory` ({@link HostCall}; so they are methods or functions, arrow functions have no `this`).
   * Only an object's own properties count; what the module does not import is ignored.
   *
   * ```js
   * run('app.wasm', {
   *   imports: {
   *     env: {
   *       log(ptr, length) {
   *         console.log(Buffer.from(this.memory.read(ptr, length)).toString());
   *       },
   *     },
   *   },
   * });
   * ```
   * @default {}
   */
  imports?: { readonly [module: string]: { readonly [name: string]: HostFunction } } | undefined;
  /** As {@link CompileOptions.engine}. Not for a {@link Module}, which has one. */
  engine?: 'auto' | 'cranelift' | 'singlepass' | undefined;
  /** As {@link CompileOptions.cache}. Not for a {@link Module}. */
  cache?: boolean | string | undefined;
  /**
   * What {@link RunResult.stdout} and `stderr` are: strings in an encoding of Node's, or with `'buffer'` Buffers.
   * @default 'utf8'
   */
  encoding?: string | undefined;
}

/**
 * What a guest off the thread can be given to read. What {@link StandardInput} says holds, with these differences: a Readable needs
 * no other way to start the guest; a function may return a promise; and the guest has the other end of a pipe, so that chunks are
 * fetched before it asks for them, as many as the pipe has room for (64 KiB). When it closes its end, no more is fetched.
 */
export type RunInput = Exclude<StandardInput, () => Chunk | null | undefined> | (() => Chunk | null | undefined | Promise<Chunk | null | undefined>);

/** The options of {@link run}. */
export interface RunOptions extends GuestOptions {
  /**
   * What the guest reads from 0.
   * @default '' which is at its end at once
   */
  stdin?: RunInput | undefined;
  /**
   * Where goes what the guest writes to 1; see {@link StandardOutput}. The guest's writes go into a pipe, and do not wait for the
   * function or Writable until that is full. A promise that the function returns is waited for. What it throws, or an error of the
   * Writable, ends the guest, and the run is rejected with that.
   * @default 'capture'
   */
  stdout?: StandardOutput | undefined;
  /**
   * The same for 2. It may be the same as `stdout`: in a {@link CapturedOutput}, or a descriptor, the order of the writes is kept; a
   * function or Writable has each in a pipe of its own, and only their own order.
   * @default 'capture'
   */
  stderr?: StandardOutput | undefined;
}

/** The options of {@link spawn}. */
export interface SpawnOptions extends GuestOptions {
  /**
   * What the guest reads from 0.
   * @default a pipe: {@link SpawnedGuest.stdin}
   */
  stdin?: RunInput | undefined;
  /**
   * As {@link RunOptions.stdout}, or `'pipe'`: {@link SpawnedGuest.stdout}.
   * @default 'pipe'
   */
  stdout?: StandardOutput | 'pipe' | undefined;
  /**
   * The same for 2: {@link SpawnedGuest.stderr}.
   * @default 'pipe'
   */
  stderr?: StandardOutput | 'pipe' | undefined;
}

/**
 * How a run ended:
 *
 * - `'exit'`: by itself;
 * - `'signal'`: it raised a signal that ends a program. `exitCode` is 128 and its number;
 * - `'timeout'`: {@link GuestOptions.timeout} was over;
 * - `'fuel'`: {@link GuestOptions.fuel} was used up;
 * - `'output'`: it wrote more than {@link GuestOptions.maxOutput};
 * - `'killed'`: by {@link SpawnedGuest.kill}.
 */
export type RunReason = 'exit' | 'signal' | 'timeout' | 'fuel' | 'output' | 'killed';

/** What a run came to. */
export interface RunResult<Output = string> {
  /** What the guest passed to `proc_exit` (unsigned), or 0; 128 and the number of the signal that it raised; null where it was stopped. */
  exitCode: number | null;
  /** How it ended. */
  reason: RunReason;
  /** What it wrote to 1, up to its end, where `options.stdout` is `'capture'`. Empty otherwise. */
  stdout: Output;
  /** What it wrote to 2, likewise. */
  stderr: Output;
  /** How long the guest ran, milliseconds. The queue and the compilation are not counted. */
  durationMs: number;
  /** How many operations it made, where it was given {@link GuestOptions.fuel}. */
  fuelUsed: bigint | undefined;
}

/**
 * Runs a program off this thread, to its end: the event loop stays free. Needs the package `@preopen/engine`.
 *
 * ```js
 * import { run } from 'preopen';
 *
 * const { exitCode, stdout } = await run('app.wasm', { args: ['app', '--help'], timeout: 5000 });
 * ```
 *
 * It settles when all that the guest owned is released and its output was delivered: functions have returned, and Writables have
 * taken it. An abort waits for neither.
 *
 * @param module what to run: it exports `_start`
 * @returns a promise of how it ended, also where a limit ended it. It is rejected:
 * @throws {WasiTrap} WebAssembly trapped.
 * @throws {Error} `ABORT_ERR`, an `AbortError` with the signal's reason as its `cause`, and `stdout` and `stderr`: it was aborted.
 * @throws {Error} `ERR_PREOPEN_MODULE`: the module cannot be run here. The message says why, and what helps.
 * @throws {Error} `ERR_PREOPEN_IMPORTS`: functions are missing that it imports. `missing` has their names, the message also their
 *   types.
 * @throws {Error} whatever a function in {@link GuestOptions.imports}, a function or stream behind a standard stream, a filesystem
 *   written in JavaScript, or `trace` failed with.
 * @throws {Error} `ENOENT`, …: the module's file cannot be read. `UVWASI_ENOENT`, …: as by `new WASI`, a preopen cannot be opened.
 *   `EAGAIN`, `ENOMEM`, `EMFILE`, …: the host has no room for another thread, or for the pipes of its streams.
 * @throws {Error} `ERR_PREOPEN_NO_ENGINE`: `@preopen/engine` is not installed.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`; {RangeError} `ERR_OUT_OF_RANGE`: options. One that is not
 *   known is refused.
 */
export function run(module: ModuleSource, options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<NodeBuffer>>;
export function run(module: ModuleSource, options?: RunOptions): Promise<RunResult>;

/**
 * Starts a program off this thread, and returns at once. Needs the package `@preopen/engine`.
 *
 * ```js
 * const guest = spawn('sort.wasm', { args: ['sort'] });
 * guest.stdin.end('pear\napple\n');
 * for await (const chunk of guest.stdout) process.stdout.write(chunk);
 * const { exitCode } = await guest.exited;
 * ```
 *
 * @param module what to run: it exports `_start`
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`; {RangeError} `ERR_OUT_OF_RANGE`; {Error}
 *   `ERR_PREOPEN_NO_ENGINE`; `EMFILE`, `ENFILE`: there are no descriptors for its streams. What else {@link run} is rejected with
 *   rejects {@link SpawnedGuest.exited}.
 */
export function spawn(module: ModuleSource, options: SpawnOptions & { encoding: 'buffer' }): SpawnedGuest<NodeBuffer>;
export function spawn(module: ModuleSource, options?: SpawnOptions): SpawnedGuest;

/**
 * A guest that {@link spawn} has started: an EventEmitter.
 *
 * Streams have back-pressure: a guest that writes more than is read waits, and so does one that reads what is not written.
 */
export interface SpawnedGuest<Output = string> extends NodeEventEmitter {
  /**
   * Where what the guest reads is written; null where `options.stdin` was given. `end()` is its end. A guest need not read all: an
   * error of this stream (`EPIPE`) is not thrown, a write's callback gets it.
   */
  readonly stdin: NodeWritable | null;
  /**
   * What the guest writes to 1; null unless `options.stdout` is `'pipe'`. It ends with the guest. After `destroy()` the guest's writes answer
   * `PIPE` (64). Of a guest that never began it is destroyed.
   */
  readonly stdout: NodeReadable | null;
  /** What the guest writes to 2, likewise. */
  readonly stderr: NodeReadable | null;
  /**
   * How it ended: what {@link run} answers, or is rejected with. A rejection that nobody handles is none to the process: it is also
   * the event 'error'. It does not wait until `stdout` and `stderr` are read.
   */
  readonly exited: Promise<RunResult<Output>>;
  /** {@link RunResult.exitCode}; null until then. */
  readonly exitCode: number | null;
  /** {@link RunResult.reason}; null until then. */
  readonly reason: RunReason | null;
  /** Whether {@link SpawnedGuest.kill} was called in time. */
  readonly killed: boolean;
  /** Ends the guest, wherever it is, with the reason `'killed'`. Answers whether there was one left. */
  kill(): boolean;
  /** It has ended: once, before what awaits `exited` goes on. */
  on(event: 'exit', listener: (result: RunResult<Output>) => void): this;
  /** What {@link SpawnedGuest.exited} is rejected with. Unlike that of other emitters, it is not thrown where nobody listens. */
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once(event: 'exit', listener: (result: RunResult<Output>) => void): this;
  once(event: 'error', listener: (error: Error) => void): this;
  once(event: string | symbol, listener: (...args: any[]) => void): this;
  /** {@link SpawnedGuest.kill}, for `using guest = spawn(…)`. */
  [Symbol.dispose](): void;
  /** Kills it, and waits until it is gone. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The options of {@link compile}. */
export interface CompileOptions {
  /**
   * What compiles it. Cranelift: fast code, slowly. Singlepass: slow code, at once. `'auto'`: Singlepass first, and Cranelift behind,
   * whose code is used by the runs that begin when it is there.
   * @default 'auto'
   */
  engine?: 'auto' | 'cranelift' | 'singlepass' | undefined;
  /**
   * A directory where compiled modules are kept, by content, engine and version. It is made where it is missing, and must be the
   * user's own: what lies there is native code. `true`: `$XDG_CACHE_HOME/preopen`, or `~/.cache/preopen`.
   * @default false
   */
  cache?: boolean | string | undefined;
  /**
   * Whether it counts operations, so that it can be run with {@link GuestOptions.fuel}. It is slower then.
   * @default false
   */
  metered?: boolean | undefined;
  /** Ends the wait: it is rejected with an `AbortError`. The compilation itself goes on, unheard. */
  signal?: AbortSignalLike | undefined;
}

/**
 * Compiles a module, off this thread, to be run many times. Needs the package `@preopen/engine`.
 *
 * @throws {Error} `ERR_PREOPEN_MODULE`: it cannot be run here; `ABORT_ERR`; `ENOENT`, …; `ERR_PREOPEN_NO_ENGINE` (all reject)
 */
export function compile(source: Exclude<ModuleSource, Module>, options?: CompileOptions): Promise<Module>;

/** A function that a module imports besides WASI's. */
export interface ModuleImport {
  module: string;
  name: string;
  params: ('i32' | 'i64' | 'f32' | 'f64')[];
  results: ('i32' | 'i64' | 'f32' | 'f64')[];
}

/** What {@link compile} makes. Any number of guests may run it, also at once. */
export class Module {
  private constructor();
  /** Which WASI it imports; `'preview1'` where it imports none. */
  readonly version: 'preview1' | 'unstable' | 'wasix';
  /** What compiled it; with `'auto'`, what a run that begins now would use. */
  readonly engine: 'cranelift' | 'singlepass';
  /** Whether it counts fuel. */
  readonly metered: boolean;
  /** Whether it came from the cache. */
  readonly cached: boolean;
  /** The functions that {@link GuestOptions.imports} has to have. */
  readonly imports: ModuleImport[];
}

/** The options of {@link Pool}. */
export interface PoolOptions {
  /**
   * How many guests run at once. Those beyond it queue, and begin in their order. A guest that waits (for input, for time, for a
   * function of the host's) does not count.
   * @default os.availableParallelism()
   */
  concurrency?: number | undefined;
}

/** A bound for guests that run at once. The functions {@link run} and {@link spawn} have one in common. */
export class Pool {
  /**
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`; {RangeError} `ERR_OUT_OF_RANGE`; {Error}
   *   `ERR_PREOPEN_NO_ENGINE`
   */
  constructor(options?: PoolOptions);
  /** How many run at once. */
  readonly concurrency: number;
  /** How many run now. */
  readonly running: number;
  /** How many queue now. */
  readonly queued: number;
  /** As the function {@link run}, in this pool. */
  run(module: ModuleSource, options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<NodeBuffer>>;
  run(module: ModuleSource, options?: RunOptions): Promise<RunResult>;
  /** As the function {@link spawn}, in this pool. */
  spawn(module: ModuleSource, options: SpawnOptions & { encoding: 'buffer' }): SpawnedGuest<NodeBuffer>;
  spawn(module: ModuleSource, options?: SpawnOptions): SpawnedGuest;
}

/** A function of WebAssembly that was running when a guest trapped. */
export interface TrapFrame {
  /** Its name, where the module's name section has one. */
  name: string | null;
  /** Its index in the module. */
  index: number;
  /** Where in the module's bytes it was. */
  offset: number;
}

/** What a run is rejected with where WebAssembly trapped. Its `stack` has the frames of the guest. */
export class WasiTrap extends Error {
  constructor(message: string, what?: { trap?: string | undefined; frames?: TrapFrame[] | undefined });
  readonly code: 'ERR_WASI_TRAP';
  /** Why, as the tests of WebAssembly's specification call it: `'unreachable'`, `'out of bounds memory access'`, … */
  readonly trap: string;
  /** Where it was, the innermost first. */
  readonly frames: TrapFrame[];
  /** What the guest wrote before, as in {@link RunResult}. */
  readonly stdout: string | NodeBuffer;
  readonly stderr: string | NodeBuffer;
}

/** The part of an AbortSignal that is used. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: any;
  addEventListener(type: 'abort', listener: () => void, options?: any): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
