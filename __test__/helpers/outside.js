'use strict';
// A box, which a guest gets, inside a directory that it must not reach; and a record of all that is in a directory.
const fs = require('node:fs');
const path = require('node:path');

const SECRET = 'SECRET: no guest reads this';

// base/outside: secret, dir/, dir/x, empty/. base/box: own ("own"), sub/, sub/inner, empty/.
function makeBox(host) {
  const base = host.tmp();
  const outside = path.join(base, 'outside');
  const box = path.join(base, 'box');
  for (const dir of [outside, `${outside}/dir`, `${outside}/empty`, box, `${box}/sub`, `${box}/empty`]) fs.mkdirSync(dir);
  fs.writeFileSync(`${outside}/secret`, SECRET);
  fs.writeFileSync(`${outside}/dir/x`, SECRET);
  fs.writeFileSync(`${box}/own`, 'own');
  fs.writeFileSync(`${box}/sub/inner`, 'inner');
  return { base, outside, box };
}

// Links that the host made: to directories outside, and to files outside.
function makeLinks({ base, outside, box }) {
  const links = {
    up: '..',
    upup: '../../../../../../../../..',
    abs: outside,
    relative: '../outside',
    root: '/',
    'sub/deep': '../../outside',
    chain: 'chain2',
    chain2: 'sub/deep',
    dot: '.',
    'sub/back': '..',
    winding: 'sub/back/../outside',
    upfile: '../outside/secret',
    absfile: `${outside}/secret`,
    chainfile: 'upfile',
    'sub/deepfile': '../../outside/secret',
    throughfile: 'up/outside/secret',
  };
  for (const [name, target] of Object.entries(links)) fs.symlinkSync(target, path.join(box, name));
  // A hard link to a symbolic link, one level higher than the link was made for.
  fs.linkSync(path.join(box, 'sub/deepfile'), path.join(box, 'hard'));
  const below = base.slice(1);
  return {
    directories: ['up/outside', `upup/${below}/outside`, 'abs', 'relative', `root/${below}/outside`, 'sub/deep', 'chain', 'winding', 'dot/up/outside', 'sub/back/up/outside',
      '../outside', 'sub/../../outside', './../outside', 'dot/../outside', 'sub/back/../outside', 'up/./outside/.', 'up//outside', 'up/box/../outside',
      outside, `/${outside}`, '//outside', '/', '..', 'sub/../..', '../box/../outside', 'empty/../../outside'],
    files: ['upfile', 'absfile', 'chainfile', 'sub/deepfile', 'throughfile', 'hard', 'dot/upfile', 'sub/back/upfile', 'sub/../upfile'],
    links: Object.keys(links),
  };
}

// Everything below a directory: type, size, times, mode, content. `of`: the filesystem, an object with node:fs's methods;
// `times`: whether its times say that something was changed (those of memfs move when a file is read or a directory listed).
function record(folder, of = fs, { times = true } = {}) {
  const found = {};
  const walk = (name) => {
    const full = path.join(folder, name);
    const stat = of.lstatSync(full, { bigint: true });
    const what = stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? of.readlinkSync(full) : stat.isFile() ? of.readFileSync(full, 'latin1') : 'special';
    found[name || '.'] = [what, stat.mode, stat.nlink, ...(times ? [stat.mtimeNs, stat.ctimeNs] : [])].join(' ');
    if (stat.isDirectory()) for (const entry of of.readdirSync(full).sort()) walk(path.join(name, entry));
  };
  walk('');
  return found;
}

module.exports = { SECRET, makeBox, makeLinks, record };
