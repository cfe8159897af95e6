'use strict';

// How paths grow: by directories, by ways up, by links.

const { Guest } = require('./guest');
const { ALL, MEMORY, OVER_HOST, OVER_MEMORY, PROVIDER, mount } = require('./kinds');
const { repeated, samples, timeOf } = require('./sample');
const { steps } = require('./sizes');

const depths = [1, 2, 5, 10, 20, 50, 100, 200];
const deep = (n) => Array(n).fill('d').join('/');

/** What is planted: so many directories within each other, in the last a file. */
function plant(n) {
  return (fs, root) => {
    for (let i = 1; i <= n; i++) fs.mkdirSync(`${root}/${deep(i)}`);
    fs.writeFileSync(`${root}/${deep(n)}/file`, '');
  };
}

function along(name, title, unit, sizes, kinds, planter, call) {
  return {
    name, title, unit, kinds, sizes, cost: 'all',
    async measure(kit, n) {
      const { preopens } = mount(kit.kind, kit, planter(n));
      const guest = new Guest(kit.WASI, { preopens });
      return { times: await repeated(call(guest, n)) };
    },
  };
}

function stat(guest, n) {
  const path = `${deep(n)}/file`;
  return () => guest.stat(path);
}

function open(guest, n) {
  const path = `${deep(n)}/file`;
  return () => guest.close(guest.open(path));
}

/** Down and up again. */
function up(guest, n) {
  const path = `${deep(n)}${'/..'.repeat(n)}/d`;
  return () => guest.stat(path);
}

/** Each link leads to the one before it. */
function links(n) {
  return (fs, root) => {
    fs.writeFileSync(`${root}/0`, '');
    for (let i = 1; i <= n; i++) fs.symlinkSync(String(i - 1), `${root}/${i}`);
  };
}

/** As mkdir(1) does it with -p: each level by its path, from the first one on. */
const mkdirs = {
  name: 'mkdir-p', title: 'n directories within each other made by their paths', unit: 'directory', kinds: ALL, sizes: depths, cost: 'all',
  async measure(kit, n) {
    const times = await samples(async () => {
      const { preopens } = mount(kit.kind, { ...kit, folder: kit.another() });
      const guest = new Guest(kit.WASI, { preopens });
      return timeOf(() => { for (let i = 1; i <= n; i++) guest.mkdir(deep(i)); });
    });
    return { times };
  },
};

const recursive = {
  name: 'mkdir-recursive', title: 'mkdirSync(path, { recursive: true }), n levels', unit: 'directory', kinds: [MEMORY, OVER_HOST, OVER_MEMORY], sizes: steps(1, 1000), cost: 'all',
  async measure(kit, n) {
    const times = await samples(() => {
      const { filesystem } = mount(kit.kind, { ...kit, folder: kit.another() });
      return timeOf(() => filesystem.mkdirSync(`/${deep(n)}`, { recursive: true }));
    });
    return { times };
  },
};

const curves = [
  along('path-stat', 'path_filestat_get through n directories', 'directory', depths, [...ALL, PROVIDER], plant, stat),
  along('path-open', 'path_open + fd_close through n directories', 'directory', depths, [...ALL, PROVIDER], plant, open),
  along('path-up', 'path_filestat_get, n directories down and up again', 'directory', depths, ALL, plant, up),
  along('links', 'path_filestat_get through n links', 'link', [1, 2, 3, 5, 8, 12, 16, 20, 25, 30], ALL, links, (guest, n) => () => guest.stat(String(n))),
  mkdirs,
  recursive,
];

module.exports = { curves };
