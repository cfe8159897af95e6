'use strict';
// Filesystems as preopens: what guests and JavaScript share.
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { FileSystem, MemoryFileSystem } = require('../..');
const { ours } = require('../helpers/both');

ours('a guest reads what JavaScript wrote, and JavaScript what the guest wrote', (host) => {
  const memory = new MemoryFileSystem({ '/in/a.txt': 'from JavaScript' });
  const guest = host.guest({ preopens: { '/data': memory } });
  const fd = guest.opened(3, 'in/a.txt');
  assert.equal(guest.read(fd).data, 'from JavaScript');
  const made = guest.create(3, 'out.txt');
  guest.write(made, 'from the guest');
  assert.equal(memory.readFileSync('/out.txt', 'utf8'), 'from the guest');
});

ours('two guests share one filesystem, which outlives them', (host) => {
  const memory = new MemoryFileSystem();
  const [one, two] = [host.guest({ preopens: { '/': memory } }), host.guest({ preopens: { '/tmp': memory } })];
  one.write(one.create(3, 'note'), 'shared');
  assert.equal(two.read(two.opened(3, 'note')).data, 'shared');
  one.wasi.close();
  two.wasi.close();
  assert.equal(memory.readFileSync('/note', 'utf8'), 'shared');
  memory.writeFileSync('/note', 'still here');
});

ours('readOnly refuses the guest, and not JavaScript', (host) => {
  const memory = new MemoryFileSystem({ '/a.txt': 'kept' });
  const guest = host.guest({ preopens: { '/data': { filesystem: memory, readOnly: true } } });
  assert.equal(guest.open(3, 'a.txt', { write: true }).errno, 'ROFS');
  assert.equal(guest.open(3, 'new', { oflags: 1, write: true }).errno, 'ROFS');
  memory.writeFileSync('/a.txt', 'changed');
  assert.equal(guest.read(guest.opened(3, 'a.txt')).data, 'changed');
});

ours('a file that a guest has open is there when JavaScript removes or renames its name', (host) => {
  const memory = new MemoryFileSystem({ '/a': 'one', '/b': 'two' });
  const guest = host.guest({ preopens: { '/': memory } });
  const [a, b] = [guest.opened(3, 'a', { write: true }), guest.opened(3, 'b')];
  memory.unlinkSync('/a');
  memory.renameSync('/b', '/c');
  assert.equal(guest.read(a).data, 'one');
  assert.equal(guest.read(b).data, 'two');
  assert.deepEqual(memory.readdirSync('/'), ['c']);
});

test('what is no filesystem is refused by name', () => {
  const { WASI } = require('../..');
  const make = (preopen) => () => new WASI({ version: 'preview1', preopens: { '/data': preopen } });
  assert.throws(make({ filesystem: {} }), { code: 'ERR_INVALID_ARG_TYPE', message: /options\.preopens\['\/data'\]\.filesystem/ });
  assert.throws(make({ filesystem: new MemoryFileSystem(), readonly: true }), { code: 'ERR_INVALID_ARG_VALUE', message: /readonly/ });
  assert.throws(make({ filesystem: new MemoryFileSystem(), readOnly: 1 }), { code: 'ERR_INVALID_ARG_TYPE', message: /readOnly/ });
});

test('FileSystem is there to be asked for, and made by nobody', () => {
  assert.ok(new MemoryFileSystem() instanceof FileSystem);
  assert.throws(() => new FileSystem(), { name: 'TypeError', code: 'ERR_ILLEGAL_CONSTRUCTOR' });
});
