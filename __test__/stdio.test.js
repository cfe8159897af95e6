'use strict';
// Standard streams: files, pipes, sockets, and what the host does with the same descriptors.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { FILETYPE } = require('./helpers/abi');
const { both, descriptors, differs, ours } = require('./helpers/both');
const { child } = require('./helpers/child');
const { load, run } = require('./helpers/program');
const why = require('./helpers/why');

load('cat');
const guestFile = path.join(__dirname, 'guests/cat.wasm');
// A script that runs a guest on the process's own descriptors, after `before`.
const script = (host, before = '', name = guestFile) => `
  const { WASI } = require(${JSON.stringify(host.specifier)});
  ${before}
  const module = new WebAssembly.Module(require('node:fs').readFileSync(${JSON.stringify(name)}));
  const wasi = new WASI({ version: 'preview1', args: ['guest'] });
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));`;

const TEXT = Array.from({ length: 20000 }, (_, index) => `line ${index}`).join('\n');

both('files', (host) => {
  const { code, stdout, stderr } = run(host, 'cat', { stdin: TEXT });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: TEXT, stderr: `${TEXT.length} bytes\n` });
});

both('sockets, which is what Node gives a child', async (host) => {
  const { status, stdout, stderr } = await child(script(host), { input: TEXT });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: TEXT, stderr: `${TEXT.length} bytes\n` });
});

both('pipes', async (host) => {
  const { status, stdout, stderr } = await child(script(host), { input: TEXT, shell: 'cat | $NODE | cat' });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: TEXT, stderr: `${TEXT.length} bytes\n` });
});

both('a pipe that is read slowly', async (host) => {
  const { stdout, stderr } = await child(script(host), { input: TEXT, shell: 'cat | $NODE | (sleep 0.3; wc -c)' });
  assert.deepEqual([Number(stdout), stderr], [TEXT.length, `${TEXT.length} bytes\n`]);
});

both('a pipe that nobody reads', async (host) => {
  const { stderr, status } = await child(script(host), { input: TEXT, shell: '{ $NODE; echo "exit code $?" >&2; } | true' });
  assert.equal(status, 0);
  assert.match(stderr, /exit code 2/);
});

both('closed input', async (host) => {
  const { status, stderr } = await child(script(host), { shell: '$NODE < /dev/null' });
  assert.deepEqual([status, stderr], [0, '0 bytes\n']);
});

// node:wasi answers EAGAIN: the host has made the descriptor non-blocking.
ours('the host has touched process.stdin and process.stdout', async (host) => {
  const { stdout, stderr } = await child(script(host, 'process.stdin.on("error", () => {}); process.stdout.on("error", () => {});'), {
    shell: '(sleep 0.2; echo late) | $NODE | cat',
  });
  assert.deepEqual([stdout, stderr], ['late\n', '5 bytes\n']);
});

