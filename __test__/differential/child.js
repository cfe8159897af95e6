'use strict';
// A process that runs guests under one host, named as its first argument: `node` (node:wasi), `preopen` (ours in V8), `engine` (ours off
// the thread). It gets runs as messages and answers each with what every call did, and with the tree that was left. Trees are
// made in the folder that is its second argument. Before each call it writes down which, to the file that is its third: should it die,
// its parent knows where.
const fs = require('node:fs');
const path = require('node:path');
const { SIGNATURES } = require('../helpers/abi');
const { World, written } = require('./decode');
const { Facts } = require('./facts');
const { COOKIE, SIZE, SLOTS } = require('./layout');
const tree = require('./tree');

const [, , host, folder, progressFile] = process.argv;
const preopen = host === 'node' ? undefined : require('../..');
const { WASI } = preopen ?? require('node:wasi');
const progress = fs.openSync(progressFile, 'w');
const mark = Buffer.alloc(8);

/** What a stream of the guest's is. */
function stream(kind, index, file) {
  if (kind === 'null') return fs.openSync('/dev/null', 'r+');
  if (index === 0) fs.writeFileSync(file, 'what the guest reads');
  return fs.openSync(file, index === 0 ? 'r' : 'w+');
}

/** An argument as the function gets it: what is remembered lies in memory. */
function given(value, type, memory) {
  if (typeof value === 'object') return value.cookie ? memory.readBigUInt64LE(COOKIE) : memory.readUInt32LE(SLOTS + 4 * value.slot);
  return type === 'I' ? BigInt.asUintN(64, value) : value >>> 0;
}

/** What the guest's two functions of ours do: they note each call. */
function recorder({ calls }, skip, world, facts) {
  const records = [];
  const earlier = Buffer.alloc(SIZE);
  let current;
  return {
    records,
    /** Whether the guest makes a call. */
    before(index, memory) {
      mark.writeUInt32LE(index);
      fs.writeSync(progress, mark, 0, 8, 0);
      if (skip.has(index)) return 0;
      const { name, args } = calls[index];
      const known = args.map((value, at) => given(value, SIGNATURES[name][at], memory));
      memory.copy(earlier);
      current = { index, name, args: known, facts: facts?.before(name, known, memory) };
      return 1;
    },
    after(index, errno, memory) {
      const { name, args, facts: known } = current;
      records.push({ index, name, args, errno, ...written(name, args, errno, earlier, memory, world), facts: known });
      if (errno === 0) facts?.after(name, args, known, memory);
      current = undefined;
    },
    /** The guest has ended, perhaps in a call. */
    end() {
      if (current !== undefined) records.push({ index: current.index, name: current.name, args: current.args, errno: -1, wrote: [], facts: current.facts });
    },
  };
}

/** A fault that a test plants: one import answers something else, does nothing, or ends the process. */
function planted(functions, { name, nth, errno, does }) {
  let count = 0;
  const real = functions[name];
  return {
    ...functions,
    [name]: (...args) => {
      if (++count !== nth) return real(...args);
      if (does === 'dies') process.kill(process.pid, 'SIGKILL');
      const answer = does === 'nothing' ? 0 : real(...args);
      return errno ?? answer;
    },
  };
}

async function run({ plan, module, skip, fault }) {
  const base = fs.mkdtempSync(path.join(folder, 'preopen-differ-'));
  const opened = [];
  let memory;
  try {
    const { root } = tree.make(path.join(base, 'tree'));
    const world = new World(path.join(base, 'tree'));
    const [first, second] = plan.options.preopens;
    const preopens = { [first]: path.join(root, 'box'), [second]: path.join(root, 'other') };
    const facts = host === 'preopen' ? new Facts(world.base, Object.entries(preopens).map(([name, at]) => ({ name, host: at }))) : undefined;
    const { records, before, after, end } = recorder(plan, new Set(skip), world, facts);
    const [stdin, stdout, stderr] = plan.options.streams.map((kind, index) => stream(kind, index, path.join(base, `stream-${index}`)));
    opened.push(stdin, stdout, stderr);
    const options = { version: 'preview1', args: ['prog', 'two words', 'ü'], env: { A: 'b', LONG: 'x'.repeat(100) }, preopens, stdin, stdout, stderr };
    let code;
    if (host === 'engine') {
      const whole = (call) => Buffer.from(call.memory.read(0, SIZE));
      const imports = {
        before(index) { return before(index, whole(this)); },
        after(index, errno) { after(index, errno, whole(this)); },
      };
      const { exitCode } = await preopen.run(module, { ...options, dotEntries: false, imports: { host: imports } });
      // It is unsigned there, and signed where node:wasi's is.
      code = exitCode | 0;
    } else {
      const wasi = new WASI(options);
      const functions = fault === undefined ? wasi.wasiImport : planted(wasi.wasiImport, fault);
      const instance = new WebAssembly.Instance(new WebAssembly.Module(module), {
        wasi_snapshot_preview1: functions,
        host: { before: (index) => before(index, memory), after: (index, errno) => after(index, errno, memory) },
      });
      memory = Buffer.from(instance.exports.memory.buffer);
      code = wasi.start(instance);
      if (host === 'node') {
        // node:wasi keeps all open that the guest has left.
        for (let fd = 0; fd < 100; fd++) wasi.wasiImport.fd_close(fd);
        opened.length = 0;
      } else wasi.close();
    }
    end();
    const streams = [1, 2].filter((index) => plan.options.streams[index] === 'file').map((index) => {
      const file = tree.raw(path.join(base, `stream-${index}`));
      const stat = fs.lstatSync(file, { bigint: true });
      return [stat.size, tree.content(file, stat)];
    });
    return { records, code, streams, tree: tree.record(world.base, (time) => world.time(time)) };
  } finally {
    for (const fd of opened) fs.closeSync(fd);
    tree.remove(base);
  }
}

process.on('message', (job) => {
  mark.writeUInt32LE(0);
  run(job).then((result) => process.send({ result }), (error) => process.send({ error: error.stack ?? String(error) }));
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
