'use strict';
// What an addon wants of others: the symbols that its runtime must have, and the newest C library that it names.

const assert = require('node:assert');
const fs = require('node:fs');

const SHT_DYNSYM = 11;
const SHT_GNU_VERNEED = 0x6ffffffe;
const SYMBOL_SIZE = 24;

/**
 * Reads a shared library (ELF, 64 bits, little endian).
 * @param {string} file
 * @returns {{ undefinedSymbols: string[], glibc: string, size: number }} `glibc` as `2.34`
 */
function readAddon(file) {
  const bytes = fs.readFileSync(file);
  assert.strictEqual(bytes.toString('latin1', 0, 6), '\x7fELF\x02\x01', `${file} is no library for this kind of machine`);
  const sections = readSections(bytes);
  const symbols = sections.find(({ type }) => type === SHT_DYNSYM);
  const versions = sections.find(({ type }) => type === SHT_GNU_VERNEED);
  const textAt = (section, offset) => {
    const start = sections[section.link].offset + offset;
    return bytes.toString('latin1', start, bytes.indexOf(0, start));
  };

  const undefinedSymbols = [];
  // The first one is the null symbol. At 6 is the section that defines it: 0 for none.
  for (let at = symbols.offset + SYMBOL_SIZE; at < symbols.offset + symbols.size; at += SYMBOL_SIZE) {
    if (bytes.readUInt16LE(at + 6) === 0) undefinedSymbols.push(textAt(symbols, bytes.readUInt32LE(at)));
  }
  return { undefinedSymbols, glibc: newestGlibc(bytes, versions, textAt), size: bytes.length };
}

function readSections(bytes) {
  const [start, size, count] = [Number(bytes.readBigUInt64LE(0x28)), bytes.readUInt16LE(0x3a), bytes.readUInt16LE(0x3c)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    return {
      type: bytes.readUInt32LE(at + 4),
      offset: Number(bytes.readBigUInt64LE(at + 0x18)),
      size: Number(bytes.readBigUInt64LE(at + 0x20)),
      link: bytes.readUInt32LE(at + 0x28),
    };
  });
}

/** Each library that is needed has a list of versions; both lists are chained by distances, and end with 0. */
function newestGlibc(bytes, versions, textAt) {
  const found = [];
  for (let library = versions.offset, step; step !== 0; library += step) {
    step = bytes.readUInt32LE(library + 12);
    for (let at = library + bytes.readUInt32LE(library + 8), next; next !== 0; at += next) {
      next = bytes.readUInt32LE(at + 12);
      const [, version] = /^GLIBC_([\d.]+)$/.exec(textAt(versions, bytes.readUInt32LE(at + 8))) ?? [];
      if (version !== undefined) found.push(version);
    }
  }
  return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

module.exports = { readAddon };
