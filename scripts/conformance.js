'use strict';
// Runs the project's own conformance programs under one host on one kind of filesystem, and says which cases fail:
//
//   node scripts/conformance.js [--under engine|node:wasi] [--on KIND]
//   node scripts/conformance.js FOLDER …        a public suite's built programs instead (WebAssembly/wasi-testsuite's form)
//
// `engine` is preopen's run(). The kinds are those of conformance/kinds.js.

const { parseArgs } = require('node:util');
const { KINDS } = require('../conformance/kinds.js');
const { DIFFERENCES } = require('../conformance/differences.js');
const { exceptionOf } = require('../conformance/exceptions.js');
const { runOwn, titleOf } = require('../conformance/run.js');
const { runSuite } = require('../conformance/suite.js');

const USAGE = `usage: node scripts/conformance.js [FOLDER] [--under engine|node:wasi] [--on KIND]
kinds: ${Object.keys(KINDS).map((kind) => `'${kind}'`).join(', ')}; node:wasi has host alone`;

/** What a case is known for that cannot pass there. */
function reason(title, { under, kind }) {
  const known = under === 'node:wasi' ? DIFFERENCES[title] : exceptionOf(title, { kind });
  return known?.fault ?? known;
}

async function ofSuite(folder, where) {
  const ended = await runSuite(folder, { ...where, alone: true });
  const failed = ended.filter(({ failed: why }) => why !== undefined);
  for (const { program, failed: why } of failed) console.log(`failed: ${program}: ${why}`);
  return { passed: ended.length - failed.length, known: 0, failed: failed.length };
}

async function ofOwn(where) {
  const { [where.kind]: cases } = await runOwn({ under: where.under, kinds: [where.kind] });
  const failed = cases.filter(({ failures }) => failures.length > 0);
  const unknown = failed.filter((each) => reason(titleOf(each), where) === undefined);
  for (const each of failed) {
    const why = reason(titleOf(each), where);
    console.log(`${why === undefined ? 'failed' : 'known '}: ${each.program}, ${titleOf(each)}: ${why ?? each.failures.join('; ')}`);
  }
  return { passed: cases.length - failed.length, known: failed.length - unknown.length, failed: unknown.length };
}

async function main() {
  const string = (value) => ({ type: 'string', default: value });
  const { values, positionals } = parseArgs({ options: { under: string('preopen'), on: string('host') }, allowPositionals: true });
  const { under, on: kind } = values;
  const known = under === 'preopen' || under === 'engine' ? Object.hasOwn(KINDS, kind) : under === 'node:wasi' && kind === 'host';
  if (!known || positionals.length > 1) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  const where = { under, kind };
  const { passed, known: expected, failed } = await (positionals.length === 1 ? ofSuite(positionals[0], where) : ofOwn(where));
  const counts = [`${passed} passed`, ...(expected > 0 ? [`${expected} known not to`] : []), `${failed} failed`];
  console.log(`${under}, ${kind} filesystem, on Node ${process.versions.node}: ${counts.join(', ')}`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

main();
