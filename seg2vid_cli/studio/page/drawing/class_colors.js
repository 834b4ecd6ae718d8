/** The colours in which class indices are shown, ready to be put into a canvas. */
export class ClassColors {
  constructor(classes) {
    this.table = new Uint32Array(256);
    const bytes = new Uint8ClampedArray(this.table.buffer);
    bytes.fill(128); // a class that the model has not: grey, as something must be shown
    classes.forEach(({ color }, index) => bytes.set([...color, 255], index * 4));
    for (let index = classes.length; index < 256; index++) bytes[index * 4 + 3] = 255;
  }

  /** Paints a label map into a canvas, one canvas pixel for each of the map's. */
  paint(canvas, { height, width, pixels }) {
    if (canvas.height !== height || canvas.width !== width) Object.assign(canvas, { height, width });
    const picture = new ImageData(width, height);
    const colors = new Uint32Array(picture.data.buffer);
    for (let index = 0; index < pixels.length; index++) colors[index] = this.table[pixels[index]];
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }
}
