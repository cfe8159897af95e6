'use strict';
// What `npm install` brings: packs the packages, installs the tarballs offline into an empty folder, and uses them
// there from CommonJS, ES modules, TypeScript and the command line; in another folder with the engine.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readAddon } = require('./lib/elf.js');
const { StepFailed, npm, root, run } = require('./lib/exec.js');
const { main } = require('./lib/main.js');
const { LARGE, PLATFORM, SMALL, runtimes } = require('./lib/setup.js');

const { version } = require('../package.json');
const README = fs.readFileSync(path.join(root, 'README.md'), 'utf8');

/** The newest C library that an addon may want: README.md, "Platforms". */
const GLIBC = '2.34';

/** How far from the truth a size in README.md may be, as a ratio. */
const ROUNDING = 0.1;

const ADDON = /^(preopen\.[\w-]+\.node|package\.json|README\.md|LICENSE)$/;

/** What each package may hold, besides what npm adds; a stray file is a mistake in `files`. */
const CONTENT = {
  preopen: /^(index\.js|(index|register)\.d\.ts|lib\/.+\.(js|d\.ts)|bin\/preopen\.js|package\.json|LICENSE|README\.md|CHANGELOG\.md|COMPLIANCE\.md)$/,
  [`@preopen/${PLATFORM}`]: ADDON,
  '@preopen/engine': ADDON,
};

/** Programs of a user, by file name. Each prints `ok`. */
const PROGRAMS = {
  'common.cjs': `
    const { WASI } = require('preopen');
    ${useIt()}`,
  'module.mjs': `
    import preopen, { WASI } from 'preopen';
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    if (preopen.WASI !== WASI || require('preopen').WASI !== WASI) throw new Error('two classes');
    ${useIt()}`,
  'registered.mjs': `
    import 'preopen/register';
    const { WASI } = await import('node:wasi');
    if (WASI !== (await import('preopen')).WASI) throw new Error('not registered');
    console.log('ok');`,
};

function useIt() {
  return `
    const wasi = new WASI({ version: 'preview1', args: ['exit_code', '7'] });
    const program = new WebAssembly.Module(require('node:fs').readFileSync('exit_code.wasm'));
    const code = wasi.start(new WebAssembly.Instance(program, wasi.getImportObject()));
    if (code !== 7) throw new Error('exit code ' + code);
    console.log('ok');`;
}

/** Prints which addon serves, and runs a guest in the engine, or prints why that cannot be. */
const RUN = `
  const preopen = require('preopen');
  const [addon, ...more] = Object.keys(require.cache).filter((file) => file.endsWith('.node'));
  if (more.length > 0) throw new Error('two addons');
  console.log(addon.includes('@preopen/engine') ? 'large' : 'small');
  preopen.run?.('exit_code.wasm', { args: ['exit_code', '7'] }).then(
    ({ exitCode }) => console.log('exit code', exitCode),
    (error) => console.log(error.message),
  );`;

/** What no addon may want, whatever runtime loads it. */
function checkAddons() {
  for (const file of [SMALL, LARGE]) {
    const { undefinedSymbols, glibc, size } = readAddon(file);
    const lent = undefinedSymbols.filter((name) => name.startsWith('napi_create_external'));
    assert.deepStrictEqual(lent, [], 'Electron refuses memory that is lent to JavaScript');
    assert.ok(undefinedSymbols.some((name) => name.startsWith('napi_')), 'nothing of Node-API: is this the addon?');
    assert.ok(glibc.localeCompare(GLIBC, 'en', { numeric: true }) <= 0, `${file} needs glibc ${glibc}`);
    console.log(`${path.relative(root, file)}: ${(size / 1e6).toFixed(1)} MB, glibc ${glibc}, no external buffers`);
  }
}

/** @returns {{ preopen: string, platform: string, engine: string }} the tarballs */
function pack(to) {
  const [preopen, platform, engine] = [root, path.dirname(SMALL), path.dirname(LARGE)].map((folder) => {
    const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', to], { cwd: folder, quiet: true }));
    const stray = packed.files.map((file) => file.path).filter((file) => !CONTENT[packed.name].test(file));
    if (stray.length > 0) throw new StepFailed(`${packed.name} holds what it should not: ${stray.join(', ')}`);
    const megabytes = packed.unpackedSize / 1e6;
    console.log(`packed ${packed.id}: ${packed.files.length} files, ${packed.size} bytes, unpacked ${megabytes.toFixed(1)} MB`);
    const [, said] = new RegExp(`^\\| \`${packed.name}\` \\|.*\\| ([\\d.]+) MB \\|`, 'm').exec(README) ?? [];
    if (said === undefined || Math.abs(megabytes - said) > Math.max(said * ROUNDING, 0.1)) {
      throw new StepFailed(`README.md, "Packages", says that ${packed.name} has ${said} MB; it has ${megabytes.toFixed(1)}`);
    }
    return path.join(to, packed.filename);
  });
  return { preopen, platform, engine };
}

