'use strict';
// The cases that a kind of filesystem, or a runtime, cannot pass under us, each with its reason. The list is kept true: a case in it
// that passes fails whoever runs it.

const path = require('node:path');

const MILLISECONDS = 'a filesystem in JavaScript is told times in milliseconds (RATIONALE.md, "Why are the times that a guest sets there cut to milliseconds?")';
const PATHS = 'a filesystem in JavaScript is asked by paths (RATIONALE.md, "Why is a filesystem in JavaScript asked by paths, and for each name on the way?")';

const IN_JAVASCRIPT = {
  'fd_filestat_set_times: keeps nanoseconds': MILLISECONDS,
  'path_filestat_set_times: keeps nanoseconds': MILLISECONDS,
  'path_rename: keeps an open directory what it is, under its new name': PATHS,
  'path_open: opens beneath a directory that is open and was moved': PATHS,
};

/** By the kind's name. @type {Record<string, Record<string, string>>} */
const KIND_EXCEPTIONS = {
  'node:fs': IN_JAVASCRIPT,
  memfs: {
    ...IN_JAVASCRIPT,
    'path_rename: moves a link itself, and replaces one itself': 'memfs renames what a link leads to, and not the link',
    'path_readlink: reads a link that was there, after it was moved': 'memfs renames what a link leads to, and not the link',
    'fd_readdir: leaves that of the directory': 'memfs makes a directory young that is listed',
    'path_filestat_get: knows a link where it is not followed: its length is that of its text': 'memfs says that a link has no length',
  },
};

/** By the runtime's: what `run.js` is told it is. @type {Record<string, Record<string, string>>} */
const RUNTIME_EXCEPTIONS = {
  Bun: {},
  Deno: {},
};

const SUITE_IN_JAVASCRIPT = { fd_filestat_set: MILLISECONDS, path_filestat: MILLISECONDS, symlink_filestat: MILLISECONDS };
/** By the kind's name, and the program's without its folder. @type {Record<string, Record<string, string>>} */
const SUITE_EXCEPTIONS = {
  'node:fs': SUITE_IN_JAVASCRIPT,
  memfs: { ...SUITE_IN_JAVASCRIPT, path_rename: 'memfs cannot remove a folder in which a file was renamed over another' },
};

/** Why a program of the suite may fail, or undefined. */
function suiteExceptionOf(program, { kind }) {
  return SUITE_EXCEPTIONS[kind]?.[path.basename(program, '.wasm')];
}

/** Why a case may fail, or undefined. */
function exceptionOf(title, { kind, runtime = '' }) {
  return KIND_EXCEPTIONS[kind]?.[title] ?? RUNTIME_EXCEPTIONS[runtime.split(' ')[0]]?.[title];
}

module.exports = { KIND_EXCEPTIONS, RUNTIME_EXCEPTIONS, exceptionOf, suiteExceptionOf };
