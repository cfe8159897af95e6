'use strict';

// The plot: one small picture for each curve, both axes logarithmic, a dashed line where a cost grows as its size does. Text alone, so
// that a change of it can be read; legible on white and on black.

const COLUMNS = 4;
const WIDTH = 268;
const HEIGHT = 208;
/** Around the picture's own field: left, top, right, bottom. */
const [LEFT, TOP, RIGHT, BOTTOM] = [48, 50, 18, 34];
const HEAD = 62;
/** How many letters a line of a title has. */
const LETTERS = 40;

/** A colour for each kind, on white and on black: who measures the same thing has another one. node:wasi is grey. */
const COLOURS = {
  V8: ['#0969da', '#58a6ff'], engine: ['#1a7f37', '#3fb950'], host: ['#bc4c00', '#f0883e'], memory: ['#8250df', '#bc8cff'],
  'overlay, host': ['#bf3989', '#f778ba'], 'overlay, memory': ['#0f7b8a', '#39c5cf'], provider: ['#9a6700', '#d29922'], 'node:wasi': ['#6e7781', '#9198a1'],
};
const INK = ['#1f2328', '#e6edf3'];
const DIM = ['#59636e', '#9198a1'];
const FAINT = ['#d0d7de', '#30363d'];

/** Attributes have the colours on white; the style those on black, for readers that know which it is. */
function style() {
  const kinds = Object.values(COLOURS).map(([, dark], index) => `.c${index} > * { stroke: ${dark} } .c${index} > circle { fill: ${dark} }`);
  return `
  svg { font: 10px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  .title { font-weight: 600; font-size: 10.5px }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: ${INK[1]} } .dim { fill: ${DIM[1]} } .grid { stroke: ${FAINT[1]} } .one { stroke: ${DIM[1]} }
    ${kinds.join(' ')}
  }`;
}

const group = (label) => `<g class="c${Object.keys(COLOURS).indexOf(label)}" stroke="${COLOURS[label][0]}" fill="${COLOURS[label][0]}" stroke-width="1.6">`;
const text = (x, y, what, rest = '') => `<text x="${x}" y="${y}" fill="${INK[0]}"${rest}>${escape(what)}</text>`;
const dim = (x, y, what, anchor = 'start') => `<text class="dim" x="${x}" y="${y}" fill="${DIM[0]}" text-anchor="${anchor}">${escape(what)}</text>`;
const grid = (d) => `<path class="grid" stroke="${FAINT[0]}" d="${d}"/>`;
const dashed = (d) => `<path class="one" stroke="${DIM[0]}" stroke-dasharray="4 3" fill="none" d="${d}"/>`;
const dot = ([x, y]) => `<circle cx="${x}" cy="${y}" r="1.2"/>`;

const escape = (text) => text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);
const round = (number) => Number(number.toFixed(1));

/** A power of ten with a unit. */
function time(ns) {
  if (ns >= 1e9) return `${plain(ns / 1e9)} s`;
  if (ns >= 1e6) return `${plain(ns / 1e6)} ms`;
  if (ns >= 1e3) return `${plain(ns / 1e3)} µs`;
  return `${plain(ns)} ns`;
}

function bytes(count) {
  if (count >= 1e9) return `${plain(count / 1e9)} GB`;
  if (count >= 1e6) return `${plain(count / 1e6)} MB`;
  if (count >= 1e3) return `${plain(count / 1e3)} kB`;
  return `${plain(count)} B`;
}

function number(count) {
  if (count >= 1e6) return `${plain(count / 1e6)} M`;
  return count >= 1e3 ? `${plain(count / 1e3)} k` : plain(count);
}

const plain = (value) => String(Number(value.toPrecision(2)));

/**
 * @param {{ title: string, unit: string, measure: 'time' | 'memory', lines: { label: string, points: [number, number][] }[] }[]} pictures
 * @param {string} caption
 */
