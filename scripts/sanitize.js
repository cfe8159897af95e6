'use strict';
// The tests in Rust under AddressSanitizer: `npm run sanitize [-- WORDS]`, where the words filter tests. Needs the nightly toolchain
// (`rustup toolchain install nightly`). CONTRIBUTING.md says what other tools were tried, and what they can tell.

const path = require('node:path');
const { root, run } = require('./lib/exec.js');
const { main } = require('./lib/main.js');

const TRIPLE = 'x86_64-unknown-linux-gnu';
/** They measure or limit what the allocator takes, and here that is the sanitizer's. */
const SKIPPED = ['memory::small_files_take_little', 'faults::full::a_host_without_memory_says_nospc_and_goes_on'];

main(() => {
  const skip = SKIPPED.flatMap((test) => ['--skip', test]);
  const tests = ['--test', 'it', '--', ...process.argv.slice(2), ...skip];
  run('cargo', ['+nightly', 'test', '--no-default-features', '--locked', '--target', TRIPLE, ...tests], {
    env: {
      ...process.env,
      RUSTFLAGS: '-Zsanitizer=address',
      CARGO_TARGET_DIR: path.join(root, 'target/address'),
      // Paths and guests' memory of tests are never freed; the fuzz targets look for leaks.
      ASAN_OPTIONS: 'detect_leaks=0',
    },
  });
});
