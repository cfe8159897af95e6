'use strict';

// How fast a cost grows: the exponent of a power of the size.

/** Points of which the exponent is found. */
const FEWEST = 3;

/** The slope of a line through the points on logarithmic axes, by least squares; undefined where there are too few. */
function exponent(points) {
  const upper = upperHalf(points);
  if (upper.length < FEWEST) return undefined;
  const logs = upper.map(([size, cost]) => [Math.log(size), Math.log(cost)]);
  const mean = (index) => logs.reduce((sum, point) => sum + point[index], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const above = logs.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / logs.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** Where what is paid once weighs least. */
function upperHalf(points) {
  const known = points.filter(([size, cost]) => size > 0 && cost > 0).sort((a, b) => a[0] - b[0]);
  return known.slice(-Math.max(FEWEST, Math.ceil(known.length / 2)));
}

module.exports = { exponent };
