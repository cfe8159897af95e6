'use strict';
// A plan from a seed: calls of all 46 functions, with what each needs in memory. Calls build on each other: what one opens has a slot
// in the guest's memory, from which later ones load it, and a picture of what the slots hold makes most calls sensible.
const { ALL, EVENT, FOLLOW, OFLAGS, READ, RIGHT, WRITE } = require('../helpers/abi');
const { avoid } = require('./avoid');
const { COOKIE, SCRATCH, SIZE, SLOTS, SLOT_COUNT } = require('./layout');
const { Random } = require('./random');

const NAMES = ['a', 'b', 'empty', 'ro', 'hard', 'd', 'd/e', 'd/f', 'd/g', 'd/g/h', 'dd', 'dd/e', 'void', 'e', 'f', 'g', 'h', 'x', 'y', 'y/z', 'z'];
const NEW = ['n1', 'n2', 'n3', 'd/n1', 'd/n2', 'd/g/n1', 'void/n1', 'n1/n2', 'n2/n1', 'y/n1', 'ü', '...', 'n 4'];
const LINKS = ['s', 'sd', 'sd/e', 'sg', 'sg/h', 'chain', 'loop', 'dang', 'dot', 'dot/a', 'slash', 'slash/e', 'd/up', 'd/back/a', 'sd/up', 'd/g/back/e', 'd/e2', 'd/hs', 't', 'ty', 'ty/z'];
const OUT = ['out', 'up', 'up/outside/secret', 'up/box/a', 'abs', 'd/back/up', 'd/back/../a'];
const ODD = ['', '.', '..', './', '/', '/a', '/sandbox/a', '../a', '../box/a', '../sandbox/a', '../dd/e', 'd/..', 'd/../..', 'd/.', 'none/../a', 'a/../b', 'sd/../a', 'a/.', 'a/',
  'a/x', 'd/../a', 'sd/../../a', 'x'.repeat(255), 'x'.repeat(256), 'd/'.repeat(3) + 'e', 'y/'.repeat(2100), 'z/'.repeat(2100) + 'a', 'x'.repeat(4096), './'.repeat(300) + 'a', 'a\0', 'a\0b', '\0'];
const NOT_TEXT = [[0xff], [0x61, 0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]];
const TARGETS = ['a', 'b', 'd', 'd/e', './a', 'nothing', 'n1', '../a', '../d/e', '..', '.', 'd/', 'a/', 'sd/e', '/a', '/sandbox/a', '../../a', 'd/../a', 'd/../../a', 'n1/../a', 'loop', 'n2', 'x'.repeat(300)];

const BAD_FDS = [99, 1000, 1_000_000, 0x7fffffff, 0xffffffff];
const LARGE = [2n ** 31n, 2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 10n];
const EDGES = [SIZE - 1, SIZE - 3, SIZE - 4, SIZE - 7, SIZE - 8, SIZE - 24, SIZE - 63, SIZE - 64, SIZE, SIZE + 1, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];
const RIGHTS = Object.values(RIGHT);

/** What the picture says of a slot. */
const [DIR, FILE, STREAM, NOTHING] = ['dir', 'file', 'stream', 'nothing'];

/** How often each function is called. */
const WEIGHTS = {
  path_open: 30, path_filestat_get: 12, path_rename: 8, path_link: 6, path_symlink: 6, path_create_directory: 6, path_unlink_file: 6,
  path_remove_directory: 5, path_readlink: 6, path_filestat_set_times: 5,
  fd_read: 10, fd_write: 10, fd_pread: 7, fd_pwrite: 7, fd_seek: 8, fd_tell: 4, fd_filestat_get: 7, fd_filestat_set_size: 5, fd_allocate: 4,
  fd_filestat_set_times: 4, fd_readdir: 10, fd_close: 7, fd_renumber: 3, fd_fdstat_get: 5, fd_fdstat_set_flags: 4, fd_fdstat_set_rights: 3,
  fd_advise: 3, fd_sync: 2, fd_datasync: 2, fd_prestat_get: 2, fd_prestat_dir_name: 3,
  args_get: 1, args_sizes_get: 1, environ_get: 1, environ_sizes_get: 1, clock_res_get: 2, clock_time_get: 2, random_get: 2, sched_yield: 1,
  poll_oneoff: 4, proc_raise: 1, sock_accept: 1, sock_recv: 1, sock_send: 1, sock_shutdown: 1,
};

