/** Calls `span(y, x0, x1)` for the region of one class around a pixel (neighbours share an edge). */
export function floodFill(map, x, y, span) {
  const wanted = map.at(x, y);
  const seen = new Uint8Array(map.pixels.length);
  const isOpen = (column, row) =>
    map.has(column, row) && !seen[row * map.width + column] && map.at(column, row) === wanted;
  const waiting = [[x, y]];
  while (waiting.length) {
    const [column, row] = waiting.pop();
    if (!isOpen(column, row)) continue;
    const [first, last] = openRun(isOpen, column, row);
    seen.fill(1, row * map.width + first, row * map.width + last + 1);
    span(row, first, last);
    for (const next of [row - 1, row + 1]) waiting.push(...runStarts(isOpen, first, last, next));
  }
}

function openRun(isOpen, column, row) {
  let first = column;
  let last = column;
  while (isOpen(first - 1, row)) first--;
  while (isOpen(last + 1, row)) last++;
  return [first, last];
}

/** One pixel of every open run of a row between two columns. */
function runStarts(isOpen, first, last, row) {
  const starts = [];
  for (let column = first; column <= last; column++) {
    if (isOpen(column, row) && (column === first || !isOpen(column - 1, row))) starts.push([column, row]);
  }
  return starts;
}
