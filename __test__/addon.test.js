'use strict';
// The addon as a file: what it may ask of the runtime that loads it.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { root } = require('./helpers/both');

test('no memory of the addon is lent to JavaScript: Electron refuses such buffers', () => {
  const addon = fs.readFileSync(path.join(root, `preopen.${process.platform}-${process.arch}-gnu.node`), 'latin1');
  assert.ok(addon.includes('napi_create_buffer_copy'));
  assert.doesNotMatch(addon, /napi_create_external_/);
});