/** One call while it is made up. */
class Draft {
  plants = [];
  patches = [];
  keeps = [];
  top = SCRATCH;

  constructor(random, picture) {
    this.random = random;
    this.picture = picture;
  }

  /** Room in memory; now and then at an address that is no multiple of anything, or not in memory at all. */
  room(size, { edge = true } = {}) {
    if (edge && this.random.chance(2)) return this.random.pick(EDGES);
    this.top = this.random.chance(10) ? this.top + 1 + this.random.below(7) : Math.ceil(this.top / 8) * 8;
    const at = this.top;
    this.top += size;
    return at;
  }

  /** Bytes in memory; `behind` follows them: node:wasi reads a path as C does, to its NUL. */
  put(bytes, behind = [0]) {
    const all = Buffer.from([...bytes, ...behind]);
    const at = this.room(all.length, { edge: false });
    this.plants.push({ at, bytes: all });
    return at;
  }

  /** A path as two arguments. */
  path(text) {
    const bytes = Buffer.from(text);
    const at = this.put(bytes);
    if (this.random.chance(1)) return [this.random.pick(EDGES), bytes.length];
    if (this.random.chance(1)) return [at, this.random.pick([0xffffffff, SIZE, SIZE - at + 1])];
    return [at, bytes.length];
  }

  /** A list of ranges as two arguments. `fill` makes what is in each. */
  iovecs(sizes, fill) {
    const list = sizes.map((size) => [fill === undefined ? this.room(size) : this.put(fill(size), []), this.random.chance(1) ? this.random.pick([0xffffffff, SIZE]) : size]);
    const words = new Uint32Array(list.flat());
    const at = this.put(Buffer.from(words.buffer), []);
    if (this.random.chance(1)) return [this.random.pick(EDGES), sizes.length];
    return [at, this.random.chance(1) ? this.random.pick([SIZE / 8, 0x20000000, 0xffffffff]) : sizes.length];
  }

  /** A slot that holds one of these, as far as the picture goes; now and then any, or a number that is not open. */
  slot(...kinds) {
    if (this.random.chance(4)) return this.random.pick(BAD_FDS);
    const fitting = this.picture.flatMap((kind, slot) => (kinds.includes(kind) ? [slot] : []));
    const slot = fitting.length === 0 || this.random.chance(6) ? this.random.below(SLOT_COUNT) : this.random.pick(fitting);
    return { slot };
  }

  dir() {
    if (this.random.chance(55)) return { slot: 3 };
    return this.slot(DIR);
  }
}

function somePath(random) {
  const kind = random.weighted({ name: 52, fresh: 24, link: 14, odd: 6, out: 2, decorated: 6 });
  if (kind === 'name') return random.pick(NAMES);
  if (kind === 'fresh') return random.pick(NEW);
  if (kind === 'link') return random.pick(LINKS);
  if (kind === 'out') return random.pick(OUT);
  if (kind === 'odd') return random.chance(4) ? Buffer.from(random.pick(NOT_TEXT)) : random.pick(ODD);
  const name = random.pick([...NAMES, ...NEW, ...LINKS]);
  return random.pick([`./${name}`, `${name}/`, `.//${name}`, name.replaceAll('/', '//'), `${name}/.`, `d/../${name}`, `${name}//`, `dot/${name}`]);
}

