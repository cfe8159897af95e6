'use strict';
// Streams of files: node:fs's own, told to use this filesystem. `this` is the FileSystem.

const fs = require('node:fs');

function createReadStream(path, options) {
  return new fs.ReadStream(path, streamOptions(this, options));
}

function createWriteStream(path, options) {
  return new fs.WriteStream(path, streamOptions(this, options));
}

function streamOptions(filesystem, options) {
  const read = typeof options === 'string' ? { encoding: options } : { ...options };
  // A FileHandle of ours is its number: node:fs's streams know only handles of their own.
  if (typeof read.fd?.fd === 'number') read.fd = read.fd.fd;
  return { ...read, fs: read.fs ?? filesystem };
}

module.exports = { createReadStream, createWriteStream };
