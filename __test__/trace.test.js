'use strict';
// Option `trace`: each call of a guest, told to a function or on standard error.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { ours, root } = require('./helpers/both');
const { child } = require('./helpers/child');
const { run } = require('./helpers/program');

/** A call as text, without the time that it took. */
const untimed = (text) => text.replace(/ <\d+\.\d{9}>$/, '');

/** A scripted guest over a directory with `file`, and the events of its calls. */
function traced(host, options = {}, extra = undefined) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'some text');
  const events = [];
  const guest = host.guest({ preopens: { '/data': dir }, trace: (event) => events.push(event), ...options }, extra);
  return { dir, events, guest };
}

ours('a function gets each call: arguments, errno, results, time and text', (host) => {
  const { events, guest } = traced(host);
  const fd = guest.opened(3, 'file', { oflags: 1, base: 2n, inheriting: 0n });
  assert.equal(guest.read(fd, 4).data, 'some');
  assert.equal(guest.open(3, 'gone').errno, 'NOENT');
  const [opened, read, gone] = events;
  assert.equal(events.length, 3);
  assert.deepEqual(Object.keys(opened), ['name', 'args', 'errno', 'result', 'duration', 'text']);
  for (const { duration, text } of events) {
    assert.ok(duration > 0 && duration < 1000, `${duration} ms`);
    const seconds = Number(/<([\d.]+)>$/.exec(text)[1]);
    assert.ok(Math.abs(seconds * 1000 - duration) < 1e-5, text);
  }
  assert.equal(opened.name, 'path_open');
  assert.deepEqual(opened.args, {
    fd: 3, dirflags: ['SYMLINK_FOLLOW'], path: 'file', oflags: ['CREAT'], fs_rights_base: ['FD_READ'], fs_rights_inheriting: [], fdflags: [],
  });
  assert.deepEqual([opened.errno, opened.result], ['SUCCESS', { opened_fd: 4 }]);
  assert.equal(untimed(opened.text), 'path_open(3</data>, SYMLINK_FOLLOW, "file", CREAT, FD_READ, 0, 0) = SUCCESS (4)');
  assert.deepEqual([read.args, read.errno], [{ fd: 4, iovs: 4 }, 'SUCCESS']);
  assert.deepEqual(read.result, { iovs: { data: Uint8Array.from(Buffer.from('some')), total: 4 }, nread: 4 });
  assert.equal(untimed(read.text), 'fd_read(4, 4) = SUCCESS (iovs: ["some"], nread: 4)');
  assert.deepEqual([gone.errno, gone.result], ['ENOENT', {}]);
});

ours('numbers of 64 bits are BigInts, structures are objects', (host) => {
  const { events, guest } = traced(host);
  const fd = guest.opened(3, 'file', { inheriting: 0n });
  assert.equal(guest.seek(fd, -2, 2).position, 7n);
  guest.stat(fd);
  guest.names(3);
  const [, seek, stat, list] = events;
  assert.deepEqual([seek.args, seek.result], [{ fd, offset: -2n, whence: 'END' }, { newoffset: 7n }]);
  const { filetype, nlink, size, mtim } = stat.result.buf;
  assert.deepEqual({ filetype, nlink, size }, { filetype: 'REGULAR_FILE', nlink: 1n, size: 9n });
  assert.equal(typeof mtim, 'bigint');
  assert.deepEqual(list.result.buf.map(({ name, d_type }) => [name, d_type]), [['file', 'REGULAR_FILE']]);
});

ours('what is outside of memory is an address', (host) => {
  const { events, guest } = traced(host);
  assert.equal(guest.call('path_unlink_file', 3, 0xfffffff0, 4), 'OVERFLOW');
  assert.deepEqual([events[0].args, events[0].errno], [{ fd: 3, path: { address: 0xfffffff0 } }, 'EOVERFLOW']);
  assert.equal(untimed(events[0].text), 'path_unlink_file(3</data>, 0xfffffff0) = EOVERFLOW');
});

ours('preview0 is decoded by its own numbers', (host) => {
  const { events, guest } = traced(host, { version: 'unstable' });
  const fd = guest.opened(3, 'file', { inheriting: 0n });
  guest.seek(fd, 2, 2);
  assert.equal(untimed(events[1].text), 'fd_seek(4, 2, SET) = SUCCESS (2)');
});

