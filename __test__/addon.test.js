'use strict';
// The addon as a file: what it may ask of the runtime that loads it.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { readAddon } = require('../scripts/lib/elf');
const { root } = require('./helpers/both');

const addon = process.env.PREOPEN_NATIVE_LIBRARY_PATH ?? path.join(root, `preopen.${process.platform}-${process.arch}-gnu.node`);

test('no memory of the addon is lent to JavaScript: Electron refuses such buffers', () => {
  const { undefinedSymbols } = readAddon(addon);
  assert.ok(undefinedSymbols.includes('napi_create_buffer_copy'));
  assert.deepEqual(undefinedSymbols.filter((name) => name.startsWith('napi_create_external')), []);
  // Nor is it looked up while it runs.
  assert.ok(!fs.readFileSync(addon, 'latin1').includes('napi_create_external_'));
});
