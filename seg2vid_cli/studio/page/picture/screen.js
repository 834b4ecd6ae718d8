/** One picture with what lies over it: the first frame of the drawing, or a frame of the clip. */
import { drawOverlay } from "./overlay.js";

export class Screen {
  /** `figure`: the element with the canvases and the caption. */
  constructor(figure, lane, overlays) {
    Object.assign(this, { figure, lane, overlays });
    this.canvas = figure.querySelector(".screen-picture");
    this.overlay = figure.querySelector(".screen-overlay");
    this.caption = figure.querySelector("figcaption");
    new ResizeObserver(() => this.drawLayers()).observe(this.overlay);
    overlays.changed.listen(() => this.drawLayers());
  }

  /** The frame of the clip that is shown, or -1: the first frame of the drawing. */
  frame = -1;

  showPicture(bitmap) {
    this.frame = -1;
    this.#draw(bitmap);
    bitmap.close();
  }

  /** Shows a frame of the clip; one that is not decoded yet comes a moment later, if it is still wanted. */
  async showFrame(frame) {
    const { clip } = this.lane;
    if (!clip?.pictures.has(frame)) return;
    this.frame = frame;
    const bitmap = clip.pictures.picture(frame) ?? (await clip.pictures.decode(frame));
    if (bitmap && this.frame === frame && this.lane.clip === clip) this.#draw(bitmap);
    for (let next = 1; next <= 4; next++) clip.pictures.decode(frame + next);
  }

  #draw(bitmap) {
    const { canvas } = this;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      this.figure.style.setProperty("--shape", `${bitmap.width} / ${bitmap.height}`);
    }
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    this.figure.classList.add("has-picture");
    canvas.dataset.frame = this.frame; // what is shown, for those who look at the page from outside
    this.drawLayers();
  }

  drawLayers() {
    drawOverlay(this.overlay, this.lane.clip, this.frame, this.overlays, () => this.drawLayers());
  }

  say(text, { isBusy }) {
    this.figure.setAttribute("aria-busy", isBusy);
    this.caption.textContent = text;
    this.canvas.setAttribute("aria-label", text);
  }
}