const size = (random) => random.pick([0, 1, 2, 3, 5, 10, 24, 64, 100, 1000, 5000]);
const bytes = (random) => (length) => Buffer.alloc(length, random.pick(['x', 'hello ', '0123456789', 'ä', '\0']));
const sizes = (random) => Array.from({ length: random.weighted({ 0: 1, 1: 10, 2: 4, 3: 2, 20: 1 }) | 0 }, () => size(random));
const offset = (random) => (random.chance(4) ? random.pick(LARGE) : BigInt(random.pick([0, 1, 3, 5, 9, 10, 100, 4096, 5000])));
// Most are whole seconds, which both keep; node:wasi drops the rest.
const time = (random) => (random.chance(20) ? random.pick([1_500_000_001n, 999_999_999n, ...LARGE]) : BigInt(random.below(2_000_000_000)) * 1_000_000_000n);
const timeFlags = (random) => (random.chance(90) ? random.pick([0, 1, 2, 4, 5, 6, 8, 9, 10]) : random.pick([3, 12, 15, 7, 16, 32, 0x8000, 0xffff, 0x10000, 0x10005]));
const lookup = (random) => (random.chance(97) ? random.below(2) * FOLLOW : random.pick([2, 3, 0x10001, 0xfffffffe]));

function asked(random) {
  const kind = random.weighted({ read: 30, both: 40, write: 4, without: 12, few: 6, none: 4, all: 2 });
  if (kind === 'read') return READ;
  if (kind === 'both') return READ | WRITE;
  if (kind === 'write') return WRITE | RIGHT.fd_seek;
  if (kind === 'without') return (READ | WRITE) & ~random.pick(RIGHTS);
  if (kind === 'few') return random.pick(RIGHTS) | random.pick(RIGHTS);
  return kind === 'none' ? 0n : random.pick([2n ** 64n - 1n, ALL, ALL + 1n, 1n << 30n]);
}

/** What a path most likely names. */
const looksLikeDirectory = (text) => /^(?:d|dd|void|y|sd|sg|dot|slash|ty|d\/g|\.|\.\/|d\/\.\.|n1|n2|g)$/.test(String(text));

function open(draft) {
  const { random, picture } = draft;
  const wantsDirectory = random.chance(30);
  const text = wantsDirectory && random.chance(80) ? random.pick(['d', 'd/g', 'void', 'dd', 'y', '.', 'n1', 'n2', 'sd', 'dot']) : somePath(random);
  const directory = wantsDirectory || looksLikeDirectory(text);
  const oflags = directory
    ? random.pick([0, OFLAGS.DIRECTORY, OFLAGS.DIRECTORY, OFLAGS.DIRECTORY, random.below(16)])
    : random.chance(97) ? random.pick([0, 0, 0, 1, 1, 1, 5, 8, 9, 13, random.below(16)]) : random.pick([16, 0xffff, 0x10001]);
  const base = directory && random.chance(85) ? READ & ~(random.chance(15) ? random.pick(RIGHTS) : 0n) : asked(random);
  const inheriting = random.chance(80) ? (directory ? ALL : 0n) : random.pick([0n, ALL, READ, READ | WRITE, asked(random)]);
  const fdflags = random.chance(75) ? 0 : random.chance(95) ? random.below(32) : random.pick([32, 0xffff, 0x10000]);
  const out = draft.room(4);
  const to = 5 + random.below(SLOT_COUNT - 5);
  draft.keeps.push({ from: out, to: SLOTS + 4 * to, bytes: 4 });
  picture[to] = directory ? DIR : FILE;
  // Following is what most opens ask for; an open that does not differs where it meets a link.
  const dirflags = random.chance(80) ? FOLLOW : lookup(random);
  return [draft.dir(), dirflags, ...draft.path(text), oflags, base, inheriting, fdflags, out];
}

