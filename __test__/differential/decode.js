'use strict';
// What a call has written, so that two runs can be compared: inodes, times and random bytes are never the same in two of them. What a
// decoder does not read is compared byte for byte.
const fs = require('node:fs');
const path = require('node:path');
const { SENTINEL, SIZE } = require('./layout');
const { raw, walk } = require('./tree');

const SECOND = 1_000_000_000n;

/** What is between the fields of a structure: `kept` as it was, `zero`, or the bytes. */
function gaps(memory, ...ranges) {
  const bytes = Buffer.concat(ranges.map(([from, to]) => memory.subarray(from, to)));
  if (bytes.every((byte) => byte === SENTINEL)) return 'kept';
  return bytes.every((byte) => byte === 0) ? 'zero' : bytes.toString('hex');
}

/** A run's tree, as far as what is written about it needs it. */
class World {
  constructor(base) {
    this.base = base;
    this.began = BigInt(Date.now()) * 1_000_000n;
    this.device = fs.statSync(base, { bigint: true }).dev;
  }

  /** The names that an inode has. */
  names(ino) {
    return walk(this.base).filter((name) => fs.lstatSync(raw(path.join(this.base, name)), { bigint: true }).ino === ino);
  }

  /** A time: that the run itself has set is `now`, whenever it was. The clock of files lags, and node:wasi drops fractions of a second. */
  time(value) {
    const now = BigInt(Date.now()) * 1_000_000n;
    return value >= this.began - 3n * SECOND && value <= now + SECOND ? 'now' : value;
  }

  filestat(memory, at) {
    const device = memory.readBigUInt64LE(at) === this.device;
    return {
      device, names: device ? this.names(memory.readBigUInt64LE(at + 8)).join() : 'elsewhere', type: memory[at + 16], gaps: gaps(memory, [at + 17, at + 24]),
      nlink: memory.readBigUInt64LE(at + 24), size: this.#size(memory, at),
      ...(device ? { mtim: this.time(memory.readBigUInt64LE(at + 48)) } : {}),
    };
  }

  /** How large a directory is, is the disk's affair. */
  #size(memory, at) {
    return memory[at + 16] === 3 ? 'a directory' : memory.readBigUInt64LE(at + 32);
  }

  entries(memory, at, used) {
    const entries = [];
    let left = memory.subarray(at, at + used);
    while (left.length >= 24) {
      const length = left.readUInt32LE(16);
      const name = left.toString('latin1', 24, Math.min(24 + length, left.length));
      const ino = left.readBigUInt64LE(8);
      const whole = 24 + length <= left.length;
      const right = () => this.names(ino).some((each) => path.basename(each).startsWith(name) && (!whole || path.basename(each) === name));
      entries.push({ next: left.readBigUInt64LE(0), ino: ino === 0n ? 'none' : right() ? 'right' : 'wrong', length, type: left[20], gaps: gaps(left, [21, 24]), name });
      left = left.subarray(Math.min(24 + length, left.length));
    }
    return { entries, cut: left.length };
  }
}

const plausible = { 0: () => BigInt(Date.now()) * 1_000_000n, 1: () => process.hrtime.bigint() };

function clock(id, value) {
  const host = plausible[id]?.();
  const near = host === undefined ? value > 0n && value < 100_000n * SECOND : value <= host + SECOND && value + 60n * SECOND > host;
  return { near };
}

/** What each function writes, by its arguments: ranges of memory, and their meaning. */
const DECODERS = {
  clock_time_get: ([id, , out], memory) => ({ ranges: [[out, 8]], read: clock(id, memory.readBigUInt64LE(out)) }),
  clock_res_get: ([id, out], memory) => ({ ranges: [[out, 8]], read: { resolution: memory.readBigUInt64LE(out), id } }),
  fd_fdstat_get: ([, out], memory) => ({
    ranges: [[out, 24]],
    read: {
      type: memory[out], gaps: gaps(memory, [out + 1, out + 2], [out + 4, out + 8]), flags: memory.readUInt16LE(out + 2),
      base: memory.readBigUInt64LE(out + 8), inheriting: memory.readBigUInt64LE(out + 16),
    },
  }),
  fd_filestat_get: ([, out], memory, world) => ({ ranges: [[out, 64]], read: world.filestat(memory, out) }),
  path_filestat_get: ([, , , , out], memory, world) => ({ ranges: [[out, 64]], read: world.filestat(memory, out) }),
  fd_prestat_get: ([, out], memory) => ({ ranges: [[out, 8]], read: { tag: memory[out], gaps: gaps(memory, [out + 1, out + 4]), length: memory.readUInt32LE(out + 4) } }),
  fd_readdir([, buffer, , , out], memory, world) {
    const used = memory.readUInt32LE(out);
    return { ranges: [[out, 4], [buffer, used]], read: { used, ...world.entries(memory, buffer, used) } };
  },
  path_readlink([, , , buffer, , out], memory) {
    const used = memory.readUInt32LE(out);
    return { ranges: [[out, 4], [buffer, used]], read: { target: memory.toString('latin1', buffer, buffer + used) } };
  },
  poll_oneoff([, events, , ready], memory) {
    const count = memory.readUInt32LE(ready);
    const read = Array.from({ length: count }, (_, index) => {
      const at = events + 32 * index;
      return {
        userdata: memory.readBigUInt64LE(at), error: memory.readUInt16LE(at + 8), type: memory[at + 10], nbytes: memory.readBigUInt64LE(at + 16),
        flags: memory.readUInt16LE(at + 24), gaps: gaps(memory, [at + 11, at + 16], [at + 26, at + 32]),
      };
    });
    return { ranges: [[ready, 4], [events, 32 * count]], read: { events: read } };
  },
  random_get([buffer, length], memory, world, before) {
    const old = before.subarray(buffer, buffer + length);
    return { ranges: [[buffer, length]], read: { random: length < 16 ? 'few' : !old.equals(memory.subarray(buffer, buffer + length)) } };
  },
};

/** The ranges of memory that have changed: [address, bytes in hexadecimal]. */
function changes(before, after) {
  const found = [];
  const BLOCK = 512;
  for (let block = 0; block < before.length; block += BLOCK) {
    if (before.compare(after, block, block + BLOCK, block, block + BLOCK) === 0) continue;
    for (let at = block; at < block + BLOCK; at++) {
      if (before[at] === after[at]) continue;
      const last = found.at(-1);
      if (last !== undefined && last.at + last.bytes.length === at) last.bytes.push(after[at]);
      else found.push({ at, bytes: [after[at]] });
    }
  }
  return found.map(({ at, bytes }) => [at, Buffer.from(bytes).toString('hex')]);
}

/** Memory without what a call's decoder reads. */
const rest = Buffer.alloc(SIZE);

/**
 * What a call has written.
 * @returns {{ read?: object, wrote: [number, string][] }} its meaning, and all bytes that are no part of that
 */
function written(name, args, errno, before, after, world) {
  if (before.equals(after)) return errno === 0 && DECODERS[name] !== undefined ? { read: DECODERS[name](args, after, world, before).read, wrote: [] } : { wrote: [] };
  if (errno !== 0 || DECODERS[name] === undefined) return { wrote: changes(before, after) };
  const { ranges, read } = DECODERS[name](args, after, world, before);
  after.copy(rest);
  for (const [at, length] of ranges) before.copy(rest, at, at, at + length);
  return { read, wrote: changes(before, rest) };
}

module.exports = { World, written };
