/**
 * Hard-edged shapes as spans of pixels: every function calls `span(y, x0, x1)` for runs of whole pixels, both ends
 * included. The canvas's own lines would be smoothed, and a smoothed edge is a class that nobody drew.
 */

const discs = new Map();

/** The rows of a round brush, `size` pixels across: `[dy, dx0, dx1]` from the pixel under the pointer. */
export function discRows(size) {
  if (!discs.has(size)) discs.set(size, makeDiscRows(size));
  return discs.get(size);
}

function makeDiscRows(size) {
  const middle = (size - 1) / 2;
  const rows = [];
  for (let row = 0; row < size; row++) {
    const reach = Math.sqrt(Math.max(0, (size / 2) ** 2 - (row - middle) ** 2));
    const first = Math.ceil(middle - reach);
    const last = Math.floor(middle + reach);
    const shift = Math.floor(size / 2);
    if (first <= last) rows.push([row - shift, first - shift, last - shift]);
  }
  return rows;
}

export function disc(x, y, size, span) {
  for (const [dy, dx0, dx1] of discRows(size)) span(y + dy, x + dx0, x + dx1);
}

/** Every pixel of a line, ends included (Bresenham). */
export function linePixels(from, to, visit) {
  const dx = Math.abs(to.x - from.x);
  const dy = -Math.abs(to.y - from.y);
  const stepX = from.x < to.x ? 1 : -1;
  const stepY = from.y < to.y ? 1 : -1;
  let { x, y } = from;
  let error = dx + dy;
  for (;;) {
    visit(x, y);
    if (x === to.x && y === to.y) return;
    const doubled = 2 * error;
    if (doubled >= dy) {
      error += dy;
      x += stepX;
    }
    if (doubled <= dx) {
      error += dx;
      y += stepY;
    }
  }
}

/** A line as thick as the brush. */
export function line(from, to, size, span) {
  linePixels(from, to, (x, y) => disc(x, y, size, span));
}

export function rectangle(from, to, span) {
  const [x0, x1] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  for (let y = Math.min(from.y, to.y); y <= Math.max(from.y, to.y); y++) span(y, x0, x1);
}

/** A filled polygon; its outline belongs to it, so that thin ones do not fall apart. */
export function polygon(corners, span) {
  corners.forEach((corner, index) => line(corner, corners[(index + 1) % corners.length], 1, span));
  const rows = corners.map((corner) => corner.y);
  for (let y = Math.min(...rows); y <= Math.max(...rows); y++) {
    const crossings = rowCrossings(corners, y);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      span(y, Math.ceil(crossings[pair]), Math.floor(crossings[pair + 1]));
    }
  }
}

/** Where the polygon's edges cross the middle of a row, from left to right (even-odd rule). */
function rowCrossings(corners, y) {
  const crossings = [];
  corners.forEach((from, index) => {
    const to = corners[(index + 1) % corners.length];
    if (from.y <= y === to.y <= y) return; // also leaves out level edges
    crossings.push(from.x + ((y - from.y) * (to.x - from.x)) / (to.y - from.y));
  });
  return crossings.sort((a, b) => a - b);
}
