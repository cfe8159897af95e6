'use strict';
// The main job: a WASI program, compiled from report.c, takes a census of this repository through preopen.
// It gets arguments, an environment, orders on standard input, the repository to read (and only to read), and one
// directory to write to. Nothing else of this machine is within its reach.
const fs = require('node:fs');
const path = require('node:path');
const { WASI } = require('..');

const root = path.join(__dirname, '..');
const out = path.join(__dirname, 'out');
const report = path.join(out, 'report.md');

function main() {
  fs.mkdirSync(out, { recursive: true });
  fs.rmSync(report, { force: true });
  const stdin = fs.openSync(path.join(__dirname, 'report.txt'), 'r');
  const started = process.hrtime.bigint();

  const wasi = new WASI({
    version: 'preview1',
    args: ['report', '--top', '5', '--out', '/out/report.md', '/repo'],
    env: { REPORT_TITLE: 'What this repository is made of' },
    preopens: {
      '/repo': { path: root, readOnly: true },
      '/out': out,
    },
    stdin,
  });
  const module = new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'report.wasm')));
  console.log(`report.wasm runs on Node ${process.versions.node}; /repo is ${root} (read-only), /out is ${out}`);
  const ready = process.hrtime.bigint();
  const code = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
  const ended = process.hrtime.bigint();
  wasi.close();
  fs.closeSync(stdin);

  const ms = (from, to) => (Number(to - from) / 1e6).toFixed(1);
  console.log(`report.wasm ended with exit code ${code} after ${ms(ready, ended)} ms (set up in ${ms(started, ready)} ms)`);
  if (code === 0) {
    const lines = fs.readFileSync(report, 'utf8').trimEnd().split('\n');
    const head = lines.slice(0, 16);
    console.log(`\n${path.relative(process.cwd(), report)} (${lines.length} lines) begins:\n`);
    for (const line of head) console.log(`  ${line}`.trimEnd());
  }
  return code;
}

process.exitCode = main();
