'use strict';

// Sizes that are equally far from each other on a logarithmic axis.

/** Two to each power of ten: 10, 30, 100, … up to `last`. */
function steps(first, last) {
  const list = [];
  for (let ten = 1; ten <= last; ten *= 10) list.push(ten, 3 * ten);
  return list.filter((size) => size >= first && size <= last);
}

module.exports = { steps };
