'use strict';
// Every attack: its class, its name, the advisories of other hosts that it repeats, and where it is made. RATIONALE.md ("Failures of other
// hosts") has the classes with what holds here, and names these cases; rationale.test.js compares the two.
const { KINDS, kindsWhere } = require('./worlds.js');

const WRITABLE = kindsWhere((kind) => kind.writable && !kind.file);
const READ_ONLY = kindsWhere((kind) => !kind.writable);
const FILES = kindsWhere((kind) => kind.file);
// A read-only single file has no `sub`: what is about a whole tree is not for it.
const READ_ONLY_TREES = READ_ONLY.filter((name) => !KINDS[name].file);
// Directories of the host's disk, where it can put FIFOs.
const ON_DISK = kindsWhere((kind) => (kind.disk || kind.lower) && !kind.file);

const ENGINES = ['v8', 'engine'];

const attack = (name, ...advisories) => ({ name, advisories });

/** The programs, with the attacks in the order in which each makes them. What its first argument is, attack.h says. */
const PROGRAMS = [
  {
    program: 'attack_paths', class: 'path traversal', kinds: [...WRITABLE, ...READ_ONLY_TREES, ...FILES],
    attacks: [
      attack('path_open: two dots lead nowhere, in whatever words'),
      attack('path_open: an absolute path leads nowhere', 'GHSA-4mq4-7rw3-vm5j'),
      attack('path_open: a path may not leave and come back'),
      attack('path_open: a directory that the guest opened is a box of its own'),
      attack('path_open: names of other systems are names: no drive, no device, no separator', 'GHSA-c2f5-jxjv-2hh8', 'GHSA-hxf5-99xg-86hw', 'GHSA-f2pq-268w-886c'),
      attack('path_open: a NUL cuts nothing off, and what is no text is no path'),
      attack('path_open: names that mean something in a layer of an image change nothing below it'),
      attack('path_filestat_get: what is outside cannot be told from what is nowhere', 'CVE-2026-21715', 'CVE-2026-106073'),
      attack('path_open: no length of a path makes it lead out'),
    ],
  },
  {
    program: 'attack_links', class: 'links', kinds: [...WRITABLE, ...READ_ONLY_TREES],
    attacks: [
      attack('path_open: a planted link to a file outside is not followed', 'CVE-2021-41641', 'wazero/wazero#2321'),
      attack('path_open: a planted link to a directory outside is not passed', 'CVE-2021-41641', 'nodejs/node#64409'),
      attack("path_open: a slash at the end, of the path or of a link's text, leads no further", 'GHSA-vqjp-4c8c-hfgg'),
      attack('path_open: creating and truncating for writing follow no link out', 'CVE-2024-38358'),
      attack('path_symlink: a link that the guest makes leads nowhere, wherever it is moved', 'CVE-2024-38358', 'wazero/wazero#2321'),
      attack('path_symlink: a link to its own directory earns no level', 'benoitc/erlang_wasm#36'),
      attack('path_symlink: directories and links in a chain lead no higher than the box', 'CVE-2025-55130'),
      attack('path_link: a hard link is no way to where a link points'),
      { ...attack('path_open: links in a circle end with an error'), class: 'resource exhaustion' },
      { ...attack('path_open: planted links to the magic links of /proc are not followed', 'CVE-2024-34346', 'CVE-2025-52881'), class: 'magic links' },
    ],
  },
  {
    program: 'attack_file', class: 'links', kinds: ['a directory'], second: 'file',
    attacks: [
      attack('path_open: a mounted file whose name becomes a link out is not followed'),
      { ...attack('path_rename: the name of a mounted file is neither taken away nor given to another'), class: 'renames and links between preopens' },
    ],
  },
  {
    program: 'attack_proc', class: 'magic links', kinds: ['/proc/self'],
    attacks: [attack('path_open: the magic links of a preopened /proc/self are not followed', 'CVE-2024-34346')],
  },
  {
    program: 'attack_crossings', class: 'renames and links between preopens', kinds: WRITABLE, second: 'read-only',
    attacks: [
      attack('path_link: a read-only file gets no second name where it could be written', 'GHSA-4ch3-9j33-3pmj'),
      attack('path_rename: a read-only file is not moved to where it could be written', 'GHSA-4ch3-9j33-3pmj'),
      attack("path_rename: nothing of the guest's gets in the place of a read-only file"),
      attack('path_symlink: a link in the writable one is no way to write what is read-only'),
      attack('fd_renumber: a read-only directory under another number is read-only'),
    ],
  },
  {
    program: 'attack_rights', class: 'rights widening', kinds: WRITABLE,
    attacks: [
      { ...attack('path_open: truncating asks for the right to write', 'GHSA-2r75-cxrj-cmph'), class: 'truncation without write' },
      attack('path_open: no descriptor has more rights than the directory passes on'),
      attack('path_open: a directory opened through one with few rights has few'),
      attack('fd_fdstat_set_rights: what was given up, or never had, is not regained'),
      attack('fd_filestat_set_times: a file opened to be read keeps its times', 'CVE-2025-61785', 'CVE-2025-55132', 'CVE-2026-48935'),
      attack('fd_filestat_get: a file that may only be written tells nothing of itself', 'CVE-2025-61786'),
      attack('fd_fdstat_set_flags: no flag makes a file writable, and each asks for its right'),
      attack('fd_allocate: a file opened to be read keeps its size'),
      attack('fd_renumber: rights go along with a descriptor, wherever it is moved'),
      attack('fd_write: a directory is no file, and a file no directory'),
    ],
  },
  {
    program: 'attack_read_only', class: 'read-only preopens', kinds: READ_ONLY,
    attacks: [
      { ...attack('path_open: nothing is truncated, whatever rights are asked for', 'GHSA-2r75-cxrj-cmph'), class: 'truncation without write' },
      attack('path_open: nothing is created, whatever rights are asked for'),
      attack('fd_write: no descriptor writes, whatever rights and flags it was opened with'),
      attack('fd_filestat_set_times: no times are set, of files, directories or links', 'CVE-2025-61785', 'CVE-2025-55132', 'CVE-2026-48935'),
      attack('path_unlink_file: nothing is removed, made, linked or moved', 'GHSA-4ch3-9j33-3pmj'),
      attack('fd_renumber: a read-only file in the place of standard output takes nothing'),
    ],
  },
  {
    program: 'attack_descriptors', class: 'descriptors', kinds: WRITABLE, options: { maxFds: 64 },
    attacks: [
      attack('fd_renumber: numbers that nothing has are refused, on either side', 'GHSA-fm79-3f68-h2fc'),
      attack('fd_renumber: what was under a number is released, each time', 'GHSA-3p27-qvp9-27qf'),
      { ...attack('path_open: there are no more descriptors than the limit, and then an error', 'GHSA-852m-cvvp-9p4w'), class: 'resource exhaustion' },
      attack('fd_close: a closed number answers nothing, and is not closed twice'),
      attack('fd_readdir: positions made up lead nowhere'),
      attack('fd_renumber: a file in the place of the preopen is no preopen, and leads nowhere'),
    ],
  },
  {
    program: 'attack_numbers', class: 'numbers', kinds: WRITABLE,
    attacks: [
      attack('fd_read: iovec counts that wrap, and lists beyond memory, are refused'),
      attack('fd_write: buffers beyond memory are refused, and nothing of them is read or written'),
      { ...attack('fd_pwrite: a long list over the same bytes writes what it says, and no more', 'GHSA-852m-cvvp-9p4w'), class: 'allocation' },
      attack('poll_oneoff: subscription counts that wrap, and events beyond memory, are refused', 'CVE-2026-54914'),
      { ...attack('random_get: lengths beyond memory are refused', 'GHSA-852m-cvvp-9p4w'), class: 'allocation' },
      attack("fd_readdir: buffers beyond memory are refused, and between the fields are no bytes of the host's", 'GHSA-96f6-r43r-8c24'),
      { ...attack('path_open: lengths of paths beyond memory are refused', 'GHSA-852m-cvvp-9p4w'), class: 'allocation' },
      { ...attack('fd_filestat_set_size: sizes and positions far out take no room', 'GHSA-852m-cvvp-9p4w'), class: 'allocation' },
      { ...attack('path_filestat_set_times: times before the epoch and at the end of all are answered', 'GHSA-mr2v-56j5-cmfc'), class: 'panics' },
      attack('args_get: tables beyond memory are refused'),
      { ...attack('path_open: flags, clocks and kinds that do not exist do nothing'), class: 'panics' },
    ],
  },
  {
    program: 'attack_floods', class: 'resource exhaustion', kinds: WRITABLE, options: { stderr: 'ignore' },
    attacks: [
      { ...attack('fd_write: empty writes cost nothing, however many', 'GHSA-5m8g-xhq4-4h93'), class: 'output floods' },
      { ...attack('fd_write: what nobody keeps is not held', 'GHSA-gqmc-89g8-p25r'), class: 'output floods' },
      attack('fd_write: a file takes no more than the filesystem has room for', 'GHSA-852m-cvvp-9p4w'),
      attack('path_create_directory: hundreds of names, and directories in directories, end at most with an error'),
    ],
  },
  {
    program: 'attack_waits', class: 'blocking opens', kinds: ON_DISK, world: { special: true },
    attacks: [attack('path_open: a FIFO, a socket or a device is refused at once')],
  },
  {
    program: 'attack_alone', class: 'path traversal', kinds: ['nothing'],
    attacks: [
      attack('path_open: without a preopen there is no file, whatever number stands for the directory', 'GHSA-4mq4-7rw3-vm5j'),
      attack("environ_get: what the host's environment has is not the guest's"),
    ],
  },
  {
    // Only the engine runs WASIX. Descriptor 3 is `/` there, and a directory that the guest opened is no box: only what is the host's is outside.
    program: 'attack_wasix', class: 'WASIX', kinds: ['a directory', 'a directory, read-only'], engines: ['engine'], at: 'box',
    attacks: [
      attack('path_open: a guest of WASIX reads nothing outside its mounts', 'GHSA-4mq4-7rw3-vm5j', 'CVE-2024-38358'),
      attack('path_open: a guest of WASIX changes nothing outside its mounts', 'CVE-2024-38358'),
      attack('path_symlink: a guest of WASIX makes no link that leads it outside', 'CVE-2024-38358'),
      attack('fd_read: numbers that a guest of WASIX makes up end no host', 'GHSA-852m-cvvp-9p4w'),
    ],
  },
];