function subscriptions(draft) {
  const { random } = draft;
  const count = random.weighted({ 0: 1, 1: 12, 2: 6, 3: 1 }) | 0;
  const list = Buffer.alloc(48 * count, 0x3f);
  const fds = [];
  for (let index = 0; index < count; index++) {
    const at = 48 * index;
    list.writeBigUInt64LE(BigInt(random.below(1000)), at);
    const type = random.chance(97) ? random.pick([EVENT.CLOCK, EVENT.CLOCK, EVENT.FD_READ, EVENT.FD_WRITE]) : random.pick([3, 255]);
    list[at + 8] = type;
    if (type === EVENT.CLOCK) {
      list.writeUInt32LE(random.chance(90) ? random.below(2) : random.pick([2, 3, 4, 0xffffffff]), at + 16);
      list.writeBigUInt64LE(random.pick([0n, 1n, 500_000n, 1_000_000n, 2_000_000n]), at + 24);
      list.writeBigUInt64LE(0n, at + 32);
      list.writeUInt16LE(random.chance(95) ? 0 : random.pick([1, 2, 0xffff]), at + 40);
    } else {
      const fd = draft.slot(FILE, STREAM, DIR);
      if (typeof fd === 'number') list.writeUInt32LE(fd, at + 16);
      else fds.push({ at: at + 16, ...fd });
    }
  }
  const at = draft.put(list, []);
  for (const { at: offsetOf, slot } of fds) draft.patches.push({ at: at + offsetOf, slot });
  return [at, draft.room(32 * count), count, draft.room(4)];
}