function install(folder, tarballs) {
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'user', version: '1.0.0', private: true }));
  npm(['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], { cwd: folder });
  fs.copyFileSync(path.join(root, '__test__/guests/exit_code.wasm'), path.join(folder, 'exit_code.wasm'));
}

function usePrograms(folder) {
  for (const [file, source] of Object.entries(PROGRAMS)) {
    fs.writeFileSync(path.join(folder, file), source);
    assert.strictEqual(run(process.execPath, [file], { cwd: folder, quiet: true }), 'ok\n');
    console.log(`ran ${file}`);
  }
}

function useTypes(folder) {
  for (const file of ['surface.mts', 'drop-in.cts', 'tsconfig.json']) {
    fs.copyFileSync(path.join(root, '__test__/types', file), path.join(folder, file));
  }
  const types = path.join(folder, 'node_modules/@types');
  fs.mkdirSync(types, { recursive: true });
  for (const [name, from] of [['@types/node', '@types/node'], ['undici-types', 'undici-types']]) {
    fs.cpSync(path.join(root, 'node_modules', from), path.join(folder, 'node_modules', name), { recursive: true });
  }
  const tsc = require.resolve('typescript/bin/tsc', { paths: [root] });
  run(process.execPath, [tsc, '--project', 'tsconfig.json'], { cwd: folder, quiet: true });
  console.log('compiled surface.mts, drop-in.cts');
}

function useCommand(folder) {
  const bin = path.join(folder, 'node_modules/.bin/preopen');
  const { status, stderr } = spawnSync(bin, ['run', 'exit_code.wasm', '--', '7'], { cwd: folder, encoding: 'utf8' });
  assert.strictEqual(status, 7, stderr);
  console.log('ran preopen run');
}

const runIt = (folder) => run(process.execPath, ['-e', RUN], { cwd: folder, quiet: true });

/** Without the engine the small addon serves, and `run()` names what is missing. */
function useWithoutEngine(folder) {
  assert.match(runIt(folder), /^small\n(.*@preopen\/engine.*\n)?$/);
  console.log('ran run() without the engine');
}

/** Under the permission model it is enough to grant what is installed: a look for the engine is not refused as a fault. */
function useWithPermissions(folder) {
  const [, node] = runtimes().nodes.find(([, , major]) => major === '24');
  const readable = ['common.cjs', 'exit_code.wasm', 'node_modules/preopen/', `node_modules/@preopen/${PLATFORM}/`];
  const flags = ['--permission', '--allow-wasi', '--allow-addons', ...readable.map((file) => `--allow-fs-read=${path.join(folder, file)}`)];
  assert.strictEqual(run(node, ['--no-warnings', ...flags, 'common.cjs'], { cwd: folder, quiet: true }), 'ok\n');
  console.log('ran common.cjs under the permission model');
}

/** With it the large addon serves, alone, and everything else as before; a build of another version is refused. */
function useEngine(folder) {
  usePrograms(folder);
  assert.match(runIt(folder), /^large\n(exit code 7\n)?$/);
  console.log('ran run() with the engine');
  const manifest = path.join(folder, 'node_modules/@preopen/engine/package.json');
  fs.writeFileSync(manifest, fs.readFileSync(manifest, 'utf8').replace(/"version": "[^"]+"/, '"version": "0.0.1"'));
  const source = "try { require('preopen'); } catch (error) { console.log(error.code, error.message); }";
  assert.strictEqual(
    run(process.execPath, ['-e', source], { cwd: folder, quiet: true }),
    `ERR_PREOPEN_NO_BINARY preopen ${version} found version 0.0.1 of its package @preopen/engine, and needs its own. ` +
      `Install again, or run \`npm install @preopen/engine@${version}\`.\n`,
  );
  const env = { ...process.env, PREOPEN_NATIVE_LIBRARY_PATH: 'nothing.node' };
  assert.match(run(process.execPath, ['-e', source], { cwd: folder, quiet: true, env }), /that PREOPEN_NATIVE_LIBRARY_PATH names: .*nothing\.node/);
  console.log('explained: an engine of another version, a chosen file that is missing');
}

/** Every way in which the addon can be missing is explained. */
function useWithoutAddon(folder) {
  const machine = (platform, arch) =>
    `for (const [key, value] of Object.entries({ platform: '${platform}', arch: '${arch}' })) ` +
    'Object.defineProperty(process, key, { value });';
  const failure = (before) => {
    const source = `${before}\ntry { require('preopen'); } catch (error) { console.log(error.code, error.message); }`;
    return run(process.execPath, ['-e', source], { cwd: folder, quiet: true });
  };
  assert.match(failure(machine('darwin', 'arm64')), /^ERR_PREOPEN_NO_BINARY preopen has no build for darwin arm64\./);
  assert.match(failure(machine('linux', 'arm64')), /no build for linux arm64 \(glibc\)\. It runs on linux x64 \(glibc\)/);
  const platform = path.join(folder, 'node_modules/@preopen', PLATFORM);
  const manifest = path.join(platform, 'package.json');
  const original = fs.readFileSync(manifest, 'utf8');
  fs.writeFileSync(manifest, original.replace(/"version": "[^"]+"/, '"version": "0.0.1"'));
  assert.match(failure(''), /found version 0\.0\.1 of its package/);
  fs.writeFileSync(manifest, original);
  fs.writeFileSync(path.join(platform, `preopen.${PLATFORM}.node`), 'not a library');
  assert.match(failure(''), /cannot load its addon on linux x64 \(glibc\)/);
  fs.rmSync(platform, { recursive: true });
  assert.match(failure(''), /its package @preopen\/linux-x64-gnu is not installed/);
  console.log('explained: another platform, another processor, another version, a damaged addon, a missing package');
}

main(() => {
  const temporary = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'preopen-package-'));
  // What is tested is the loader's own choice.
  delete process.env.PREOPEN_NATIVE_LIBRARY_PATH;
  const userFolder = (name, tarballs) => {
    const folder = path.join(temporary, name);
    fs.mkdirSync(folder);
    install(folder, tarballs);
    return folder;
  };
  try {
    checkAddons();
    const { preopen, platform, engine } = pack(temporary);
    const folder = userFolder('user', [preopen, platform]);
    usePrograms(folder);
    useTypes(folder);
    useCommand(folder);
    useWithoutEngine(folder);
    useWithPermissions(folder);
    useEngine(userFolder('engine', [preopen, platform, engine]));
    useWithoutAddon(folder);
  } finally {
    fs.rmSync(temporary, { recursive: true });
  }
});
