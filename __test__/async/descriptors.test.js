'use strict';
// Suspended guests and descriptors of the host: pipes and sockets, read, written, polled, accepted from.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const { beats, command, fifo, guest, sleep, start, suspends } = require('../helpers/async');

const AGAIN = 6;
const BADF = 8;

suspends('a guest reads a pipe that has nothing yet', async (t) => {
  const { reader, writer, close } = fifo(t);
  const counter = beats(t);
  const runs = start('cat', { stdin: reader });
  for (const text of ['one ', 'two ', 'three\n']) {
    await sleep(40);
    fs.writeSync(writer, text);
  }
  close(writer);
  const { code, text } = await runs;
  assert.equal(code, 0);
  assert.equal(text, 'one two three\n');
  assert.ok(counter.count >= 12, `${counter.count} beats`);
});

suspends('what is there is read without a turn of the event loop', async (t) => {
  const { reader, writer } = fifo(t);
  fs.writeSync(writer, 'there');
  const one = await guest({ stdin: reader });
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  assert.equal(await one.calls.fd_read(0, one.iovecs([[8192, 100]]), 1, 16), 0);
  assert.equal(one.text(8192, one.u32(16)), 'there');
  assert.equal(turned, false);
});

suspends('a write goes on where the pipe was full, and all of it arrives', async (t) => {
  const { reader, writer } = fifo(t);
  const one = await guest({ stdout: writer });
  const size = 1 << 20;
  const bytes = Buffer.from(one.memory.buffer, 1 << 20, size);
  for (let i = 0; i < size; i += 4) bytes.writeUInt32LE(i, i);
  const expected = Buffer.from(bytes);
  let done = false;
  const writes = one.calls.fd_write(1, one.iovecs([[1 << 20, 5], [(1 << 20) + 5, size - 5]]), 2, 16).then((errno) => {
    done = true;
    return errno;
  });
  await sleep(30);
  assert.equal(done, false);
  const got = [];
  const buffer = Buffer.alloc(1 << 16);
  for (let sum = 0; sum < size;) {
    const length = await new Promise((resolve, reject) => fs.read(reader, buffer, 0, buffer.length, null, (error, read) => (error ? reject(error) : resolve(read))));
    got.push(Buffer.from(buffer.subarray(0, length)));
    sum += length;
  }
  assert.equal(await writes, 0);
  assert.equal(one.u32(16), size);
  assert.ok(Buffer.concat(got).equals(expected));
});

suspends('with NONBLOCK nothing is suspended', async (t) => {
  const { reader } = fifo(t);
  const one = await guest({ stdin: reader });
  assert.equal(one.exports.set_flags(0, 4), 0);
  assert.equal(await one.calls.fd_read(0, one.iovecs([[8192, 100]]), 1, 16), AGAIN);
});

suspends('poll: a pipe before a time, a time before a pipe, and a closed peer', async (t) => {
  const { reader, writer, close } = fifo(t);
  const one = await guest({ stdin: reader });
  setTimeout(() => fs.writeSync(writer, 'abc'), 30);
  const before = performance.now();
  assert.equal(await one.calls.poll_oneoff(...one.subscribe([{ ms: 3000 }, { read: 0 }])), 0);
  assert.deepEqual(one.events(), [[1, 0, 1]]);
  assert.ok(performance.now() - before < 1000);
  await one.calls.fd_read(0, one.iovecs([[8192, 100]]), 1, 16);
  await one.calls.poll_oneoff(...one.subscribe([{ ms: 30 }, { read: 0 }]));
  assert.deepEqual(one.events(), [[0, 0, 0]]);
  setTimeout(() => close(writer), 20);
  await one.calls.poll_oneoff(...one.subscribe([{ ms: 3000 }, { read: 0 }]));
  assert.deepEqual(one.events(), [[1, 0, 1]]);
});