/** How the arguments of each function are made up. */
const ARGUMENTS = {
  args_get: (draft) => [draft.room(64), draft.room(256)],
  args_sizes_get: (draft) => [draft.room(4), draft.room(4)],
  environ_get: (draft) => [draft.room(64), draft.room(256)],
  environ_sizes_get: (draft) => [draft.room(4), draft.room(4)],
  clock_res_get: (draft) => [draft.random.pick([0, 1, 2, 3, 3, 4, 0xffff]), draft.room(8)],
  clock_time_get: (draft) => [draft.random.pick([0, 1, 2, 3, 4, 0xffff]), offset(draft.random), draft.room(8)],
  fd_advise: (draft) => [draft.slot(FILE, DIR), offset(draft.random), offset(draft.random), draft.random.chance(90) ? draft.random.below(7) : draft.random.pick([255, 256, 0xffff])],
  fd_allocate: (draft) => [draft.slot(FILE), offset(draft.random), offset(draft.random)],
  fd_close(draft) {
    const fd = draft.random.chance(85) ? draft.slot(FILE, DIR) : draft.slot(FILE, DIR, STREAM, NOTHING);
    // The preopens and the streams are worth more than one try.
    if (fd.slot < 5 && draft.random.chance(80)) return [{ slot: 5 + draft.random.below(SLOT_COUNT - 5) }];
    return [fd];
  },
  fd_datasync: (draft) => [draft.slot(FILE, DIR)],
  fd_fdstat_get: (draft) => [draft.slot(FILE, DIR, STREAM), draft.room(24)],
  fd_fdstat_set_flags: (draft) => [draft.slot(FILE, DIR, STREAM), draft.random.chance(95) ? draft.random.below(32) : draft.random.pick([32, 0xffff, 0x10001])],
  fd_fdstat_set_rights(draft) {
    const rights = () => draft.random.pick([READ, WRITE, READ | WRITE, 0n, ALL, READ & 0x0fbffe98n, asked(draft.random)]);
    const fd = draft.slot(FILE, DIR);
    return [fd.slot < 5 ? { slot: 5 + draft.random.below(SLOT_COUNT - 5) } : fd, rights(), rights()];
  },
  fd_filestat_get: (draft) => [draft.slot(FILE, DIR, STREAM), draft.room(64)],
  fd_filestat_set_size: (draft) => [draft.slot(FILE), offset(draft.random)],
  fd_filestat_set_times: (draft) => [draft.slot(FILE, DIR, STREAM), time(draft.random), time(draft.random), timeFlags(draft.random)],
  fd_pread: (draft) => [draft.slot(FILE), ...draft.iovecs(sizes(draft.random)), offset(draft.random), draft.room(4)],
  fd_prestat_get: (draft) => [draft.random.chance(70) ? { slot: 3 + draft.random.below(2) } : draft.slot(FILE, DIR, STREAM, NOTHING), draft.room(8)],
  fd_prestat_dir_name: (draft) => [draft.random.chance(80) ? { slot: 3 + draft.random.below(2) } : draft.slot(DIR), draft.room(64), draft.random.pick([64, 8, 8, 6, 7, 5, 0, 1, 100])],
  fd_pwrite: (draft) => [draft.slot(FILE), ...draft.iovecs(sizes(draft.random), bytes(draft.random)), offset(draft.random), draft.room(4)],
  fd_read: (draft) => [draft.slot(FILE, FILE, STREAM), ...draft.iovecs(sizes(draft.random)), draft.room(4)],
  fd_readdir(draft) {
    const length = draft.random.pick([4096, 4096, 4096, 1000, 300, 100, 60, 30, 25, 24, 23, 10, 1, 0]);
    const buffer = draft.room(length);
    const cookie = draft.random.chance(75) ? 0n : draft.random.chance(70) ? { cookie: true } : draft.random.pick([1n, 2n, 3n, 5n, 1000n, 2n ** 32n]);
    // Of an entry that did not fit there is no cookie.
    if (length >= 24) draft.keeps.push({ from: buffer, to: COOKIE, bytes: 8 });
    return [draft.slot(DIR), buffer, length, cookie, draft.room(4)];
  },
  fd_renumber(draft) {
    const [from, to] = [draft.slot(FILE, DIR), draft.slot(FILE, DIR, STREAM)];
    return [from, to.slot < 5 && draft.random.chance(80) ? { slot: 5 + draft.random.below(SLOT_COUNT - 5) } : to];
  },
  fd_seek: (draft) => [draft.slot(FILE), draft.random.chance(80) ? offset(draft.random) : -offset(draft.random), draft.random.chance(90) ? draft.random.below(3) : draft.random.pick([3, 4, 255, 256, 0xffff]), draft.room(8)],
  fd_sync: (draft) => [draft.slot(FILE, DIR)],
  fd_tell: (draft) => [draft.slot(FILE), draft.room(8)],
  fd_write: (draft) => [draft.slot(FILE, FILE, STREAM), ...draft.iovecs(sizes(draft.random), bytes(draft.random)), draft.room(4)],
  path_create_directory: (draft) => [draft.dir(), ...draft.path(draft.random.chance(60) ? draft.random.pick(NEW) : somePath(draft.random))],
  path_filestat_get: (draft) => [draft.dir(), lookup(draft.random), ...draft.path(somePath(draft.random)), draft.room(64)],
  path_filestat_set_times: (draft) => [draft.dir(), lookup(draft.random), ...draft.path(somePath(draft.random)), time(draft.random), time(draft.random), timeFlags(draft.random)],
  path_link: (draft) => [draft.dir(), draft.random.chance(75) ? 0 : lookup(draft.random), ...draft.path(somePath(draft.random)), draft.dir(), ...draft.path(draft.random.chance(60) ? draft.random.pick(NEW) : somePath(draft.random))],
  path_open: open,
  path_readlink(draft) {
    const length = draft.random.chance(85) ? 256 : draft.random.pick([0, 1, 2, 3, 8]);
    return [draft.dir(), ...draft.path(draft.random.chance(60) ? draft.random.pick(LINKS) : somePath(draft.random)), draft.room(length), length, draft.room(4)];
  },
  path_remove_directory: (draft) => [draft.dir(), ...draft.path(draft.random.chance(40) ? draft.random.pick(['void', 'n1', 'n2', 'd/n1', 'd/g']) : somePath(draft.random))],
  path_rename: (draft) => [draft.dir(), ...draft.path(draft.random.chance(25) ? draft.random.pick(['d', 'd/g', 'dd', 'void', 'n1', 'n2']) : somePath(draft.random)), draft.dir(), ...draft.path(draft.random.chance(60) ? draft.random.pick(NEW) : somePath(draft.random))],
  path_symlink(draft) {
    const target = draft.random.chance(70) ? draft.random.pick(['a', 'd', 'd/e', 'nothing', 'n1', 'n2', '.', './a']) : draft.random.pick(TARGETS);
    return [...draft.path(target), draft.dir(), ...draft.path(draft.random.chance(75) ? draft.random.pick(NEW) : somePath(draft.random))];
  },
  path_unlink_file: (draft) => [draft.dir(), ...draft.path(somePath(draft.random))],
  poll_oneoff: subscriptions,
  proc_exit: (draft) => [draft.random.pick([0, 1, 2, 7, 125, 126, 255, 256, 0x7fffffff, 0xffffffff, 0x80000000])],
  proc_raise: (draft) => [draft.random.pick([draft.random.below(40), 256, 300])],
  random_get(draft) {
    const length = draft.random.pick([0, 1, 16, 64, 1000, 8192]);
    return [draft.room(length), length];
  },
  sched_yield: () => [],
  sock_accept: (draft) => [draft.slot(FILE, DIR, STREAM), draft.random.pick([0, 0, 4, 1, 0xffff, 0x10000]), draft.room(4)],
  sock_recv: (draft) => [draft.slot(FILE, DIR, STREAM), ...draft.iovecs([10]), draft.random.pick([0, 0, 0, 1, 0xffff]), draft.room(4), draft.room(2)],
  sock_send: (draft) => [draft.slot(FILE, DIR, STREAM), ...draft.iovecs([5], bytes(draft.random)), draft.random.pick([0, 0, 0, 1, 0xffff]), draft.room(4)],
  sock_shutdown: (draft) => [draft.slot(FILE, DIR, STREAM), draft.random.pick([0, 1, 2, 3, 4, 0xff, 0x102])],
};

