'use strict';
// Filesystems written in JavaScript beneath guests off their thread.
const assert = require('node:assert/strict');
const { Volume } = require('memfs');
const { OverlayFileSystem, engine, run } = require('../helpers/engine');

engine('an overlay that its lower comes back to, while a guest waits for that, answers EDEADLK', async () => {
  const volume = Volume.fromJSON({ '/there': 'text' });
  const codes = [];
  let inside = false;
  const lower = new Proxy(volume, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function' || !String(name).endsWith('Sync')) return value;
      return (...args) => {
        if (!inside && overlay !== undefined) {
          inside = true;
          try {
            overlay.lstatSync('/there');
            codes.push('');
          } catch ({ code }) {
            codes.push(code);
          } finally {
            inside = false;
          }
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
  let overlay;
  const made = new OverlayFileSystem({ lower });
  overlay = made;
  const { exitCode } = await run('tree', { preopens: { '/sandbox': overlay } });
  assert.equal(exitCode, 0);
  assert.ok(codes.includes('EDEADLK'), codes.join());
  // Afterwards nobody holds it.
  overlay = undefined;
  assert.equal(made.readFileSync('/there', 'utf8'), 'text');
});
