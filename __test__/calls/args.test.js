'use strict';
// args_get, args_sizes_get, environ_get, environ_sizes_get.
const assert = require('node:assert/strict');
const { both, differs } = require('../helpers/both');
const why = require('../helpers/why');
const { PAGE } = require('../helpers/guest');

for (const [get, sizes, options] of [
  ['args_get', 'args_sizes_get', { args: ['program', 'two words', 'ü'] }],
  ['environ_get', 'environ_sizes_get', { env: { A: 'b', LONGER: 'x'.repeat(1000) } }],
]) {
  both(`${get} gives what ${sizes} announced`, (host) => {
    const guest = host.guest(options);
    const wanted = options.args ?? Object.entries(options.env).map((entry) => entry.join('='));
    const { errno, list, size } = guest.strings(get, sizes);
    assert.equal(errno, 'SUCCESS');
    assert.deepEqual(list, wanted);
    assert.equal(size, wanted.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0));
  });

  both(`${get} packs the strings one after the other, each ended by NUL`, (host) => {
    const guest = host.guest(options);
    const argv = guest.alloc(64);
    const buffer = guest.alloc(2000);
    assert.equal(guest.call(get, argv, buffer), 'SUCCESS');
    const wanted = (options.args ?? Object.entries(options.env).map((entry) => entry.join('='))).map((text) => `${text}\0`).join('');
    assert.equal(guest.text(buffer, Buffer.byteLength(wanted)), wanted);
    assert.equal(guest.u32(argv), buffer);
  });

  both(`${get} and ${sizes} outside of memory`, (host) => {
    const guest = host.guest(options);
    for (const pointer of [PAGE, PAGE - 3, PAGE + 1, 0x7ffffff0, 0xfffffffc]) {
      assert.equal(guest.call(sizes, pointer, 256), 'OVERFLOW', `${pointer}`);
      assert.equal(guest.call(sizes, 256, pointer), 'OVERFLOW', `${pointer}`);
      assert.equal(guest.call(get, pointer, 256), 'OVERFLOW', `${pointer}`);
      assert.equal(guest.call(get, 256, pointer), 'OVERFLOW', `${pointer}`);
    }
    assert.equal(guest.call(sizes, PAGE - 4, PAGE - 8), 'SUCCESS');
  });
}

differs('a guest without arguments', why.environment, {
  node(host) {
    assert.equal(host.guest({ args: [] }).strings('args_get', 'args_sizes_get').errno, 'INVAL');
  },
  ours(host) {
    assert.deepEqual(host.guest({ args: [] }).strings('args_get', 'args_sizes_get'), { errno: 'SUCCESS', list: [], size: 0 });
  },
});

both('thousands of arguments', (host) => {
  const args = Array.from({ length: 3000 }, (_, index) => `argument ${index}`);
  const guest = host.guest({ args }, { pages: 4 });
  assert.deepEqual(guest.strings('args_get', 'args_sizes_get').list, args);
});
