'use strict';
// The cases that node:wasi does not pass, each with its reason: a heading of RATIONALE.md where we differ on purpose, or what is
// wrong there. __test__/conformance.test.js keeps the list true: a case in it that passes, and one that fails and is not in it, fails
// the test. Programs that are not run there have their reason in programs.js.

const why = require('../__test__/helpers/why.js');

/** Node's own fault: nobody would want it so. */
const fault = (what) => ({ fault: what });

const LEADS_OUT = 'node:wasi resolves by text, and so works on what a link in the middle of a path leads to, outside';

/** @type {Record<string, string | { fault: string }>} */
const DIFFERENCES = {
  'fd_readdir: gives the inode number that path_filestat_get gives': why.readdirInodes,
  'fd_filestat_set_times: keeps nanoseconds': why.times,
  'path_filestat_set_times: keeps nanoseconds': why.times,
  'fd_fdstat_get: gives the flags of an open': why.fdflags,
  'fd_fdstat_get: gives no flag where none was asked for': why.fdflags,
  'fd_fdstat_set_flags: shows in fd_fdstat_get': why.fdflags,
  'fd_prestat_dir_name: answers NAMETOOLONG for a shorter one, and writes nothing': why.prestatName,
  'sock_accept: answers NOTSOCK for a file and a directory': why.notSocket,
  'sock_recv: answers NOTSOCK for a file and a directory': why.notSocket,
  'sock_send: answers NOTSOCK for a file and a directory, and writes nothing': why.notSocket,
  'sock_shutdown: answers NOTSOCK for a file and a directory': why.notSocket,
  'path_symlink: makes a link below that leads upwards within the preopen': why.links,
  'path_open: follows a link below upwards within the preopen': why.links,
  'path_open: does not follow it above the directory that the path begins in': why.links,
  'path_readlink: gives a link\'s text, without a NUL': fault('node:wasi writes a NUL behind the text, which is not counted'),
  'path_readlink: fills a buffer of just that length': why.readlink,
  'path_readlink: cuts what does not fit, as readlink(2) does': why.readlink,
  'path_open: answers NAMETOOLONG for a path of more than 4,095 bytes': fault('node:wasi shortens the text before it looks at its length'),
  'path_open: answers NOENT for a way through what is not there, as POSIX resolves it': why.kernelPaths,
  'path_open: takes `link/..` for the parent of what the link leads to': why.kernelPaths,
  'path_open: answers NOTCAPABLE for a way out that comes back': why.kernelPaths,
  'path_open: answers INVAL for a NUL at its end': why.utf8,
  'path_open: answers ILSEQ for a path that is not UTF-8': why.utf8,
  'path_create_directory: answers INVAL for a NUL in a path, and ILSEQ for one that is not UTF-8': why.utf8,
  'path_open: answers LOOP for a link that is not to be followed': why.nofollow,
  'path_open: empties through a link, and not without following it': why.nofollow,
  'path_open: answers NOTCAPABLE for an absolute link, also to a name of the program\'s own': why.absoluteLinks,
  'path_open: follows forty links, and answers LOOP for more': fault('node:wasi follows fewer, by a count of its own'),
  'path_open: answers EXIST with CREAT and EXCL for such a link also where links are followed': why.exclusive,
  'path_open: does not restrict an open that asks for no rights': why.rightsZero,
  'path_open: empties through a directory that was opened without naming rights': why.truncate,
  'path_rename: keeps an open directory what it is, under its new name': why.handles,
  'path_open: opens beneath a directory that is open and was moved': why.handles,
  'path_remove_directory: refuses the preopen itself, and `.`': fault('node:wasi removes `NAME/.` as NAME'),
  'path_open: answers NOTCAPABLE for a link that leads out, last or on the way': fault(LEADS_OUT),
  'path_link: answers NOTCAPABLE for a way through a link that leads out': fault(LEADS_OUT),
  'path_symlink: answers NOTCAPABLE for a name behind a link that leads out': fault(LEADS_OUT),
  'path_rename: answers NOTCAPABLE for a way through a link that leads out': fault(LEADS_OUT),
  'path_create_directory: answers NOTCAPABLE for a way through a link that leads out': fault(LEADS_OUT),
  'path_remove_directory: answers NOTCAPABLE for a way through a link that leads out': fault(LEADS_OUT),
  'path_unlink_file: answers NOTCAPABLE for a way through a link that leads out': fault(LEADS_OUT),
  'poll_oneoff: has a file ready to read, with what is left of it, and to write': why.poll,
};

module.exports = { DIFFERENCES };
