'use strict';

// How overlays grow by what was changed in them.

const { OVER_HOST, OVER_MEMORY, mount } = require('./kinds');
const { samples, timeOf } = require('./sample');
const { steps } = require('./sizes');

const pathOf = (i) => `/${Math.floor(i / 1000)}/${i}`;

/** An overlay over n files, in directories of a thousand: a third is written, a third is removed, and as many are new. */
function changed(kit, n) {
  const third = Math.max(1, Math.floor(n / 3));
  const { filesystem } = mount(kit.kind, { ...kit, folder: kit.another() }, (fs, root) => {
    for (let i = 0; i < 2 * third; i++) {
      if (i % 1000 === 0) fs.mkdirSync(`${root}/${i / 1000}`);
      fs.writeFileSync(root + pathOf(i), 'before');
    }
  });
  for (let i = 0; i < third; i++) {
    filesystem.writeFileSync(pathOf(i), 'after');
    filesystem.unlinkSync(pathOf(third + i));
    if (i % 1000 === 0) filesystem.mkdirSync(`/new-${i / 1000}`);
    filesystem.writeFileSync(`/new-${Math.floor(i / 1000)}/${i}`, 'new');
  }
  return filesystem;
}

const kinds = [OVER_HOST, OVER_MEMORY];

const changes = {
  name: 'changes', title: 'changes() of an overlay with n of them', unit: 'change', kinds, sizes: steps(10, 100_000), most: { [OVER_HOST]: 30_000 }, cost: 'all',
  async measure(kit, n) {
    const overlay = changed(kit, n);
    overlay.changes();
    return { times: await samples(() => timeOf(() => overlay.changes())) };
  },
};

const commit = {
  name: 'commit', title: 'commit() of n changes', unit: 'change', kinds, sizes: steps(10, 100_000), most: { [OVER_HOST]: 10_000 }, cost: 'all',
  async measure(kit, n) {
    return { times: await samples(() => (overlay => timeOf(() => overlay.commit()))(changed(kit, n))) };
  },
};

module.exports = { curves: [changes, commit] };
