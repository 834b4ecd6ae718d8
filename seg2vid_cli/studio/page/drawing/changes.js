/**
 * What a stroke changed, small enough to keep every stroke there ever was: runs of
 * (unchanged pixels before it, length, class before, class after), in numbers of 7 bits a byte.
 */

export function encodeChange(before, after) {
  const bytes = [];
  let end = 0;
  for (let start = 0; start < after.length; start++) {
    if (before[start] === after[start]) continue;
    const length = runLength(before, after, start);
    pushNumber(bytes, start - end);
    pushNumber(bytes, length);
    bytes.push(before[start], after[start]);
    end = start + length;
    start = end - 1;
  }
  return Uint8Array.from(bytes);
}

function runLength(before, after, start) {
  let end = start + 1;
  while (end < after.length && before[end] === before[start] && after[end] === after[start]) end++;
  return end - start;
}

function pushNumber(bytes, number) {
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  bytes.push(number);
}

/** Puts the classes after the change, or with `backwards` those before it, into the pixels. */
export function applyChange(pixels, change, backwards = false) {
  let at = 0;
  let pixel = 0;
  const readNumber = () => {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = change[at++];
      number |= (byte & 127) << shift;
      if (byte < 128) return number;
    }
  };
  while (at < change.length) {
    pixel += readNumber();
    const length = readNumber();
    pixels.fill(change[at + (backwards ? 0 : 1)], pixel, pixel + length);
    at += 2;
    pixel += length;
  }
}