/** What takes two programs, or is judged by how the program ends: scenarios.js has the function of each name. */
const RACES = kindsWhere((kind) => kind.kernel);
const SCENARIOS = [
  { scenario: 'race', class: 'link races', kinds: RACES, ...attack('path_open: names that are swapped for links meanwhile lead nowhere', 'CVE-2021-30465', 'CVE-2025-31133', 'CVE-2025-52565', 'nodejs/node#50396') },
  { scenario: 'shared', class: 'shared memory', kinds: ['a directory', 'a directory, read-only'], ...attack('path_open: a path, an iovec and a subscription that another thread rewrites are read once', 'GHSA-hc7m-r6v8-hg9q') },
  { scenario: 'signals', class: 'signals', kinds: ['nothing'], ...attack('proc_raise: no signal reaches the host') },
  { scenario: 'stdio', class: 'descriptors', kinds: ['nothing'], ...attack("fd_fdstat_set_flags: the host's own streams keep their flags, their numbers and their files") },
  { scenario: 'output', class: 'output floods', kinds: ['nothing'], ...attack('fd_write: of 64 MiB of output as much is kept as the limit says', 'GHSA-852m-cvvp-9p4w') },
  { scenario: 'forever', class: 'resource exhaustion', kinds: ['nothing'], ...attack('poll_oneoff: a guest that spins, sleeps, yields or asks for randomness for ever is ended') },
  { scenario: 'poll0', class: 'resource exhaustion', kinds: ['nothing'], ...attack("poll_oneoff: a million subscriptions of preview0's do not outlast their time", 'GHSA-j366-h8gg-77pm') },
  { scenario: 'tables', class: 'allocation', kinds: ['nothing'], engines: ['engine'], ...attack('_start: tables of thousands of millions of elements are refused, and end no host', 'GHSA-p8xm-42r7-89xg') },
];

/** Each attack once: { class, name, advisories, kinds, engines, program | scenario }. */
const ATTACKS = [
  ...PROGRAMS.flatMap(({ program, class: common, kinds, engines = ENGINES, attacks }) => attacks.map((one) => ({ class: common, kinds, engines, program, ...one }))),
  ...SCENARIOS.map((one) => ({ engines: ENGINES, ...one })),
];

module.exports = { ATTACKS, PROGRAMS, SCENARIOS };