ours('what the guest does to its streams is not done to the host\'s', async (host) => {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const wasi = new WASI({ version: 'preview1' });
    wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() {} } });
    for (const fd of [0, 1, 2]) {
      wasi.wasiImport.fd_fdstat_set_flags(fd, 4);
      wasi.wasiImport.fd_close(fd);
    }
    const flags = [0, 1, 2].map((fd) => parseInt(require('fs').readFileSync('/proc/self/fdinfo/' + fd, 'utf8').match(/flags:\\s+(\\d+)/)[1], 8) & 0o4000);
    require('fs').writeSync(1, JSON.stringify({ flags, read: require('fs').readFileSync(0, 'utf8') }));`;
  const { stdout } = await child(code, { input: 'for the host', shell: 'cat | $NODE | cat' });
  assert.deepEqual(JSON.parse(stdout), { flags: [0, 0, 0], read: 'for the host' });
});

both('the offset of a file is the host\'s as well', (host) => {
  const file = path.join(host.tmp(), 'file');
  fs.writeFileSync(file, '0123456789');
  const fd = fs.openSync(file, 'r+');
  host.t.after(() => fs.closeSync(fd));
  fs.readSync(fd, Buffer.alloc(2));
  const guest = host.guest({ stdin: fd, stdout: fd });
  assert.equal(guest.read(0, 3).data, '234');
  assert.equal(fs.readSync(fd, Buffer.alloc(2)), 2);
  assert.equal(guest.write(1, 'X').errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), '0123456X89');
});

both('a file opened to append stays one', (host) => {
  const file = path.join(host.tmp(), 'file');
  fs.writeFileSync(file, 'start');
  const fd = fs.openSync(file, 'a');
  host.t.after(() => fs.closeSync(fd));
  assert.equal(host.guest({ stdout: fd }).write(1, '!').written, 1);
  assert.equal(fs.readFileSync(file, 'utf8'), 'start!');
});

both('a file opened only to read, as output, and only to write, as input', (host) => {
  const file = path.join(host.tmp(), 'file');
  fs.writeFileSync(file, 'start');
  const [reader, writer] = [fs.openSync(file, 'r'), fs.openSync(file, 'a')];
  host.t.after(() => {
    fs.closeSync(reader);
    fs.closeSync(writer);
  });
  const guest = host.guest({ stdin: writer, stdout: reader });
  assert.notEqual(guest.read(0, 1).errno, 'SUCCESS');
  assert.notEqual(guest.write(1, 'x').errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), 'start');
});

both('one descriptor for all three streams', (host) => {
  const file = path.join(host.tmp(), 'file');
  const fd = fs.openSync(file, 'w+');
  host.t.after(() => fs.closeSync(fd));
  const guest = host.guest({ stdin: fd, stdout: fd, stderr: fd });
  assert.equal(guest.write(1, 'out ').errno, 'SUCCESS');
  assert.equal(guest.write(2, 'err').errno, 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), 'out err');
});

both('a directory as standard input', (host) => {
  const fd = fs.openSync(host.tmp(), 'r');
  host.t.after(() => fs.closeSync(fd));
  const guest = host.guest({ stdin: fd });
  assert.equal(guest.fdstat(0).type, FILETYPE.DIRECTORY);
  assert.notEqual(guest.read(0, 1).errno, 'SUCCESS');
});

both('seeks on a pipe are not within its rights', async (host) => {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const wasi = new WASI({ version: 'preview1' });
    wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() {} } });
    const { fd_seek, fd_tell, fd_pread } = wasi.wasiImport;
    console.error(JSON.stringify([fd_seek(0, 0n, 0, 256), fd_tell(0, 256), fd_pread(0, 256, 1, 0n, 512)]));`;
  const { stderr } = await child(code, { shell: 'echo x | $NODE' });
  // 76, not ESPIPE: see RATIONALE.md.
  assert.deepEqual(JSON.parse(stderr), [76, 76, 76]);
});

both('/dev/null as a standard stream has offsets', (host) => {
  const fd = fs.openSync('/dev/null', 'r+');
  host.t.after(() => fs.closeSync(fd));
  const guest = host.guest({ stdin: fd, stdout: fd });
  assert.equal(guest.pread(0, 10, 5n).errno, 'SUCCESS');
  assert.equal(guest.pwrite(1, 'gone', 5n).errno, 'SUCCESS');
});

ours('APPEND, set by the guest, holds for a file that the host handed over', (host) => {
  const file = path.join(host.tmp(), 'log');
  fs.writeFileSync(file, 'before ');
  const fd = fs.openSync(file, 'r+');
  host.t.after(() => fs.closeSync(fd));
  const guest = host.guest({ stdout: fd });
  assert.equal(guest.call('fd_fdstat_set_flags', 1, 1), 'SUCCESS');
  assert.equal(guest.write(1, 'after').written, 5);
  assert.equal(fs.readFileSync(file, 'utf8'), 'before after');
});

