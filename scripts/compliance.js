'use strict';
// npm run compliance: runs the conformance programs and the attacks everywhere, and writes COMPLIANCE.md.
//
//   npm run compliance -- [--suite FOLDER] [--suite-version TEXT] [--quick] [--as-built] [--out FILE]
//
// FOLDER has a public suite's built programs with their JSON specifications; what it is, its Git says, or TEXT. `--quick` takes one
// runtime and three kinds; `--as-built` builds nothing first. What is so left out, the report says, and a release refuses it.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { programsIn, versionOf } = require('../conformance/suite.js');
const { attack } = require('./compliance/attacks.js');
const { digest } = require('./compliance/digest.js');
const { describe } = require('./compliance/machine.js');
const { columns, listRuntimes, measure } = require('./compliance/measure.js');
const { bench, curves, fuzzing, soak } = require('./compliance/records.js');
const { render } = require('./compliance/render.js');
const { StepFailed, root } = require('./lib/exec.js');
const { LARGE, SMALL, buildAddon, buildEngine, checkTools, installDevelopment, installRuntimes, runtimes } = require('./lib/setup.js');

const QUICK_KINDS = ['host', 'memory', 'host, read-only'];

function setUp({ 'as-built': asBuilt }) {
  installDevelopment();
  installRuntimes();
  if (!asBuilt) {
    checkTools();
    buildAddon();
    buildEngine();
  }
  for (const addon of [SMALL, LARGE]) {
    if (!fs.existsSync(addon)) throw new StepFailed(`${path.relative(root, addon)} is not built: npm run build, npm run build:engine`);
  }
}

/** What the suite is called, in words; undefined without one. */
function nameSuite({ suite, 'suite-version': given }) {
  if (suite === undefined) return undefined;
  if (!fs.existsSync(suite) || programsIn(suite).length === 0) throw new StepFailed(`${suite} has no programs of preview1`);
  const name = given ?? versionOf(suite);
  if (name === undefined) throw new StepFailed(`${suite} is no checkout that says what it is: --suite-version 'NAME, COMMIT, DATE'`);
  return name;
}

async function main() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({ options: { suite: text, 'suite-version': text, quick: flag, 'as-built': flag, out: { ...text, default: path.join(root, 'COMPLIANCE.md') } } });
  const suite = nameSuite(values);
  setUp(values);
  const began = Date.now();
  const say = (line) => console.log(line);
  const before = digest();
  const all = listRuntimes(runtimes());
  const chosen = values.quick ? all.filter(({ program }) => program === process.execPath) : all;
  const measured = await measure(columns(chosen), { suite: values.suite, kinds: values.quick ? QUICK_KINDS : undefined, say });
  const attacks = values.quick ? undefined : attack(chosen, say);
  if (digest() !== before) throw new StepFailed('the code has changed while it was measured: nothing was written');
  const incomplete = [
    ...(values.quick ? ['one runtime, some kinds, no attacks (--quick)'] : []),
    ...(values['as-built'] ? ['the addons are those that lay there, and may be of another state (--as-built)'] : []),
    ...(!values.quick && attacks === undefined ? ['no attacks: there is no scripts/attacks.js'] : []),
    ...(suite === undefined ? ['no public suite (--suite)'] : []),
  ];
  const { version } = require('../package.json');
  const about = { version, date: new Date().toISOString().slice(0, 10), digest: before, incomplete };
  const { text: report, failures } = render({
    about, machine: describe(chosen), measured, suite, attacks, fuzzing: fuzzing(), soak: soak(), bench: bench(), curves: curves(),
  });
  fs.writeFileSync(values.out, report);
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  console.log(`${path.relative(process.cwd(), values.out)}: ${failures} failures, ${report.split('\n').length - 1} lines, after ${minutes} minutes`);
  process.exitCode = failures === 0 ? 0 : 1;
}

main().catch((error) => {
  console.error(error instanceof StepFailed ? error.message : error);
  process.exitCode = 1;
});
