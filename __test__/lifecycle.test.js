'use strict';
// start, initialize, finalizeBindings and proc_exit.
const assert = require('node:assert/strict');
const vm = require('node:vm');
const { both, ours } = require('./helpers/both');

const memory = () => new WebAssembly.Memory({ initial: 1 });
const type = (message) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message });
const make = (host) => new host.WASI({ version: 'preview1' });
const clock = (wasi) => wasi.wasiImport.clock_res_get(0, 0);

const NO_MEMORY = type('"instance.exports.memory" property must be a WebAssembly.Memory object');

const wrongInstances = [
  ['no instance', undefined, type('The "instance" argument must be of type object. Received undefined')],
  ['null', null, type('The "instance" argument must be of type object. Received null')],
  ['a string', 'x', type('The "instance" argument must be of type object. Received type string (\'x\')')],
  ['no exports', {}, type('The "instance.exports" property must be of type object. Received undefined')],
  ['exports null', { exports: null }, type('The "instance.exports" property must be of type object. Received null')],
  ['exports a number', { exports: 1 }, type('The "instance.exports" property must be of type object. Received type number (1)')],
  ['no memory', { exports: {} }, NO_MEMORY],
  ['memory an object', { exports: { memory: {} } }, NO_MEMORY],
  ['memory like a Memory', { exports: { memory: { buffer: new ArrayBuffer(65536) } } }, NO_MEMORY],
  ['memory made from the prototype', { exports: { memory: Object.create(WebAssembly.Memory.prototype) } }, NO_MEMORY],
  ['memory a buffer', { exports: { memory: new ArrayBuffer(65536) } }, NO_MEMORY],
];

for (const method of ['start', 'initialize', 'finalizeBindings']) {
  for (const [title, instance, error] of wrongInstances) {
    both(`${method} refuses ${title}, and may be tried again`, { since: 24 }, (host) => {
      const wasi = make(host);
      assert.throws(() => wasi[method](instance), error);
      const exports = method === 'initialize' ? { memory: memory() } : { memory: memory(), _start() {} };
      wasi[method]({ exports });
      assert.equal(clock(wasi), 0);
    });
  }

  both(`${method} works once`, { since: 24 }, (host) => {
    const exports = method === 'initialize' ? { memory: memory() } : { memory: memory(), _start() {} };
    for (const again of ['start', 'initialize', 'finalizeBindings']) {
      const wasi = make(host);
      wasi[method]({ exports });
      const error = { name: 'Error', code: 'ERR_WASI_ALREADY_STARTED', message: 'WASI instance has already started' };
      assert.throws(() => wasi[again]({ exports }), error);
      assert.throws(() => wasi[again](undefined), error);
    }
  });
}

both('start: what _start and _initialize must be', { since: 24 }, (host) => {
  const cases = [
    [{}, 'The "instance.exports._start" property must be of type function. Received undefined'],
    [{ _start: 1 }, 'The "instance.exports._start" property must be of type function. Received type number (1)'],
    [{ _start() {}, _initialize() {} }, 'The "instance.exports._initialize" property must be undefined. Received function _initialize'],
    [{ _start() {}, _initialize: null }, 'The "instance.exports._initialize" property must be undefined. Received null'],
  ];
  for (const [exports, message] of cases) {
    const wasi = make(host);
    assert.throws(() => wasi.start({ exports: { memory: memory(), ...exports } }), type(message));
    // The memory was fine: the object is spent, and its functions work.
    assert.throws(() => wasi.start({ exports: { memory: memory(), _start() {} } }), { code: 'ERR_WASI_ALREADY_STARTED' });
    assert.equal(clock(wasi), 0);
  }
});

both('initialize: what _start and _initialize must be', { since: 24 }, (host) => {
  const cases = [
    [{ _start() {} }, 'The "instance.exports._start" property must be undefined. Received function _start'],
    [{ _initialize: 1 }, 'The "instance.exports._initialize" property must be of type function. Received type number (1)'],
    [{ _initialize: null }, 'The "instance.exports._initialize" property must be of type function. Received null'],
  ];
  for (const [exports, message] of cases) {
    assert.throws(() => make(host).initialize({ exports: { memory: memory(), ...exports } }), type(message));
  }
});

both('start returns the exit code, not what _start returns; initialize returns nothing', (host) => {
  assert.equal(make(host).start({ exports: { memory: memory(), _start: () => 5 } }), 0);
  assert.equal(make(host).initialize({ exports: { memory: memory(), _initialize: () => 5 } }), undefined);
  assert.equal(make(host).initialize({ exports: { memory: memory() } }), undefined);
});

both('_start runs without arguments', (host) => {
  let given;
  make(host).start({ exports: { memory: memory(), _start: (...args) => { given = args; } } });
  assert.deepEqual(given, []);
});

both('finalizeBindings returns nothing, and takes a memory of its own', { since: 24 }, (host) => {
  const wasi = make(host);
  const given = memory();
  assert.equal(wasi.finalizeBindings({ exports: {} }, { memory: given }), undefined);
  assert.equal(clock(wasi), 0);
  assert.equal(new Uint32Array(given.buffer)[0], 1);
});

