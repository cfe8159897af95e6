'use strict';
// Tables of Markdown, and numbers as text.

/**
 * @param {string[]} head the first column is text, the others are numbers, unless `text` says otherwise
 * @param {(string | number)[][]} rows
 * @param {{ text?: number[] }} [options] the columns that are text, beside the first
 * @returns {string[]}
 */
function table(head, rows, { text = [] } = {}) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 || text.includes(column) ? '---' : '--:'));
  return [line(head), `|${rule.join('|')}|`, ...rows.map(line)];
}

/** 1,234,567 */
const whole = (number) => Math.round(number).toLocaleString('en');

/** How many of so many: `512/512`. */
const share = (passed, all) => (all === 0 ? '' : `${passed}/${all}`);

/** A list of groups: [key, items], in the order in which the keys come. */
function group(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return [...groups];
}

module.exports = { group, share, table, whole };