/** One call that may be made; what may not is counted in `avoided`, by the rule's name, and another takes its place. */
function call(random, picture, options, avoided, functions = WEIGHTS) {
  for (;;) {
    const seen = [...picture];
    const draft = new Draft(random, seen);
    const name = random.weighted(functions);
    const args = ARGUMENTS[name](draft);
    const made = { name, args, plants: draft.plants, patches: draft.patches, keeps: draft.keeps };
    const rule = avoid(made, options);
    if (rule === undefined) {
      seen.forEach((kind, slot) => { picture[slot] = kind; });
      return made;
    }
    avoided[rule.name] = (avoided[rule.name] ?? 0) + 1;
  }
}

/**
 * @param {number} seed
 * @param {number} [length] how many calls
 * @returns {{ seed: number, options: object, calls: object[], avoided: Record<string, number> }}
 */
function generate(seed, length = 250) {
  const random = new Random(seed);
  const picture = Array.from({ length: SLOT_COUNT }, (_, slot) => (slot < 3 ? STREAM : slot < 5 ? DIR : NOTHING));
  const avoided = {};
  const options = {
    preopens: random.pick([['/sandbox', '/other'], ['/sandbox', '/other'], ['/', '/other'], ['.', 'rel'], ['/sandbox', '/sandbox/inner']]),
    streams: Array.from({ length: 3 }, () => random.pick(['file', 'file', 'null'])),
  };
  const calls = Array.from({ length }, () => call(random, picture, options, avoided));
  if (random.chance(70)) calls.push(call(random, picture, options, avoided, { proc_exit: 1 }));
  return { seed, options, calls, avoided };
}

module.exports = { ARGUMENTS, generate };
