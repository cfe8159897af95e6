'use strict';

// CRuby as a program. The package has a module that JavaScript initialises and calls; a host that runs programs only needs a `_start`.
// So one more function is written into a copy of it, which does what the package's JavaScript does: `_initialize`, `ruby-init`, and
// the evaluation of a script that writes a line.

const fs = require('node:fs');
const path = require('node:path');
const { packages } = require('./install').programs;

const ARGS = ['ruby.wasm\0', '-EUTF-8\0', '-e_=0\0'];
const SCRIPT = 'STDOUT.sync = true; puts [RUBY_ENGINE, (1..10).sum].join(" ")';
const LINE = 'ruby 55\n';

function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value !== 0);
  return bytes;
}

/** `i32.const` of a number from 0 on: its LEB128 is signed, so a last byte that would make it negative gets another. */
function constant(value) {
  const bytes = leb(value);
  const last = bytes.pop();
  return [0x41, ...bytes, ...(last & 0x40 ? [last | 0x80, 0] : [last])];
}

/** Reads an unsigned LEB128 at `at`; answers it, and where it ends. */
function readLeb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** `{ id, body }` of each section. */
function sections(bytes) {
  const all = [];
  for (let at = 8; at < bytes.length;) {
    const [size, start] = readLeb(bytes, at + 1);
    all.push({ id: bytes[at], body: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return all;
}

/** The functions among the exports, by their names. */
function exported(body) {
  const found = {};
  for (let [left, at] = readLeb(body, 0); left > 0; left--) {
    const [length, start] = readLeb(body, at);
    const [index, next] = readLeb(body, start + length + 1);
    if (body[start + length] === 0) found[body.toString('utf8', start, start + length)] = index;
    at = next;
  }
  return found;
}

/** The code of `_start`. Texts go into memory that `cabi_realloc` gives. */
function startCode(functions) {
  const named = (start) => functions[Object.keys(functions).find((name) => name.startsWith(start))];
  const call = (name) => [0x10, ...leb(named(name))];
  const allocate = (size, local) => [...[0, 0, 1, size].flatMap(constant), ...call('cabi_realloc'), 0x21, local];
  const text = (value) => {
    const bytes = [...Buffer.from(value)];
    return [...allocate(bytes.length, 1), ...bytes.flatMap((byte, i) => [0x20, 1, ...constant(byte), 0x3a, 0, ...leb(i)])];
  };
  const store = (value, offset) => [0x20, 0, ...value, 0x36, 0, ...leb(offset)];
  return [
    1, 2, 0x7f, // two locals: the list, and a text
    ...call('_initialize'),
    ...allocate(ARGS.length * 8, 0),
    ...ARGS.flatMap((arg, i) => [...text(arg), ...store([0x20, 1], i * 8), ...store(constant(arg.length), i * 8 + 4)]),
    0x20, 0, ...constant(ARGS.length), ...call('ruby-init:'),
    ...text(SCRIPT), 0x20, 1, ...constant(SCRIPT.length), ...call('rb-eval-string-protect:'), 0x1a,
    0x0b,
  ];
}

/** The module with a function more, that is exported as `_start`. A program must not export `_initialize`, so that has another name. */
function withStart(original, imported) {
  const bytes = Buffer.from(original);
  const all = sections(bytes);
  const body = (id) => all.find((section) => section.id === id).body;
  const count = (id) => readLeb(body(id), 0)[0];
  const code = startCode(exported(body(7)));
  body(7).write('initialize_', body(7).indexOf('_initialize'));
  const more = {
    1: [0x60, 0, 0],
    3: leb(count(1)),
    7: [6, ...Buffer.from('_start'), 0, ...leb(imported + count(3))],
    10: [...leb(code.length), ...code],
  };
  const parts = [bytes.subarray(0, 8)];
  for (const { id, body } of all) {
    const [items, start] = readLeb(body, 0);
    const next = more[id] === undefined ? [body] : [Buffer.from(leb(items + 1)), body.subarray(start), Buffer.from(more[id])];
    parts.push(Buffer.from([id, ...leb(next.reduce((sum, { length }) => sum + length, 0))]), ...next);
  }
  return Buffer.concat(parts);
}

/** The module's file in `folder`, made when it is first wanted, and the functions that it imports besides WASI's. */
function ruby(folder) {
  const file = path.join(folder, 'ruby.wasm');
  const names = path.join(folder, 'ruby.json');
  if (!fs.existsSync(names)) {
    const bytes = fs.readFileSync(path.join(packages, '@ruby/3.4-wasm-wasi/dist/ruby.wasm'));
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).filter(({ kind }) => kind === 'function');
    fs.writeFileSync(file, withStart(bytes, imports.length));
    fs.writeFileSync(names, JSON.stringify(imports));
  }
  const imports = {};
  for (const { module, name } of JSON.parse(fs.readFileSync(names, 'utf8'))) {
    if (module !== 'wasi_snapshot_preview1') (imports[module] ??= {})[name] = hostFunction(name);
  }
  return { file, imports };
}

/** Handles of values stand for themselves. The rest is for scripts that use JavaScript. */
function hostFunction(name) {
  if (name.startsWith('resource_')) return (value) => value;
  return () => {
    throw new Error(`the script called ${name}`);
  };
}

module.exports = { LINE, ruby };
