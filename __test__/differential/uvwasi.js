'use strict';
// Where a path leads by node:wasi's reading: uvwasi__resolve_path of 0.0.23, which works on text. The rules need it to say exactly when
// it and the kernel read a path differently.
const fs = require('node:fs');
const { raw } = require('./tree');

const MAX_FOLLOWS = 32;

/** A path without `.`, `..` and doubled slashes, by its text alone. */
function normalize(path) {
  const absolute = path.startsWith('/');
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !absolute || parts.length > 0) parts.push(part);
    else parts.push('..');
  }
  const text = (absolute ? '/' : '') + parts.join('/') || '.';
  return path.endsWith('/') && !text.endsWith('/') ? `${text}/` : text;
}

/** Whether a path lies within a descriptor's, by its beginning. */
function isWithin(path, own) {
  if (own.startsWith('/')) return path.startsWith(own);
  if (own === '.' || own === './') return path !== '..' && !path.startsWith('../');
  if (!path.startsWith(own)) return false;
  const rest = path.slice(own.length).replace(/^\//, '');
  return rest !== '..' && !rest.startsWith('../');
}

function toHost(path, { own, host }) {
  const rest = path.slice(own === '.' || own === './' ? 0 : own.length);
  if (rest === '' || rest === '/') return host;
  return host + (rest.startsWith('/') ? '' : '/') + rest;
}

/**
 * @param {{ own: string, host: string }} dir what the guest calls the directory, and where it was on the host when it was opened
 * @returns {{ path: string } | { error: string }}
 */
function resolve(dir, path, follow) {
  if (path.startsWith('/')) return { error: 'NOTCAPABLE' };
  let input = path;
  for (let follows = 1; ; follows++) {
    if (input === '' || input.slice(0, -1).includes('\0')) return { error: 'INVAL' };
    const normalized = normalize(input.startsWith('/') ? input : `${dir.own}/${input.replace(/\0$/, '')}`);
    if (!isWithin(normalized, dir.own)) return { error: 'NOTCAPABLE' };
    // A link to the directory itself leaves a slash: the length is still that of the text before it was made shorter.
    const slash = input.startsWith('/') && normalized === dir.own && input.length > dir.own.length + 1 ? '/' : '';
    const host = toHost(normalized, dir) + slash;
    if (!follow) return { path: host };
    let target;
    try {
      target = fs.readlinkSync(raw(host), 'latin1');
    } catch (error) {
      return ['EINVAL', 'ENOENT'].includes(error.code) ? { path: host } : { error: error.code.slice(1) };
    }
    if (follows >= MAX_FOLLOWS) return { error: 'LOOP' };
    input = target.startsWith('/') ? target : `${normalized}/../${target}`;
  }
}

module.exports = { normalize, resolve };