// What a guest may do with the host's own standard streams, where they are files that the host writes as well.
async function withFiles(host) {
  const [input, log] = ['input', 'log'].map((name) => path.join(host.tmp(), name));
  for (const file of [input, log]) fs.writeFileSync(file, 'host');
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const { ERRNO } = require(${JSON.stringify(path.join(__dirname, 'helpers/abi'))});
    const memory = new WebAssembly.Memory({ initial: 1 });
    const wasi = new WASI({ version: 'preview1' });
    wasi.start({ exports: { memory, _start() {} } });
    new Uint32Array(memory.buffer).set([64, 1]);
    const call = wasi.wasiImport;
    const on = (fd) => ({
      set_times: call.fd_filestat_set_times(fd, 1n, 1n, 5), allocate: call.fd_allocate(fd, 0n, 8n), pread: call.fd_pread(fd, 0, 1, 0n, 512),
      pwrite: call.fd_pwrite(fd, 0, 1, 0n, 512), seek: call.fd_seek(fd, 0n, 0, 256), tell: call.fd_tell(fd, 256), set_size: call.fd_filestat_set_size(fd, 0n),
    });
    const named = (codes) => Object.fromEntries(Object.entries(codes).map(([name, code]) => [name, ERRNO[code]]));
    console.error(JSON.stringify([named(on(0)), named(on(1))]));
    require('node:fs').writeSync(1, 'more');`;
  const { stderr } = await child(code, { shell: `$NODE < ${input} >> ${log}` });
  return [...JSON.parse(stderr), fs.readFileSync(log, 'utf8')];
}

differs('standard streams that are files, which the host writes as well', why.ownOutput, {
  async node(host) {
    const [, output, log] = await withFiles(host);
    assert.deepEqual([output.set_times, output.allocate, output.pwrite, output.seek, output.set_size, log], [...new Array(5).fill('SUCCESS'), 'more']);
  },
  async ours(host) {
    const [input, output, log] = await withFiles(host);
    const refused = { set_times: 'NOTCAPABLE', allocate: 'NOTCAPABLE', pwrite: 'NOTCAPABLE', set_size: 'NOTCAPABLE' };
    assert.deepEqual(input, { ...refused, pread: 'SUCCESS', seek: 'SUCCESS', tell: 'SUCCESS' });
    assert.deepEqual(output, { ...refused, pread: 'NOTCAPABLE', seek: 'NOTCAPABLE', tell: 'SUCCESS' });
    assert.equal(log, 'hostmore');
  },
});

ours('guests share a duplicate of the standard streams, until the last one is closed', (host) => {
  const before = descriptors().length;
  const guests = Array.from({ length: 200 }, () => host.guest({}));
  // Of a pipe or a terminal, a second one: it is opened anew.
  assert.ok(descriptors().length <= before + 6, `${descriptors().length - before} descriptors`);
  const [last, ...others] = guests;
  for (const { wasi } of others) wasi.close();
  assert.equal(last.call('fd_fdstat_get', 1, last.alloc(24)), 'SUCCESS');
  last.wasi.close();
  assert.equal(descriptors().length, before);
});

ours('a standard stream that the host has replaced since is the new one', async (host) => {
  const folder = host.tmp();
  const code = `
    const fs = require('node:fs');
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const memory = new WebAssembly.Memory({ initial: 1 });
    function say(byte) {
      const wasi = new WASI({ version: 'preview1' });
      wasi.start({ exports: { memory, _start() {} } });
      new DataView(memory.buffer).setUint32(0, 16, true);
      new DataView(memory.buffer).setUint32(4, 1, true);
      new Uint8Array(memory.buffer)[16] = byte;
      wasi.wasiImport.fd_write(1, 0, 1, 8);
      return wasi;
    }
    const open = (name) => { fs.closeSync(1); if (fs.openSync(${JSON.stringify(`${folder}/`)} + name, 'w') !== 1) throw new Error(name); };
    open('one');
    const first = say(49);
    open('two');
    const second = say(50);
    for (const wasi of [first, second]) wasi.close();
  `;
  const { status, stderr } = await child(code, {});
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(['one', 'two'].map((name) => fs.readFileSync(path.join(folder, name), 'utf8')), ['1', '2']);
});