both('finalizeBindings: its second argument', { since: 24 }, (host) => {
  make(host).finalizeBindings({ exports: { memory: memory() } }, undefined);
  make(host).finalizeBindings({ exports: { memory: memory() } }, {});
  assert.throws(() => make(host).finalizeBindings({ exports: { memory: memory() } }, null), TypeError);
  assert.throws(() => make(host).finalizeBindings({ exports: {} }, { memory: 1 }), NO_MEMORY);
});

both('start and initialize call finalizeBindings, overridden or not', { since: 24 }, (host) => {
  for (const method of ['start', 'initialize']) {
    const wasi = make(host);
    const instance = { exports: { memory: memory(), ...(method === 'start' ? { _start() {} } : {}) } };
    let seen;
    const original = wasi.finalizeBindings;
    wasi.finalizeBindings = function finalizeBindings(...args) {
      seen = args;
      return original.apply(this, args);
    };
    wasi[method](instance);
    assert.equal(seen[0], instance);
  }
});

both('errors of the guest come through unchanged', (host) => {
  for (const thrown of [new Error('mine'), 'text', undefined, null, Symbol('other')]) {
    let caught = 'nothing';
    try {
      make(host).start({ exports: { memory: memory(), _start() { throw thrown; } } });
    } catch (error) {
      caught = error;
    }
    assert.equal(caught, thrown);
  }
});

both('proc_exit ends _start, and start returns its code', (host) => {
  for (const code of [0, 1, 77, 255, 256]) {
    const wasi = make(host);
    let after = false;
    assert.equal(wasi.start({ exports: { memory: memory(), _start() { wasi.wasiImport.proc_exit(code); after = true; } } }), code);
    assert.equal(after, false);
  }
});

both('proc_exit throws a symbol wherever it is called, also before start', (host) => {
  const wasi = make(host);
  assert.throws(() => wasi.wasiImport.proc_exit(3), (thrown) => typeof thrown === 'symbol');
  assert.equal(wasi.start({ exports: { memory: memory(), _start() {} } }), 3);
});

both('proc_exit in _initialize escapes to the caller', (host) => {
  const wasi = make(host);
  const exports = { memory: memory(), _initialize() { wasi.wasiImport.proc_exit(3); } };
  assert.throws(() => wasi.initialize({ exports }), (thrown) => typeof thrown === 'symbol' && thrown.toString() === 'Symbol(kExitCode)');
});

both('the exit of one instance inside the start of another', (host) => {
  const [outer, inner] = [make(host), make(host)];
  const code = outer.start({ exports: { memory: memory(), _start() { inner.wasiImport.proc_exit(9); } } });
  assert.equal(code, 0);
});

both('starts may be nested', (host) => {
  const [outer, inner] = [make(host), make(host)];
  let innerCode;
  const code = outer.start({
    exports: {
      memory: memory(),
      _start() {
        innerCode = inner.start({ exports: { memory: memory(), _start() { inner.wasiImport.proc_exit(5); } } });
        outer.wasiImport.proc_exit(6);
      },
    },
  });
  assert.deepEqual([innerCode, code], [5, 6]);
});

both('a start within its own start is refused', (host) => {
  const wasi = make(host);
  const instance = { exports: { memory: memory(), _start() { wasi.start(instance); } } };
  assert.throws(() => wasi.start(instance), { code: 'ERR_WASI_ALREADY_STARTED' });
});

both('memories: of no pages, shared, of another realm', (host) => {
  const start = (given) => {
    const wasi = make(host);
    wasi.start({ exports: { memory: given, _start() {} } });
    return clock(wasi);
  };
  assert.equal(start(new WebAssembly.Memory({ initial: 0 })), 61);
  assert.equal(start(new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })), 0);
  assert.equal(start(vm.runInNewContext('new WebAssembly.Memory({ initial: 1 })')), 0);
  assert.equal(start(vm.runInNewContext('new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })')), 0);
});

both('an instance may be of another realm, frozen, without a prototype, or a proxy', (host) => {
  make(host).start(vm.runInNewContext('({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() {} } })'));
  make(host).start(Object.freeze({ exports: Object.freeze({ memory: memory(), _start() {} }) }));
  make(host).start(Object.assign(Object.create(null), { exports: Object.assign(Object.create(null), { memory: memory(), _start() {} }) }));
  make(host).start(new Proxy({ exports: { memory: memory(), _start() {} } }, {}));
});

both('a memory may be bound to several instances', (host) => {
  const shared = memory();
  const wasis = [make(host), make(host)];
  for (const wasi of wasis) wasi.start({ exports: { memory: shared, _start() {} } });
  for (const wasi of wasis) assert.equal(clock(wasi), 0);
});

both('a guest may call other functions while _start runs, and after', (host) => {
  const wasi = make(host);
  const codes = [];
  wasi.start({ exports: { memory: memory(), _start() { codes.push(clock(wasi)); } } });
  codes.push(clock(wasi));
  assert.deepEqual(codes, [0, 0]);
});

// Under node:wasi this ends the process: see process_exit.test.js.
ours('an instance with returnOnExit true and one with undefined behave alike', (host) => {
  for (const returnOnExit of [true, undefined]) {
    const wasi = new host.WASI({ version: 'preview1', returnOnExit });
    assert.equal(wasi.start({ exports: { memory: memory(), _start() { wasi.wasiImport.proc_exit(4); } } }), 4);
  }
});
