/** The place where the map is drawn: it lays out the map, paints it, and shows what the pointer would do. */
import { Signal } from "../interface/signal.js";
import { Viewport } from "./viewport.js";

export class Stage {
  /** What is seen of the map moved or grew. */
  moved = new Signal();

  #isWaiting = false;

  constructor({ stage, sheet, map }, drawing, colors) {
    Object.assign(this, { stage, sheet, canvas: map, drawing, colors });
    this.viewport = new Viewport();
    new ResizeObserver(() => this.#resize()).observe(stage);
    drawing.painted.listen(() => this.repaint());
    drawing.replaced.listen(() => this.#showOther());
    this.#showOther();
  }

  /** Another model has other colours. */
  setColors(colors) {
    this.colors = colors;
    this.repaint();
  }

  /** Paints the map once before the screen is drawn next, however many strokes there are until then. */
  repaint() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.colors.paint(this.canvas, this.drawing.map);
    });
  }

  zoomAt(x, y, factor) {
    this.viewport.zoomAt(x, y, factor);
    this.#layOut();
  }

  /** Zooms around the middle. */
  zoom(factor) {
    this.zoomAt(this.stage.clientWidth / 2, this.stage.clientHeight / 2, factor);
  }

  pan(dx, dy) {
    this.viewport.pan(dx, dy);
    this.#layOut();
  }

  fit() {
    this.viewport.fit();
    this.#layOut();
  }

  /** A point of the stage from an event with clientX and clientY. */
  point({ clientX, clientY }) {
    const box = this.stage.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }

  #showOther() {
    const { height, width } = this.drawing.map;
    this.stage.setAttribute("aria-label", `Label map, ${height} by ${width} pixels`);
    this.#resize();
    this.repaint();
  }

  #resize() {
    const { clientHeight: height, clientWidth: width } = this.stage;
    this.viewport.setSizes(this.drawing.map, { height, width });
    this.#layOut();
  }

  #layOut() {
    const { zoom, left, top } = this.viewport;
    const { height, width } = this.drawing.map;
    this.sheet.style.width = `${width * zoom}px`;
    this.sheet.style.height = `${height * zoom}px`;
    this.sheet.style.transform = `translate(${left}px, ${top}px)`;
    this.moved.send();
  }
}
