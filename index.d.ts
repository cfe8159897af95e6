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

/** A filesystem that a guest may use, with permissions. A {@link FileSystem} alone is short for `{ filesystem }`. */
export interface PreopenedFilesystem {
  /** It outlives the guest, and may be in the preopens of several at once. */
  filesystem: FileSystem;
  /**
   * Refuses every change by this guest: what would write, create, remove, rename or set times answers `ROFS` (69).
   * @default false
   */
  readOnly?: boolean | undefined;
}

/**
 * A TCP socket that a guest finds open: a descriptor of the host (listening or connected), or an address on which
 * `new WASI` starts to listen. Addresses are numbers (`'127.0.0.1:8080'`, `'[::1]:8080'`; `'localhost:8080'` means
 * 127.0.0.1); port 0 lets the system choose, see {@link WASI.sockets}.
 */
export type PreopenedSocket = number | string | { fd: number } | { address: string; port: number };

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
   * The directories that the guest may use: its own names for them, and where they are on the host, or a filesystem of
   * one's own. They take the descriptors from 3 on, in the order of the object's keys (those that look like integers come
   * first). Nothing outside them can be reached.
   * @default {}
   */
  preopens?:
    | { [guestPath: string]: string | PreopenedDirectory | FileSystem | PreopenedFilesystem | undefined }
    | undefined;
  /**
   * The host descriptor behind the guest's 0. It is duplicated: what the guest closes is its own.
   * @default 0
   */
  stdin?: number | undefined;
  /**
   * The host descriptor behind the guest's 1, duplicated.
   * @default 1
   */
  stdout?: number | undefined;
  /**
   * The host descriptor behind the guest's 2, duplicated.
   * @default 2
   */
  stderr?: number | undefined;
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
 * Guests run on the calling thread: {@link WASI.start} returns when the program has ended. Run programs that wait for
 * long in a Worker; `worker.terminate()` ends them, also while they wait.
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
   * @throws {WebAssembly.RuntimeError} the guest trapped. Whatever else the guest's imports throw passes through, too.
   */
  start(instance: object): number;

  /**
   * Prepares a reactor: binds its memory and calls `_initialize`, if it has one. Its exports can be called then.
   *
   * @param instance an instance that exports `memory`, perhaps `_initialize`, and not `_start`
   * @throws {Error} `ERR_WASI_ALREADY_STARTED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  initialize(instance: object): void;

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
  /** Like `fs.readdirSync`. With `recursive`, links to directories are not followed. */
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
 * Several guests, also of several Workers' making on this thread, may use one at once; it lives as long as anything refers to it.
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
  lower: string | OverlayLowerDirectory | FileSystem;
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