ours('a call that ends the guest is told, too', (host) => {
  const events = [];
  const ended = run(host, 'exit_code', { args: ['exit_code', '3'], trace: (event) => events.push(event) });
  assert.deepEqual([ended.code, ended.error], [3, undefined]);
  const { name, args, errno, result, text } = events.at(-1);
  assert.deepEqual({ name, args, errno, result }, { name: 'proc_exit', args: { rval: 3 }, errno: null, result: {} });
  assert.equal(untimed(text), 'proc_exit(3) = ?');
  const raised = run(host, 'raise', { args: ['raise', '15'], trace: (event) => events.push(event) });
  assert.equal(raised.code, 143);
  assert.equal(untimed(events.at(-1).text), 'proc_raise(TERM) = ?');
});

ours('a call before the start, and one from JavaScript', (host) => {
  const events = [];
  const wasi = new host.WASI({ version: 'preview1', trace: (event) => events.push(event) });
  assert.throws(() => wasi.wasiImport.fd_tell(1, 0), { code: 'ERR_WASI_NOT_STARTED' });
  assert.deepEqual(events.map(({ text, errno }) => [untimed(text), errno]), [['fd_tell(1) = ?', null]]);
  wasi.close();
});

ours('what the function throws ends the guest, and reaches the caller of start()', (host) => {
  const error = new Error('enough');
  let calls = 0;
  const ended = run(host, 'args_env', {
    trace() {
      calls += 1;
      if (calls === 2) throw error;
    },
  });
  assert.equal(ended.error, error);
  assert.equal(calls, 2, 'no further call was made');
  const atExit = run(host, 'exit_code', {
    args: ['exit_code', '3'],
    trace({ name }) {
      if (name === 'proc_exit') throw error;
    },
  });
  assert.equal(atExit.error, error);
});

ours('the function may call the guest, and make its memory grow; that is not told', (host) => {
  const names = [];
  const trace = ({ name, text }) => {
    names.push(name);
    guest.memory.grow(1);
    assert.equal(guest.raw.sched_yield(), 0);
    assert.equal(guest.raw.clock_time_get(1, 0n, 65536), 0, text);
  };
  const { guest } = traced(host, { trace }, { maximum: 100 });
  for (let i = 0; i < 5; i++) assert.equal(guest.raw.args_sizes_get(8, 12), 0);
  assert.equal(guest.raw.clock_time_get(1, 0n, 65536 * 5), 0);
  assert.deepEqual(names, [...Array(5).fill('args_sizes_get'), 'clock_time_get']);
});

ours('two guests that trace each other come to an end', (host) => {
  const names = [];
  const guests = [];
  for (const other of [1, 0]) {
    const trace = ({ name }) => {
      names.push(name);
      assert.equal(guests[other].raw.sched_yield(), 0);
    };
    guests.push(traced(host, { trace }).guest);
  }
  assert.equal(guests[0].raw.args_sizes_get(8, 12), 0);
  assert.deepEqual(names, ['args_sizes_get', 'sched_yield']);
});

ours('stderr: one line a call, between what the guest itself writes', async (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'evil\n\x1b[2J'), 'x');
  const { status, stdout, stderr } = await child(`
    const { WASI } = require(${JSON.stringify(root)});
    const wasi = new WASI({ version: 'preview1', preopens: { '/data': ${JSON.stringify(dir)} }, trace: 'stderr', returnOnExit: false });
    const memory = new WebAssembly.Memory({ initial: 1 });
    wasi.finalizeBindings({ exports: { memory } });
    const text = Buffer.from(memory.buffer);
    text.write('evil\\n\\x1b[2J', 100);
    text.writeUInt32LE(100, 8);
    text.writeUInt32LE(4, 12);
    console.log(wasi.wasiImport.path_unlink_file(3, 100, 9));
    console.log(wasi.wasiImport.fd_write(2, 8, 1, 16));
    wasi.wasiImport.proc_exit(7);`);
  assert.deepEqual([status, stdout], [7, '0\n0\n']);
  assert.deepEqual(stderr.replaceAll(/<\d\.\d{9}>/g, '<>'), [
    'path_unlink_file(3</data>, "evil\\n\\u{1b}[2J") = SUCCESS <>',
    'evilfd_write(2, ["evil"], 4) = SUCCESS (4) <>',
    'proc_exit(7) = ? <>',
    '',
  ].join('\n'));
});

