'use strict';
// `preopen inspect`: what a module imports and exports, which WASI it needs, and whether preopen provides it.

const { HelpWanted, UsageError } = require('./errors.js');
const { loadProgram } = require('./load.js');
const { needsOf } = require('./needs.js');
const { printable } = require('./printable.js');

const NAMES = {
  preview1: 'WASI preview1',
  preview0: 'WASI preview0',
  wasix: 'WASIX',
  'wasi-threads': 'wasi-threads',
  component: 'WASI 0.2 (components)',
};

const KINDS = {
  command: 'a command: exports _start',
  reactor: 'a reactor: exports _initialize, for hosts that call its functions',
  library: 'exports neither _start nor _initialize',
};

/**
 * @param {string[]} words what follows `inspect`
 * @returns {number} the exit code: 0 also where something is missing
 */
function inspect(words) {
  if (words.includes('--help') || words.includes('-h')) throw new HelpWanted();
  const stray = words.find((word) => word.startsWith('-') && word !== '--json');
  if (stray !== undefined) throw new UsageError(`inspect: unknown option ${stray}`);
  const files = words.filter((word) => !word.startsWith('-'));
  if (files.length !== 1) throw new UsageError('inspect: name one module, as in preopen inspect app.wasm');

  const [file] = files;
  const { bytes, binary } = loadProgram(file);
  const report = { file, bytes: bytes.length, format: binary.format, ...needsOf(binary) };
  report.provided = report.problems.length === 0;
  const { imports, exports } = binary;
  console.log(words.includes('--json') ? toJson({ ...report, imports, exports }) : toText(report, binary));
  return 0;
}

const toJson = (report) => JSON.stringify(report, null, 2);

function toText({ file, bytes, format, wasi, kind, problems }, { imports, exports }) {
  const lines = [`${file}: WebAssembly ${format}, ${bytes} bytes`];
  if (format === 'module') lines.push(`Kind: ${KINDS[kind]}`);
  lines.push(`Needs: ${wasi.map((name) => NAMES[name]).join(', ') || 'no WASI'}`);
  if (problems.length === 0) {
    lines.push('Provided: everything');
  } else {
    lines.push('Provided: not everything');
    for (const { what, fix } of problems) lines.push(`  ${what}.`, `    What helps: ${fix}.`);
  }
  if (format === 'module') lines.push(...section('Imports', imports), ...section('Exports', exports));
  return lines.join('\n');
}

function section(title, items) {
  const lines = items.map(({ module, name, kind, type, memory }) => {
    const detail = memory === undefined ? (type ?? '') : describeMemory(memory);
    const full = printable(module === undefined ? name : `${module}.${name}`);
    return `  ${kind.padEnd(8)}  ${full}${kind === 'function' ? '' : ' '}${detail}`;
  });
  return [`${title}: ${items.length === 0 ? 'none' : items.length}`, ...lines];
}

function describeMemory({ initial, maximum, shared, memory64 }) {
  const most = maximum === undefined ? '' : `, at most ${maximum}`;
  return `(${initial} pages${most}${shared ? ', shared' : ''}${memory64 ? ', 64-bit' : ''})`;
}

module.exports = { inspect };
