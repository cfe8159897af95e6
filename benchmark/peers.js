'use strict';

// Hosts with a filesystem in memory, each behind the same few lines: preopen, and what others have published.
//
// A host gets the files that the guest finds in its folder, and a function for its standard output, and answers the imports and
// what binds an instance. Files come as `[path, bytes]`; a path with a slash at its end is a folder.

const { createRequire } = require('node:module');
const path = require('node:path');
const { folder } = require('./install').peers;

const fromPeers = createRequire(path.join(folder, 'package.json'));

const hosts = {
  /** MemoryFileSystem of this project. */
  preopen(files, stdout, module) {
    const { MemoryFileSystem, WASI } = require(module);
    const tree = new MemoryFileSystem();
    for (const [name, bytes] of files) {
      if (bytes === undefined) tree.mkdirSync(name, { recursive: true });
      else tree.writeFileSync(name, bytes);
    }
    const wasi = new WASI({ version: 'preview1', preopens: { '/': tree }, stdout });
    return { imports: wasi.wasiImport, bind: (instance) => wasi.initialize(instance) };
  },

  /** memfs, behind the WASI of @tybys/wasm-util: the pair that the N-API emulation for browsers uses. */
  memfs(files, stdout) {
    const { createFsFromVolume, Volume } = fromPeers('memfs');
    const { WASI } = fromPeers('@tybys/wasm-util');
    const fs = createFsFromVolume(new Volume());
    for (const [name, bytes] of files) {
      if (bytes === undefined) fs.mkdirSync(name, { recursive: true });
      else fs.writeFileSync(name, bytes);
    }
    // Its function gets text.
    const wasi = new WASI({ version: 'preview1', preopens: { '/': '/' }, fs, print: stdout });
    return { imports: wasi.wasiImport, bind: (instance) => wasi.initialize(instance) };
  },

  /** The shim of rust-analyzer's and rustc's playgrounds in browsers. */
  async browser_wasi_shim(files, stdout) {
    const shim = await import(fromPeers.resolve('@bjorn3/browser_wasi_shim'));
    const root = new Map();
    for (const [name, bytes] of files) {
      const parts = name.split('/').filter(Boolean);
      const last = parts.pop();
      let at = root;
      for (const part of parts) at = at.get(part).contents;
      at.set(last, bytes === undefined ? new shim.Directory(new Map()) : new shim.File(bytes));
    }
    const none = new shim.OpenFile(new shim.File([]));
    const fds = [none, new shim.ConsoleStdout(stdout), none, new shim.PreopenDirectory('/', root)];
    const wasi = new shim.WASI([], [], fds);
    return { imports: wasi.wasiImport, bind: (instance) => wasi.initialize(instance) };
  },

  /** swiftwasm's. What is on npm has standard streams, and no filesystem yet. */
  uwasi(_files, stdout) {
    const { useAll, useStdio, WASI } = fromPeers('uwasi');
    const wasi = new WASI({ features: [useAll(), useStdio({ stdout })] });
    return { imports: wasi.wasiImport, bind: (instance) => wasi.initialize(instance) };
  },
};

module.exports = { hosts };