ours('stderr: lines of several threads do not mix, and a full pipe does not hold up the end of a Worker', async () => {
  const worker = `
    const { WASI } = require(${JSON.stringify(root)});
    const { workerData } = require('node:worker_threads');
    const wasi = new WASI({ version: 'preview1', trace: 'stderr' });
    wasi.finalizeBindings({ exports: { memory: new WebAssembly.Memory({ initial: 1 }) } });
    const text = 'x'.repeat(200);
    for (let i = 0; i < workerData; i++) wasi.wasiImport.path_unlink_file(3, 8, 200);`;
  const both = `
    const { Worker } = require('node:worker_threads');
    for (let i = 0; i < 2; i++) new Worker(${JSON.stringify(worker)}, { eval: true, workerData: 3000 });`;
  const mixed = await child(both, { shell: '$NODE 2>&1 | cat' });
  const lines = mixed.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 6000);
  for (const line of lines) assert.match(line, /^path_unlink_file\(3, "(\\0){200}"\) = EBADF <\d\.\d{9}>$/);
  const full = `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(worker)}, { eval: true, workerData: Infinity });
    setTimeout(async () => {
      const began = Date.now();
      await worker.terminate();
      console.log(Date.now() - began);
      process.exit();
    }, 500);`;
  const { stdout, signal } = await child(full, { shell: '{ $NODE 2>&1 >&3 | sleep 3; } 3>&1' });
  assert.equal(signal, null);
  assert.ok(Number(stdout) < 250, `${stdout} ms`);
});

ours('a Worker is ended while its function does not return', async () => {
  const worker = new Worker(`
    const { WASI } = require(${JSON.stringify(root)});
    const wasi = new WASI({ version: 'preview1', trace() { require('node:worker_threads').parentPort.postMessage(0); for (;;); } });
    wasi.finalizeBindings({ exports: { memory: new WebAssembly.Memory({ initial: 1 }) } });
    wasi.wasiImport.sched_yield();`, { eval: true });
  await new Promise((resolve) => worker.once('message', resolve));
  assert.equal(await worker.terminate(), 1);
});

ours('a function, or the word stderr', (host) => {
  for (const trace of [1, true, null, {}, Symbol('x')]) {
    assert.throws(() => new host.WASI({ version: 'preview1', trace }), {
      code: 'ERR_INVALID_ARG_TYPE', message: /^The "options.trace" property must be of type function or string\. Received /,
    });
  }
  for (const trace of ['', 'stdout']) {
    assert.throws(() => new host.WASI({ version: 'preview1', trace }), {
      code: 'ERR_INVALID_ARG_VALUE', message: `The property 'options.trace' must be a function or 'stderr'. Received '${trace}'`,
    });
  }
});

ours('run --trace', async (host) => {
  const dir = host.tmp();
  const bin = path.join(root, 'bin/preopen.js');
  const program = path.join(root, 'examples/files.wasm');
  const args = ['run', '--trace', '--dir', `${dir}::/data`, program, '--', 'save', '/data/note', 'kept'];
  const { status, stdout, stderr } = await child(bin, { file: true, args });
  assert.deepEqual([status, stdout], [0, '/data/note: written\n']);
  assert.match(stderr, /^path_open\(3<\/data>, SYMLINK_FOLLOW, "note", CREAT\|TRUNC, .*\) = SUCCESS \(4\) <0\.\d{9}>$/m);
  const valued = await child(bin, { file: true, args: ['run', '--trace=yes', program] });
  assert.deepEqual([valued.status, valued.stderr], [2, 'preopen: run: --trace takes no value\nTry: preopen --help\n']);
});

const suspends = typeof WebAssembly.Suspending === 'function';

ours('a call that is suspended is told once, with all the time that it took', async (host) => {
  if (!suspends) return host.t.skip('no JSPI');
  const { Readable } = require('node:stream');
  const { setTimeout: sleep } = require('node:timers/promises');
  async function* slowly() {
    for (const word of ['two ', 'words']) {
      await sleep(60);
      yield word;
    }
  }
  const module = new WebAssembly.Module(fs.readFileSync(path.join(root, 'examples/shout.wasm')));
  const shout = async () => {
    const events = [];
    const wasi = new host.WASI({
      version: 'preview1', stdin: Readable.from(slowly()), stdout: 'capture', stderr: 'ignore', trace: (event) => events.push(event),
    });
    assert.equal(await wasi.startAsync(new WebAssembly.Instance(module, wasi.getImportObject())), 0);
    assert.equal(wasi.stdout.text(), 'TWO WORDS');
    return events.filter(({ name }) => name === 'fd_read');
  };
  for (const reads of await Promise.all([shout(), shout()])) {
    assert.deepEqual(reads.map(({ result }) => [Buffer.from(result.iovs.data).toString(), result.nread]), [['two ', 4], ['words', 5], ['', 0]]);
    for (const { duration, text } of reads.slice(0, 2)) assert.ok(duration > 40 && duration < 5000, text);
  }
});
