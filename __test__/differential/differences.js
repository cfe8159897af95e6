'use strict';
// The differences from node:wasi that are deliberate, each with its heading in RATIONALE.md and exactly when it may appear. A rule sees
// the call (its function, arguments and facts) and what both sides answered; what no rule allows is a finding.
//
//   amends(call, node, ours)   what node:wasi's answer is without the rule's difference; several rules may have a part in one answer
//   allows(call, node, ours)   whether the difference that is left is the rule's
//   onDisk                     it can appear only where the trees are on a disk
//   parts                      both succeeded, and the states differ all the same
//   hidden(call)               the answers may agree and the states differ all the same
//
// `node` and `ours` have `errno` by name, `read` (what was written, by its meaning) and `wrote` (all other bytes that changed). Where
// exactly one side succeeded, or a rule says `parts` or `hidden`, the states have parted. Then the call is made by neither side in another run,
// and so all that follows it is compared, too.
const { isDeepStrictEqual } = require('node:util');
const { ERRNO, EVENT, FDFLAGS, OFLAGS, RIGHT, SIGNATURES } = require('../helpers/abi');
const why = require('../helpers/why');

const SECOND = 1_000_000_000n;
const { CREAT, DIRECTORY, EXCL } = OFLAGS;

const same = isDeepStrictEqual;
const succeeded = (...answers) => answers.every(({ errno }) => errno === 'SUCCESS');
const paths = ({ facts }) => facts?.paths ?? [];

/** A component that node:wasi removes from the text, and the kernel looks at. */
const hasDots = (text) => text?.split('/').some((part) => part === '.' || part === '..');
const endsInDots = (text) => /(?:^|\/)\.\.?\/*$/.test(text ?? '');

/** Whether the two read a path differently: they mean another place, or one of them none. */
function apart({ kernel, node }) {
  if (kernel === undefined) return false;
  return kernel.path === undefined || node.path === undefined || kernel.path !== node.path;
}

/** A time that node:wasi has cut to seconds. */
const cut = (node, ours) => node === ours || (typeof ours === 'bigint' && node === ours - (ours % SECOND)) || (typeof ours === 'bigint' && node === 'now');

/** Whether a poll is one of those on which the two differ, and ours says what it ought to. */
function waitsOurWay(subscriptions, node, ours) {
  // One clock, known, and whole milliseconds: both say the same.
  const [first] = subscriptions;
  const plain = subscriptions.length === 1 && first.type === EVENT.CLOCK && first.clock < 2 && first.timeout % 1_000_000n === 0n && first.flags === 0;
  if (plain) return false;
  if (subscriptions.some(({ type, flags }) => type > EVENT.FD_WRITE || (type === EVENT.CLOCK && flags > 1))) return ours.errno === 'INVAL';
  if (ours.errno === 'NOTCAPABLE') return node.errno === 'PERM' && subscriptions.some(({ kind }) => kind?.stream);
  if (ours.errno !== 'SUCCESS') return false;
  const expected = subscriptions.map(({ userdata, type, clock, kind }) => {
    if (type !== EVENT.CLOCK) return { userdata, type, now: true, error: kind === undefined || kind.dir ? 'BADF' : 'SUCCESS' };
    return { userdata, type, now: clock > 1, error: clock < 2 ? 'SUCCESS' : clock < 4 ? 'NOTSUP' : 'INVAL' };
  });
  const said = ours.read.events.map(({ userdata, type, error }) => ({ userdata, type, error: ERRNO[error] }));
  const has = (list, { userdata, type, error }) => list.some((each) => each.userdata === userdata && each.type === type && each.error === error);
  return said.length > 0 && said.every((event) => has(expected, event)) && expected.filter(({ now }) => now).every((event) => has(said, event));
}

