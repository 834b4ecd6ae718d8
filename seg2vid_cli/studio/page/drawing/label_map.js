/** A picture in which every pixel is a class: `pixels[y * width + x]` is a class index of the model. */
export class LabelMap {
  constructor(height, width, pixels = new Uint8Array(height * width)) {
    if (pixels.length !== height * width) throw new Error(`${pixels.length} pixels are no ${height}x${width} map`);
    this.height = height;
    this.width = width;
    this.pixels = pixels;
  }

  has(x, y) {
    return x >= 0 && y >= 0 && x < this.width && y < this.height;
  }

  at(x, y) {
    return this.pixels[y * this.width + x];
  }

  /** Gives the pixels x0..x1 of row y a class; what lies outside is left out. */
  paintSpan(y, x0, x1, classIndex) {
    if (y < 0 || y >= this.height) return;
    const first = Math.max(0, x0);
    const last = Math.min(this.width - 1, x1);
    if (first <= last) this.pixels.fill(classIndex, y * this.width + first, y * this.width + last + 1);
  }

  copy() {
    return new LabelMap(this.height, this.width, this.pixels.slice());
  }

  /** The same scene at another size, by the nearest pixel centre, as the program itself resizes label maps. */
  resized(height, width) {
    const made = new LabelMap(height, width);
    for (let y = 0; y < height; y++) {
      const row = Math.floor(((y + 0.5) * this.height) / height) * this.width;
      for (let x = 0; x < width; x++) {
        made.pixels[y * width + x] = this.pixels[row + Math.floor(((x + 0.5) * this.width) / width)];
      }
    }
    return made;
  }

  /** The same scene in other class indices: `table[old]` is the new index. */
  renumbered(table) {
    return new LabelMap(
      this.height,
      this.width,
      this.pixels.map((classIndex) => table[classIndex]),
    );
  }
}
