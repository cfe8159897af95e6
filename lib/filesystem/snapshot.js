'use strict';
// Whole filesystems, in and out: as JSON, as a directory of the host, as a tar stream. `this` is the FileSystem.

const fs = require('node:fs');
const { posix } = require('node:path');
const { Readable } = require('node:stream');
const { check, coded, fsError, invalidArgType } = require('./errors.js');
const { toPath } = require('./arguments.js');
const { kNative } = require('./symbols.js');
const { Dirent } = require('./stats.js');

/** The most that `toTar()` puts together, bytes. */
const MOST = 2 ** 31 - 1;
/** The most that `toJSON()` makes strings of, bytes: they are in JavaScript's own heap, whose end is the end of the process. */
const MOST_TEXT = 2 ** 30;
/** What native code says of a file that is larger. */
const EFBIG = 22;

function toJSON(paths, json = {}, isRelative = false, asBuffer = false) {
  for (const path of paths ? [paths].flat() : ['/']) {
    const start = posix.resolve('/', String(toPath(path)));
    const entry = this.statSync(start, { throwIfNoEntry: false });
    if (entry === undefined) continue;
    const name = (absolute) => (isRelative ? posix.relative(start, absolute) : absolute);
    if (!entry.isDirectory()) {
      const key = isRelative ? posix.basename(start) : start;
      put(json, key, this.readFileSync(start, asBuffer ? null : 'utf8'));
      continue;
    }
    const contents = check(this[kNative].contents(start, asBuffer, asBuffer ? MOST : MOST_TEXT), 'scandir', start);
    if (typeof contents === 'number') throw coded(new RangeError(`The files have more bytes than fit (${contents})`), 'ERR_FS_FILE_TOO_LARGE');
    const base = start === '/' ? '/' : `${start}/`;
    for (let at = 0; at < contents.length; at += 2) {
      const key = name(contents[at] === '' ? start : base + contents[at]);
      // An empty filesystem is no entry, as memfs has it.
      const content = contents[at + 1];
      // Too long for a string: said by whoever makes strings of it.
      if (key !== '' && key !== '/') put(json, key, asBuffer || content === null ? content : content.toString());
    }
  }
  return json;
}

/** Sets a property of that name, whatever the name is. */
function put(json, key, value) {
  if (key !== '__proto__') json[key] = value;
  else Object.defineProperty(json, key, { value, writable: true, enumerable: true, configurable: true });
}

function fromDirectory(filesystem, hostPath, filter) {
  const path = toHostPath(hostPath);
  if (filter !== undefined && typeof filter !== 'function') throw invalidArgType('options.filter', 'of type function', filter);
  allowed('fs.read', path);
  const wanted = filter && ((name, type) => Boolean(filter(name, new Dirent(posix.basename(name), posix.dirname(name), type))));
  report(check(filesystem[kNative].copyFromHost(path, wanted), 'opendir', path), 'fromDirectory');
  return filesystem;
}

function toDirectory(hostPath) {
  const path = toHostPath(hostPath);
  allowed('fs.write', path);
  fs.mkdirSync(path, { recursive: true });
  report(check(this[kNative].copyToHost(path), 'opendir', path), 'toDirectory');
}

/** A path of the host's. Not as bytes: those that are not UTF-8 would name something else. */
function toHostPath(path) {
  if (ArrayBuffer.isView(path)) throw invalidArgType('hostPath', 'of type string or an instance of URL', path);
  return String(toPath(path, 'hostPath'));
}

/** Node's permission model covers what native code does to the host's files for it, too. */
function allowed(permission, resource) {
  if (process.permission?.has(permission, resource) !== false) return;
  const message = 'Access to this API has been restricted. Use --allow-fs-read and --allow-fs-write to manage permissions.';
  throw Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED', permission, resource });
}

function report(stopped, syscall) {
  if (stopped !== null) throw fsError(stopped.errno, syscall, stopped.path);
}

function toTar() {
  const tar = this[kNative].tar(MOST);
  const chunks = [];
  let size = 0;
  for (let chunk = tar.next(); chunk !== null; chunk = tar.next()) {
    if (chunk.errno !== EFBIG) report(chunk.errno === undefined ? null : chunk, 'toTar');
    size += chunk.length ?? Infinity;
    if (size > MOST) throw coded(new RangeError('The archive is greater than 2 GiB: use toTarStream()'), 'ERR_FS_FILE_TOO_LARGE');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function toTarStream() {
  const tar = this[kNative].tar(Infinity);
  return new Readable({
    read() {
      try {
        const chunk = tar.next();
        report(chunk?.errno === undefined ? null : chunk, 'toTar');
        this.push(chunk);
      } catch (error) {
        this.destroy(error);
      }
    },
  });
}

function fromTar(filesystem, source) {
  const reader = filesystem[kNative].untar();
  if (ArrayBuffer.isView(source)) {
    feed(reader, source);
    return finish(reader, filesystem);
  }
  if (source === null || typeof source !== 'object' || !(Symbol.asyncIterator in source || Symbol.iterator in source)) {
    throw invalidArgType('source', 'an instance of Uint8Array, Readable or AsyncIterable', source);
  }
  return fromStream(reader, filesystem, source);
}

async function fromStream(reader, filesystem, source) {
  for await (const chunk of source) {
    if (!ArrayBuffer.isView(chunk)) throw invalidArgType('chunk', 'an instance of Uint8Array', chunk);
    feed(reader, chunk);
  }
  return finish(reader, filesystem);
}

function feed(reader, view) {
  explain(reader.feed(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
}

function finish(reader, filesystem) {
  explain(reader.finish());
  return filesystem;
}

/** Throws what was wrong with an archive: an errno at a path, or what it was malformed by. */
function explain(stopped) {
  if (stopped === null) return;
  if (stopped.reason) throw coded(new Error(`Invalid tar archive: ${stopped.reason}`), 'ERR_PREOPEN_INVALID_TAR');
  report(stopped, 'fromTar');
}

module.exports = { fromDirectory, fromTar, toDirectory, toJSON, toTar, toTarStream };
