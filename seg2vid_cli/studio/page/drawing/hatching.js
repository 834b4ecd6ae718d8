/** Lays the classes' patterns over the map, at the size of the screen, whatever the zoom is. */
import { patternTile } from "./patterns.js";
import { freshContext } from "./screen_canvas.js";

export class Hatching {
  isOn = false;
  #isWaiting = false;

  constructor(canvas, stage, classes) {
    Object.assign(this, { canvas, stage, classes });
    stage.moved.listen(() => this.redraw());
    stage.drawing.painted.listen(() => this.redraw());
    stage.drawing.replaced.listen(() => this.redraw());
  }

  setOn(isOn) {
    this.isOn = isOn;
    this.canvas.hidden = !isOn;
    this.redraw();
  }

  setClasses(classes) {
    this.classes = classes;
    this.redraw();
  }

  redraw() {
    if (!this.isOn || this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#draw();
    });
  }

  #draw() {
    const context = freshContext(this.canvas);
    if (!context) return;
    const layer = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    for (const [classIndex, mask] of classMasks(this.stage.drawing.map)) {
      this.#fillMask(layer, mask, classIndex);
      context.drawImage(layer, 0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    }
  }

  /** Fills the layer with the class's pattern where the mask is. */
  #fillMask(layer, mask, classIndex) {
    const { zoom, left, top } = this.stage.viewport;
    const density = layer.width / this.canvas.clientWidth;
    const context = layer.getContext("2d");
    context.globalCompositeOperation = "copy";
    context.imageSmoothingEnabled = false;
    context.drawImage(mask, left * density, top * density, mask.width * zoom * density, mask.height * zoom * density);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = context.createPattern(patternTile(classIndex, this.#color(classIndex), density), "repeat");
    context.fillRect(0, 0, layer.width, layer.height);
  }

  #color(classIndex) {
    return this.classes[classIndex]?.color ?? [128, 128, 128];
  }
}

/** For each class of the map a canvas that is opaque where the class is. */
function classMasks({ height, width, pixels }) {
  const pictures = new Map();
  pixels.forEach((classIndex, at) => {
    if (!pictures.has(classIndex)) pictures.set(classIndex, new ImageData(width, height));
    pictures.get(classIndex).data[at * 4 + 3] = 255;
  });
  return [...pictures].map(([classIndex, picture]) => {
    const mask = new OffscreenCanvas(width, height);
    mask.getContext("2d").putImageData(picture, 0, 0);
    return [classIndex, mask];
  });
}
