'use strict';
// Calls that no plan has, because node:wasi crashes, hangs, or ends its process: by rule, and each rule says what it does. All hold for
// uvwasi 0.0.23, as Node 20, 22, 24 and 26 have it, unless a rule names versions. What we do there is asserted elsewhere: `where` names a
// case of `__test__/` by its title.
//
// Beside these rules, Node 20 and 22 are started with --no-turbo-fast-api-calls: there V8 calls the functions without a detour, and
// crashes now and then (nodejs/node#53087).
const { SIZE } = require('./layout');

/** What a plan plants at an address: its bytes from there on. */
function planted({ plants }, at) {
  const plant = plants.find((each) => each.at <= at && at < each.at + each.bytes.length);
  return plant?.bytes.subarray(at - plant.at);
}

/** Where the arguments of a function have paths: pointer, length. */
const PATHS = {
  path_create_directory: [1], path_filestat_get: [2], path_filestat_set_times: [2], path_link: [2, 5], path_open: [2], path_readlink: [1],
  path_remove_directory: [1], path_rename: [1, 4], path_symlink: [0, 3], path_unlink_file: [1],
};
/** Where the arguments of a function have lists of ranges. */
const IOVECS = { fd_pread: 1, fd_pwrite: 1, fd_read: 1, fd_write: 1, sock_recv: 1, sock_send: 1 };

const subscriptions = (call) => {
  const bytes = planted(call, call.args[0]) ?? Buffer.alloc(0);
  return Array.from({ length: Math.floor(bytes.length / 48) }, (_, index) => bytes.subarray(48 * index, 48 * index + 48));
};

const RULES = [
  {
    name: 'a path without a NUL behind it',
    does: 'reads on to a NUL, and past the end of memory (SIGSEGV): snprintf("%s/%s") in uvwasi__combine_paths',
    where: 'a path may end where memory ends',
    applies: (call) => (PATHS[call.name] ?? []).some((index) => {
      const [pointer, length] = call.args.slice(index, index + 2);
      return pointer + length <= SIZE && planted(call, pointer)?.[length] !== 0;
    }),
  },
  {
    name: 'so many ranges that their size overflows',
    does: 'checks iovs_len * 8 in 32 bits, then allocates for all of them: std::bad_alloc aborts the process',
    where: 'pointers outside of memory',
    applies: ({ name, args }) => IOVECS[name] !== undefined && args[IOVECS[name] + 1] * 8 > 0xffffffff,
  },
  {
    name: 'contradictory flags for times, by path',
    does: 'returns with the directory locked (VALIDATE_FSTFLAGS_OR_RETURN in uvwasi_path_filestat_set_times): the next call on it hangs',
    where: 'contradictory flags by path',
    applies: ({ name, args }) => name === 'path_filestat_set_times' && ((args[6] & 0xffff) > 15 || (args[6] & 3) === 3 || (args[6] & 12) === 12),
  },
  {
    name: 'an absolute time',
    does: 'measures it against the realtime clock, whatever clock it is for; the difference of a past time wraps: it sleeps for ever',
    where: 'an absolute timeout on the monotonic clock',
    applies: (call) => call.name === 'poll_oneoff' && subscriptions(call).some((one) => one[8] === 0 && (one.readUInt16LE(40) & 1) === 1),
  },
  {
    name: 'two descriptors in one poll',
    does: 'follows a null pointer where the first is not open (dup->wrap->id in uvwasi__poll_oneoff_state_add_fdevent: SIGSEGV)',
    where: 'each bad descriptor has its event',
    applies: (call) => call.name === 'poll_oneoff' && subscriptions(call).filter((one) => one[8] === 1 || one[8] === 2).length > 1,
  },
  {
    name: 'a signal that exists',
    does: 'raises it in its own process',
    where: 'a raised signal ends the guest as a shell would report it',
    applies: ({ name, args }) => name === 'proc_raise' && (args[0] & 0xff) >= 1 && (args[0] & 0xff) <= 30 && ![26, 27, 28, 29].includes(args[0] & 0xff),
  },
  {
    name: 'a socket call where a device is among the streams',
    does: 'grants a device all rights, those of sockets too, and then follows the null pointer where the socket would be (SIGSEGV)',
    where: 'what is not a socket',
    applies: ({ name }, { streams }) => name.startsWith('sock_') && streams.includes('null'),
  },
];

/** The first rule that leaves a call out of a plan with these options. */
function avoid(call, options) {
  return RULES.find(({ applies }) => applies(call, options));
}

module.exports = { IOVECS, PATHS, RULES, avoid };
