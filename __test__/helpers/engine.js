'use strict';
// Cases of guests off this thread. They need the addon with the engine.
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const preopen = require('../..');
const { load } = require('../../lib/native.js');
const { tmp } = require('./both');

/** Why there is nothing to test here. */
const skip = load().run === undefined ? 'this build has no engine' : false;

/** A case, which gets the test; skipped where there is no engine. */
function engine(title, fn) {
  test(title, { skip }, (t) => fn(t));
}

const file = (name) => path.join(__dirname, '../guests', `${name}.wasm`);
const bytes = (name) => fs.readFileSync(file(name));

const modules = new Map();

/** A guest's module, compiled once, quickly. Singlepass cannot compile functions with several results. */
function compiled(name) {
  if (!modules.has(name)) modules.set(name, preopen.compile(file(name), { engine: name === 'imports' ? 'cranelift' : 'singlepass' }));
  return modules.get(name);
}

/** Runs a guest, named as its first argument, to its end. */
async function run(name, { args = [], ...options } = {}) {
  return preopen.run(await compiled(name), { args: [name, ...args], ...options });
}

/** Starts a guest. */
async function spawn(name, { args = [], ...options } = {}) {
  return preopen.spawn(await compiled(name), { args: [name, ...args], ...options });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a promise is rejected with. */
const rejection = (promise) => promise.then((value) => never(value), (error) => error);
function never(value) {
  throw new Error(`not rejected: ${require('node:util').inspect(value)}`);
}

/** Waits until something holds, or fails after 20 s. */
async function until(condition, what) {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(5)) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
  }
}

module.exports = { ...preopen, bytes, compiled, engine, file, rejection, run, skip, sleep, spawn, tmp, until };