const RULES = [
  {
    name: 'an address from 2 GiB on',
    why: why.coercion,
    allows: ({ name, args }, node) => node.errno === 'INVAL' && args.some((value, index) => SIGNATURES[name][index] === 'i' && value > 0x7fffffff),
  },
  {
    name: 'flags of a descriptor',
    why: why.fdflags,
    amends({ name }, node, ours) {
      if (name !== 'fd_fdstat_get' || !succeeded(node, ours) || ours.read.flags > 31) return node;
      // What can be seen on both sides is whether it appends (O_APPEND of Linux).
      const appends = (node.read.flags & 0x400) !== 0;
      return appends === ((ours.read.flags & FDFLAGS.APPEND) !== 0) ? { ...node, read: { ...node.read, flags: ours.read.flags } } : node;
    },
  },
  {
    name: 'rights of a stream',
    why: why.directions,
    amends({ name, facts }, node, ours) {
      if (name !== 'fd_fdstat_get' || !facts.kinds[0]?.stream || !succeeded(node, ours)) return node;
      const more = node.read.base & ~ours.read.base & (RIGHT.fd_read | RIGHT.fd_write);
      return { ...node, read: { ...node.read, base: node.read.base & ~more } };
    },
    allows: ({ name, facts }, node, ours) =>
      /^fd_p?(?:read|write)$/.test(name) && facts.kinds[0]?.stream && (node.errno === 'BADF' || node.errno === 'SUCCESS') && ours.errno === 'NOTCAPABLE',
  },
  {
    name: 'a name in a buffer too short',
    why: why.prestatName,
    allows: ({ name }, node, ours) => name === 'fd_prestat_dir_name' && node.errno === 'NOBUFS' && ours.errno === 'NAMETOOLONG',
  },
  {
    name: 'a target in a buffer too short',
    why: why.readlink,
    allows: ({ name, args }, node, ours) => name === 'path_readlink' && node.errno === 'NOBUFS' && ours.errno === 'SUCCESS' && ours.read.target.length === args[4],
  },
  {
    name: 'a NUL behind a target',
    why: why.readlink,
    amends: ({ name, args }, node, ours) =>
      (name === 'path_readlink' && succeeded(node, ours) && same(node.wrote, [[args[3] + node.read.target.length, '00']]) ? { ...node, wrote: [] } : node),
  },
  {
    name: 'what is no socket',
    why: why.notSocket,
    // Flags that node:wasi does not know are checked first there, and those of no function here. Where sock_accept is to write its
    // descriptor is no question there before it has one.
    allows: ({ name }, node, ours) => (name.startsWith('sock_') && ['NOTCAPABLE', 'NOTSUP'].includes(node.errno) && ['NOTSOCK', 'NOTSUP', 'BADF'].includes(ours.errno))
      || (name === 'sock_accept' && ['NOTCAPABLE', 'NOTSUP', 'BADF'].includes(node.errno) && ours.errno === 'OVERFLOW'),
  },
  {
    name: 'a path beneath what is no directory',
    why: why.notDirectory,
    allows: (call, node, ours) => ours.errno === 'NOTDIR' && paths(call).some(({ through }) => through === 'file'),
  },
  {
    name: 'a listing of what is no directory',
    why: why.notDirectory,
    allows: ({ name, facts }, node, ours) => name === 'fd_readdir' && ours.errno === 'NOTDIR' && facts.kinds[0]?.dir !== true,
  },
  {
    name: 'an offset past the largest file',
    why: why.offsets,
    // A disk in memory has files of any size.
    onDisk: true,
    allows: ({ name }, node, ours) => name === 'fd_seek' && node.errno === 'INVAL' && ours.errno === 'SUCCESS',
  },
  {
    name: 'the times of a device',
    why: why.deviceTimes,
    allows: ({ name, facts }, node, ours) => name === 'fd_filestat_set_times' && facts.kinds[0]?.stream && node.errno === 'SUCCESS' && ours.errno === 'INVAL',
  },
  {
    name: 'more than a file can have',
    why: why.allocate,
    allows: ({ name, args: [, offset, length] }, node, ours) => name === 'fd_allocate' && offset + length >= 2n ** 63n && ['INVAL', 'FBIG'].includes(ours.errno),
  },
  {
    name: 'a path that is not UTF-8',
    why: why.utf8,
    allows: (call, node, ours) => ours.errno === 'ILSEQ' && paths(call).some(({ utf8 }) => utf8 === false),
  },
  {
    name: 'a path that is too long, beside another',
    why: why.utf8,
    allows: (call, node, ours) => ours.errno === 'NAMETOOLONG' && node.errno !== 'SUCCESS' && paths(call).length === 2 && paths(call).some(({ text }) => text?.length > 4095),
  },
  {
    name: 'a path that ends in NUL',
    why: why.utf8,
    allows: (call, node, ours) => ours.errno === 'INVAL' && paths(call).some(({ text }) => text?.endsWith('\0')),
  },
  {
    name: 'an exclusive creation through a link',
    why: why.exclusive,
    allows: (call, node, ours) => call.name === 'path_open' && (call.args[4] & (CREAT | EXCL)) === (CREAT | EXCL) && ours.errno === 'EXIST' && paths(call)[0].follow,
  },
  {
    name: 'an open that does not follow',
    why: why.nofollow,
    allows: (call, node, ours) => call.name === 'path_open' && !paths(call)[0].follow && paths(call)[0].type === 'link' &&
      (ours.errno === 'LOOP' || (ours.errno === 'NOTDIR' && (call.args[4] & DIRECTORY) !== 0)),
  },
  {
    name: 'an absolute link',
    why: why.absoluteLinks,
    allows: (call, node, ours) => ours.errno === 'NOTCAPABLE' && paths(call).some(({ kernel }) => kernel?.absolute),
  },
  {
    name: 'a path that leaves',
    why: why.links,
    allows: (call, node, ours) => ours.errno === 'NOTCAPABLE' && paths(call).some(({ kernel }) => kernel?.leaves),
  },
  {
    name: 'a link that points up',
    why: why.links,
    allows(call, node, ours) {
      if (call.name !== 'path_symlink') return false;
      const [target] = paths(call);
      return (node.errno === 'NOTCAPABLE' && target.node?.error === 'NOTCAPABLE') || (ours.errno === 'NOTCAPABLE' && target.text?.split('/').includes('..'));
    },
  },
  {
    name: 'a directory that was moved',
    why: why.handles,
    allows: (call) => paths(call).some(({ moved }) => moved) || (call.name === 'fd_readdir' && call.facts.kinds[0]?.moved),
  },
  {
    name: 'a path that its text does not tell',
    why: why.kernelPaths,
    allows: (call) => paths(call).some((fact) => hasDots(fact.text) && apart(fact)),
  },
  {
    name: 'a link whose text does not tell where it leads',
    why: why.kernelPaths,
    allows: (call) => paths(call).some((fact) => fact.follow && apart(fact)),
  },
  {
    name: 'a change of a name that is dots',
    why: why.kernelPaths,
    allows: (call, node, ours) => ours.errno !== 'SUCCESS' && paths(call).some(({ text }) => endsInDots(text)),
  },
  {
    name: 'an open that names no rights',
    why: why.rightsZero,
    hidden: ({ name, args }) => name === 'path_open' && args[5] === 0n && args[6] === 0n,
    allows: ({ name, args }) => name === 'path_open' && args[5] === 0n && args[6] === 0n,
  },
  {
    name: 'a fraction of a second',
    why: why.times,
    amends: ({ name }, node, ours) =>
      (name.endsWith('filestat_get') && succeeded(node, ours) && node.read.mtim !== ours.read.mtim && cut(node.read.mtim, ours.read.mtim) ? { ...node, read: { ...node.read, mtim: ours.read.mtim } } : node),
  },
  {
    name: 'the resolution of the CPU clock',
    why: why.times,
    allows: ({ name, args }, node, ours) => name === 'clock_res_get' && args[0] === 3 && succeeded(node, ours) && ours.read.resolution === 1n,
  },
  {
    name: 'inodes of entries',
    why: why.readdirInodes,
    amends({ name }, node, ours) {
      if (name !== 'fd_readdir' || !succeeded(node, ours) || ours.read.entries.some(({ ino }) => ino !== 'right')) return node;
      return { ...node, read: { ...node.read, entries: node.read.entries.map((entry) => (entry.ino === 'none' ? { ...entry, ino: 'right' } : entry)) } };
    },
  },
  {
    name: 'gaps',
    why: why.gaps,
    amends(call, node, ours) {
      if (!succeeded(node, ours) || node.read === undefined) return node;
      const filled = (read) => (read.gaps === 'kept' ? { ...read, gaps: 'zero' } : read);
      const { entries, events } = node.read;
      return { ...node, read: { ...filled(node.read), ...(entries && { entries: entries.map(filled) }), ...(events && { events: events.map(filled) }) } };
    },
  },
  {
    name: 'a listing that goes on in a changed directory',
    why: why.listings,
    parts: true,
    allows: ({ name, args, facts }, node, ours) => name === 'fd_readdir' && args[3] > 0n && facts.kinds[0]?.changed && succeeded(node, ours),
  },
  {
    name: 'a signal that is ignored, or that only we have',
    why: why.raise,
    allows: ({ name, args }, node, ours) => name === 'proc_raise' && node.errno === 'NOSYS' && ours.errno === ((args[0] & 0xff) === 27 ? 'SUCCESS' : 'ended') && (args[0] & 0xff) >= 26 && (args[0] & 0xff) <= 29,
  },
  {
    name: 'what an event of a clock leaves as it was',
    why: why.gaps,
    amends({ name }, node, ours) {
      if (name !== 'poll_oneoff' || !succeeded(node, ours)) return node;
      const untouched = ({ type, nbytes, flags }) => type === EVENT.CLOCK && nbytes === 0x3f3f3f3f3f3f3f3fn && flags === 0x3f3f;
      return { ...node, read: { events: node.read.events.map((event) => (untouched(event) ? { ...event, nbytes: 0n, flags: 0 } : event)) } };
    },
  },
  {
    name: 'waiting',
    why: why.poll,
    allows: ({ name, facts }, node, ours) => name === 'poll_oneoff' && waitsOurWay(facts.subscriptions, node, ours),
  },
];

/**
 * The rules that allow a difference.
 * @returns {{ rules: string[], allowed: boolean, parts?: boolean }}
 */
function allowed(call, node, ours) {
  const rules = [];
  let left = node;
  for (const { name, amends } of RULES) {
    const amended = amends?.(call, left, ours) ?? left;
    if (!same(amended, left)) rules.push(name);
    left = amended;
  }
  if (same(left, ours)) return { rules, allowed: true };
  const rule = RULES.find(({ allows }) => allows?.(call, left, ours));
  return rule === undefined ? { rules, allowed: false } : { rules: [...rules, rule.name], allowed: true, parts: rule.parts };
}

/** A rule by which the states differ after a call, whatever it answered. */
function hidden(call) {
  return RULES.find((rule) => rule.hidden?.(call));
}

module.exports = { RULES, allowed, cut, hidden };
