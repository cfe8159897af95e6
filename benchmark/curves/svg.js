'use strict';

// The plot: one small picture for each curve, both axes logarithmic, a dashed line where a cost grows as its size does. Text alone, so
// that a change of it can be read; legible on white and on black.

const COLUMNS = 4;
const WIDTH = 268;
const HEIGHT = 196;
/** Around the picture's own field: left, top, right, bottom. */
const [LEFT, TOP, RIGHT, BOTTOM] = [48, 38, 12, 34];
const HEAD = 62;

const STYLE = `
  svg { --ink: #1f2328; --faint: #d0d7de; --dim: #59636e; background: #ffffff; font: 10px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  .c0 { --line: #0969da } .c1 { --line: #1a7f37 } .c2 { --line: #bc4c00 } .c3 { --line: #8250df } .c4 { --line: #bf3989 } .c5 { --line: #6e7781 }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --faint: #30363d; --dim: #9198a1; background: #0d1117 }
    .c0 { --line: #58a6ff } .c1 { --line: #3fb950 } .c2 { --line: #f0883e } .c3 { --line: #bc8cff } .c4 { --line: #f778ba } .c5 { --line: #9198a1 }
  }`;

/** Colours as attributes, for readers of SVG that know no variables; those that do take the style's. */
const COLOURS = ['#0969da', '#1a7f37', '#bc4c00', '#8250df', '#bf3989', '#6e7781'];

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
  const labels = [...new Set(pictures.flatMap(({ lines }) => lines.map(({ label }) => label)))];
  const rows = Math.ceil(pictures.length / COLUMNS);
  const [width, height] = [COLUMNS * WIDTH, HEAD + rows * HEIGHT];
  const cells = pictures.map((picture, index) => {
    const at = `translate(${(index % COLUMNS) * WIDTH} ${HEAD + Math.floor(index / COLUMNS) * HEIGHT})`;
    return `<g transform="${at}">\n${cell(picture, labels)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="How cost grows">
<style>${STYLE}
  text { fill: var(--ink, #1f2328) } .dim { fill: var(--dim, #59636e) } .grid { stroke: var(--faint, #d0d7de); fill: none } .one { stroke: var(--dim, #59636e); stroke-dasharray: 4 3; fill: none }
  .line { stroke: var(--line); fill: none; stroke-width: 1.6 } .dot { fill: var(--line) } .title { font-weight: 600; font-size: 10.5px }
</style>
<text x="${LEFT}" y="20" font-size="13" font-weight="600">How cost grows</text>
<text x="${LEFT + 108}" y="20" class="dim">${escape(caption)}</text>
${legend(labels)}
${cells.join('\n')}
</svg>
`;
}

function legend(labels) {
  let x = LEFT;
  const parts = labels.map((label, index) => {
    const part = `<g class="c${index}"><path class="line" stroke="${COLOURS[index]}" d="M${x} 39h18"/><circle class="dot" fill="${COLOURS[index]}" cx="${x + 9}" cy="39" r="2.2"/></g><text x="${x + 23}" y="42.5">${escape(label)}</text>`;
    x += 40 + 6 * label.length;
    return part;
  });
  parts.push(`<path class="one" d="M${x} 39h18"/><text x="${x + 23}" y="42.5">in proportion to n</text>`);
  return parts.join('\n');
}

function cell({ title, unit, measure, lines }, labels) {
  const points = lines.flatMap(({ points }) => points);
  const [x, y] = [axis(points.map(([size]) => size), LEFT, WIDTH - RIGHT), axis(points.map(([, cost]) => cost), HEIGHT - BOTTOM, TOP)];
  const parts = [`<text class="title" x="${LEFT - 38}" y="16">${escape(title)}</text>`];
  parts.push(`<text class="dim" x="${LEFT - 38}" y="29">${measure === 'memory' ? 'memory' : 'CPU time'} of n</text>`);
  for (const tick of x.ticks) {
    parts.push(`<path class="grid" d="M${x.at(tick)} ${TOP}V${HEIGHT - BOTTOM}"/><text class="dim" text-anchor="middle" x="${x.at(tick)}" y="${HEIGHT - BOTTOM + 12}">${number(tick)}</text>`);
  }
  for (const tick of y.ticks) {
    parts.push(`<path class="grid" d="M${LEFT} ${y.at(tick)}H${WIDTH - RIGHT}"/><text class="dim" text-anchor="end" x="${LEFT - 4}" y="${y.at(tick) + 3}">${(measure === 'memory' ? bytes : time)(tick)}</text>`);
  }
  parts.push(`<text class="dim" text-anchor="middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - BOTTOM + 24}">n, ${escape(unit)}</text>`);
  parts.push(proportional(x, y, points));
  for (const { label, points } of lines) {
    const index = labels.indexOf(label);
    const at = points.map(([size, cost]) => [x.at(size), y.at(cost)]);
    parts.push(`<g class="c${index}"><path class="line" stroke="${COLOURS[index]}" d="M${at.map((point) => point.join(' ')).join('L')}"/>${at.map(([cx, cy]) => `<circle class="dot" fill="${COLOURS[index]}" cx="${cx}" cy="${cy}" r="1.9"/>`).join('')}</g>`);
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
  return `<path class="one" d="M${x.at(start)} ${y.at(start * ratio)}L${x.at(end)} ${y.at(end * ratio)}"/>`;
}

module.exports = { plot, time };
