'use strict';
// npm run release: checks that this tree may be released, and packs the tarballs into release/. It publishes nothing.
//
//   npm run release -- --check   checks alone

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { checkRelease } = require('./lib/release.js');
const { StepFailed, npm, root } = require('./lib/exec.js');
const { PLATFORM, buildAddon, buildEngine, checkTools } = require('./lib/setup.js');
const { main } = require('./lib/main.js');

/** In the order in which they are published: npm leaves an optional dependency out that it does not find. */
const PACKAGES = [`./npm/${PLATFORM}`, './npm/engine', '.'];

main(() => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const faults = checkRelease(root);
  for (const fault of faults) console.error(`- ${fault}`);
  if (faults.length > 0) throw new StepFailed(`no release: ${faults.length} ${faults.length === 1 ? 'thing is' : 'things are'} not as they must be`);
  console.log('this tree may be released');
  if (values.check) return;
  checkTools();
  buildAddon();
  buildEngine();
  const folder = path.join(root, 'release');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  for (const name of PACKAGES) npm(['pack', name, '--pack-destination', folder, '--loglevel=error']);
  console.log(`publish them in this order: ${PACKAGES.join(', ')}`);
});