function plot(pictures, caption) {
  const used = new Set(pictures.flatMap(({ lines }) => lines.map(({ label }) => label)));
  const labels = Object.keys(COLOURS).filter((label) => used.has(label));
  const rows = Math.ceil(pictures.length / COLUMNS);
  const [width, height] = [COLUMNS * WIDTH, HEAD + rows * HEIGHT];
  const cells = pictures.map((picture, index) => {
    const at = `translate(${(index % COLUMNS) * WIDTH} ${HEAD + Math.floor(index / COLUMNS) * HEIGHT})`;
    return `<g transform="${at}">\n${cell(picture)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="How cost grows">
<style>${style()}
</style>
<rect class="back" width="${width}" height="${height}" fill="#ffffff"/>
${text(10, 20, 'How cost grows', ' font-size="13" font-weight="600"')}
${dim(130, 20, caption)}
${legend(labels)}
${cells.join('\n')}
</svg>
`;
}

function legend(labels) {
  let x = 10;
  const parts = labels.map((label) => {
    const part = `${group(label)}<path d="M${x} 39h18"/>${dot([x + 9, 39])}</g>${text(x + 23, 42.5, label)}`;
    x += 40 + 6 * label.length;
    return part;
  });
  parts.push(dashed(`M${x} 39h18`), text(x + 23, 42.5, 'in proportion to n'));
  return parts.join('\n');
}

/** A title in one line or two. */
function titleOf(title) {
  if (title.length <= LETTERS) return [title];
  const space = title.lastIndexOf(' ', LETTERS);
  return [title.slice(0, space), title.slice(space + 1)];
}

function cell({ title, unit, measure, lines }) {
  const points = lines.flatMap(({ points }) => points);
  const [x, y] = [axis(points.map(([size]) => size), LEFT, WIDTH - RIGHT), axis(points.map(([, cost]) => cost), HEIGHT - BOTTOM, TOP)];
  const name = titleOf(title);
  const parts = name.map((line, index) => text(10, 14 + 13 * index, line, ' class="title"'));
  parts.push(dim(10, 14 + 13 * name.length, measure === 'memory' ? 'memory of n' : 'CPU time of n'));
  for (const tick of x.ticks) parts.push(grid(`M${x.at(tick)} ${TOP}V${HEIGHT - BOTTOM}`), dim(x.at(tick), HEIGHT - BOTTOM + 12, number(tick), 'middle'));
  for (const tick of y.ticks) parts.push(grid(`M${LEFT} ${y.at(tick)}H${WIDTH - RIGHT}`), dim(LEFT - 4, y.at(tick) + 3, (measure === 'memory' ? bytes : time)(tick), 'end'));
  parts.push(dim((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 24, `n, ${unit}`, 'middle'), proportional(x, y, points));
  for (const { label, points } of lines) {
    const at = points.map(([size, cost]) => [x.at(size), y.at(cost)]);
    parts.push(`${group(label)}<path fill="none" d="M${at.map((point) => point.join(' ')).join('L')}"/>${at.map(dot).join('')}</g>`);
  }
  return parts.join('\n');
}

/** A logarithmic axis from `from` to `to`, with ticks at powers of ten. */
function axis(values, from, to) {
  const lowest = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const highest = Math.max(lowest + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  const at = (value) => round(from + (to - from) * (Math.log10(value) - lowest) / (highest - lowest));
  const every = Math.ceil((highest - lowest) / 6);
  const ticks = Array.from({ length: highest - lowest + 1 }, (_, i) => 10 ** (lowest + i)).filter((_, i) => i % every === 0);
  return { at, ticks, lowest: 10 ** lowest, highest: 10 ** highest };
}

/** A dashed line through the field's upper right corner, or what of it lies in the field. */
function proportional(x, y, points) {
  const last = points.reduce((best, point) => (point[0] > best[0] || point[0] === best[0] && point[1] > best[1] ? point : best));
  const ratio = last[1] / last[0];
  const start = Math.max(x.lowest, y.lowest / ratio);
  const end = Math.min(x.highest, y.highest / ratio);
  return dashed(`M${x.at(start)} ${y.at(start * ratio)}L${x.at(end)} ${y.at(end * ratio)}`);
}

module.exports = { plot, time };
