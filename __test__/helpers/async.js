'use strict';
// Cases of guests that are suspended while they wait. They need JavaScript Promise Integration: Node 24.20 or later, or 24.0 and
// --experimental-wasm-jspi.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { hosts, tmp } = require('./both');
const { load } = require('./program');

const { WASI } = hosts.ours;

/** Why there is nothing to test here. */
const skip = typeof WebAssembly.Suspending === 'function' ? false : `no JavaScript Promise Integration in Node ${process.version}`;

/** A case, which gets the test and what its guests need; skipped where no guest can be suspended. */
function suspends(title, fn) {
  test(title, { skip }, (t) => fn(t));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where the count of events goes. */
const COUNT = 2048;

/** Counts how often a timer fires every 5 ms: how free the event loop is. */
function beats(t) {
  const counter = { count: 0 };
  const timer = setInterval(() => counter.count++, 5);
  t.after(() => clearInterval(timer));
  return counter;
}

/** A command, and its instance. */
function command(name, options = {}, imports = {}) {
  const wasi = new WASI({ version: 'preview1', args: [name], stdout: 'capture', stderr: 'ignore', ...options });
  const instance = new WebAssembly.Instance(load(name), { ...wasi.getImportObject(), ...imports });
  return { wasi, instance };
}

/** Runs a command to its end. */
async function start(name, options) {
  const { wasi, instance } = command(name, options);
  return { code: await wasi.startAsync(instance), text: wasi.stdout.text() };
}

/**
 * A guest whose calls the test makes: `calls` can be suspended, `exports` cannot.
 * @param {object} [options]
 * @param {() => number} [host] what `through` calls
 */
async function guest(options = {}, host = () => 0) {
  const { wasi, instance } = command('calls', options, { host: { call: () => host() } });
  await wasi.initializeAsync(instance);
  const { memory, ...exports } = instance.exports;
  const calls = Object.fromEntries(Object.entries(exports).map(([name, call]) => [name, WebAssembly.promising(call)]));
  return {
    wasi, memory, exports, calls,
    view: () => new DataView(memory.buffer),
    u32: (at) => new DataView(memory.buffer).getUint32(at, true),
    text: (at, length) => Buffer.from(memory.buffer, at, length).toString(),
    /** Puts a list of ranges, and says where: 1024 unless told. */
    iovecs(list, at = 1024) {
      list.flat().forEach((word, index) => this.view().setUint32(at + 4 * index, word, true));
      return at;
    },
    /** Puts subscriptions at `at`: `{ ms, absolute, clock }`, `{ read: fd }` or `{ write: fd }`. */
    subscribe(list, at = 0) {
      list.forEach(({ ms, absolute = false, clock = 1, read, write }, index) => {
        const view = new DataView(memory.buffer, at + 48 * index, 48);
        view.setBigUint64(0, BigInt(index), true);
        view.setUint8(8, ms !== undefined ? 0 : read !== undefined ? 1 : 2);
        view.setUint32(16, ms !== undefined ? clock : (read ?? write), true);
        view.setBigUint64(24, BigInt(Math.round((ms ?? 0) * 1e6)), true);
        view.setUint16(40, absolute ? 1 : 0, true);
      });
      return [at, 4096, list.length, COUNT];
    },
    /** The events of the last poll: [number, errno, kind]. */
    events() {
      return Array.from({ length: this.u32(COUNT) }, (_, index) => {
        const view = new DataView(memory.buffer, 4096 + 32 * index, 32);
        return [Number(view.getBigUint64(0, true)), view.getUint16(8, true), view.getUint8(10)];
      });
    },
  };
}

/** A FIFO of the host's: a descriptor for the guest to read, and one to write. */
function fifo(t) {
  const name = path.join(tmp(t), 'fifo');
  require('node:child_process').execFileSync('mkfifo', [name]);
  const both = fs.openSync(name, 'r+');
  const reader = fs.openSync(name, 'r');
  const writer = fs.openSync(name, 'w');
  fs.closeSync(both);
  const open = new Set([reader, writer]);
  const close = (fd) => open.delete(fd) && fs.closeSync(fd);
  t.after(() => [...open].forEach(close));
  return { reader, writer, close };
}

module.exports = { WASI, beats, command, fifo, guest, os, skip, sleep, start, suspends };
