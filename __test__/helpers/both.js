'use strict';
// Runs a case under node:wasi and under preopen.
//
//   both(title, fn)                                   the same assertions hold under both
//   both(title, { since: 24 }, fn)                    as above; node:wasi has had this behaviour since that major version
//   differs(title, WHY.heading, { node, ours })       a deliberate difference: both behaviours are asserted, and the heading
//                                                     is the one in RATIONALE.md that gives the reason
//   ours(title, fn)                                   node:wasi has no such thing, or crashes or hangs on it
//   ours(title, WHY.heading, fn)                      as above; RATIONALE.md has the reason
//
// A case gets a host: { name, isNode, WASI, specifier, t, tmp(), guest(options, extra) }. What a case opened is closed after it.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const v8 = require('node:v8');
const { test } = require('node:test');
const { Guest } = require('./guest');

const major = parseInt(process.versions.node, 10);
// Node 20 and 22 crash now and then where V8 calls node:wasi's functions without a detour (nodejs/node#53087).
if (major < 24) v8.setFlagsFromString('--no-turbo-fast-api-calls');
// node:wasi warns, once a process, that it is experimental.
process.removeAllListeners('warning');

const root = path.join(__dirname, '../..');
const hosts = {
  node: { name: 'node:wasi', isNode: true, specifier: 'node:wasi' },
  ours: { name: 'preopen', isNode: false, specifier: root },
};
for (const host of Object.values(hosts)) Object.defineProperty(host, 'WASI', { enumerable: true, value: require(host.specifier).WASI });

// A temporary directory that goes with the test.
function tmp(t) {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'preopen-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function run(title, host, fn) {
  test(`${title} [${host.name}]`, async (t) => {
    const opened = [];
    await fn({
      ...host,
      t,
      tmp: () => tmp(t),
      guest(options, extra) {
        const guest = new Guest(host, options, extra);
        opened.push(guest.wasi);
        return guest;
      },
    });
    for (const wasi of opened) wasi.close?.();
  });
}

function both(title, ...rest) {
  const fn = rest.pop();
  const { since = 0 } = rest.pop() ?? {};
  if (major >= since) run(title, hosts.node, fn);
  run(title, hosts.ours, fn);
}

function differs(title, heading, { node, ours }) {
  if (typeof heading !== 'string') throw new TypeError(`"${title}" names no heading of RATIONALE.md`);
  run(title, hosts.node, node);
  run(title, hosts.ours, ours);
}

function ours(title, ...rest) {
  run(title, hosts.ours, rest.pop());
}

// What this process has open: [descriptor, what it leads to].
function descriptors() {
  const open = [];
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      open.push([Number(fd), fs.readlinkSync(`/proc/self/fd/${fd}`)]);
    } catch {
      // The descriptor that listed the directory.
    }
  }
  return open;
}

module.exports = { both, descriptors, differs, hosts, ours, root, tmp };