suspends('a guest serves connections while the event loop makes them', async () => {
  const { wasi, instance } = command('echo_server', { args: ['echo_server', '3', '2'], sockets: ['127.0.0.1:0'] });
  const runs = wasi.startAsync(instance);
  const [{ port }] = wasi.sockets;
  for (const text of ['hello', 'again']) {
    const answer = await new Promise((resolve, reject) => {
      const chunks = [];
      const client = net.connect(port, '127.0.0.1', () => setTimeout(() => client.end(text), 20));
      client.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks).toString())).on('error', reject);
    });
    assert.equal(answer, text.toUpperCase());
  }
  assert.equal(await runs, 0);
  assert.match(wasi.stdout.text(), /^(echoed 5 bytes, then 0\nshutdown: 0\nclose: 0\n){2}$/);
});

suspends('two guests talk through a pipe', async (t) => {
  const { reader, writer, close } = fifo(t);
  const [from, to] = await Promise.all([guest({ stdin: reader }), guest({ stdout: writer })]);
  for (let i = 0; i < 200; i++) {
    const reads = from.calls.fd_read(0, from.iovecs([[8192, 100]]), 1, 16);
    new DataView(to.memory.buffer).setUint32(8192, i, true);
    assert.equal(await to.calls.fd_write(1, to.iovecs([[8192, 4]]), 1, 16), 0);
    assert.equal(await reads, 0);
    assert.deepEqual([from.u32(16), from.u32(8192)], [4, i]);
  }
  close(writer);
});

suspends('close() ends what waits for a descriptor, and the call answers BADF', async (t) => {
  const { reader } = fifo(t);
  const one = await guest({ stdin: reader, sockets: ['127.0.0.1:0'] });
  const reads = one.calls.fd_read(0, one.iovecs([[8192, 100]]), 1, 16);
  const accepts = one.calls.sock_accept(3, 0, 24);
  const polls = one.calls.poll_oneoff(...one.subscribe([{ read: 0 }]));
  await sleep(10);
  one.wasi.close();
  assert.deepEqual(await Promise.all([reads, accepts, polls]), [BADF, BADF, 0]);
  assert.deepEqual(one.events(), [[0, BADF, 1]]);
});

suspends('a descriptor that is closed by another call of the guest', async (t) => {
  const { reader, writer } = fifo(t);
  const one = await guest({ stdin: reader });
  const reads = one.calls.fd_read(0, one.iovecs([[8192, 100]]), 1, 16);
  assert.equal(one.exports.fd_close(0), 0);
  fs.writeSync(writer, 'x');
  assert.equal(await reads, BADF);
});

suspends('a plain call of a waiting read still waits where it is', async (t) => {
  const { reader, writer } = fifo(t);
  const one = await guest({ stdin: reader });
  const child = require('node:child_process').spawn('sh', ['-c', 'sleep 0.1; printf late'], { stdio: ['ignore', writer, 'inherit'] });
  const exits = new Promise((resolve) => child.on('exit', resolve));
  assert.equal(one.exports.fd_read(0, one.iovecs([[8192, 100]]), 1, 16), 0);
  assert.equal(one.text(8192, one.u32(16)), 'late');
  await exits;
});

suspends('5,000 waits for descriptors, one after the other and a hundred at once', async (t) => {
  const pipes = Array.from({ length: 100 }, () => fifo(t));
  const guests = await Promise.all(pipes.map(({ reader }) => guest({ stdin: reader })));
  for (let round = 0; round < 50; round++) {
    const reads = guests.map((one) => one.calls.fd_read(0, one.iovecs([[8192, 100]]), 1, 16));
    pipes.forEach(({ writer }, index) => fs.writeSync(writer, `${round}.${index}`));
    assert.ok((await Promise.all(reads)).every((errno) => errno === 0));
    guests.forEach((one, index) => assert.equal(one.text(8192, one.u32(16)), `${round}.${index}`));
  }
});
