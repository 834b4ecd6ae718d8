import { polygon } from "../drawing/shapes.js";

/** Corner by corner; the first corner, or the last one again, closes the polygon. */
export class PolygonTool {
  isOpen = false;
  showsBrush = false;
  corners = [];

  constructor(workbench) {
    this.workbench = workbench;
  }

  /** `reach`: how near to a corner counts as on it, in pixels of the map (fingers are thick). */
  press(point, { reach = 0 } = {}) {
    if (!this.isOpen) this.#open();
    else if (this.#closes(point, reach)) return this.finish();
    this.corners.push(point);
    this.hover(point);
  }

  drag(point) {
    if (!this.isOpen) return;
    this.corners[this.corners.length - 1] = point;
    this.hover(point);
  }

  release() {} // corners stay; only closing ends the polygon

  /** Shows the polygon as it would be with a corner at the pointer. */
  hover(point) {
    if (!this.isOpen) return;
    const corners = [...this.corners, point];
    this.workbench.drawing.repaint(this.workbench.classIndex, (span) => polygon(corners, span));
  }

  /** Takes the last corner back; without corners there is no polygon. */
  stepBack() {
    this.corners.pop();
    if (this.corners.length) this.hover(this.corners.at(-1));
    else this.cancel();
  }

  finish() {
    if (!this.isOpen) return;
    const { drawing, classIndex } = this.workbench;
    drawing.repaint(classIndex, (span) => polygon(this.corners, span));
    this.#close();
    drawing.commit();
  }

  cancel() {
    if (!this.isOpen) return;
    this.#close();
    this.workbench.drawing.cancel();
  }

  #open() {
    this.isOpen = true;
    this.corners = [];
    this.workbench.drawing.begin();
    this.workbench.changed.send();
  }

  #close() {
    this.isOpen = false;
    this.corners = [];
    this.workbench.changed.send();
  }

  #closes(point, reach) {
    const isOn = (corner) => Math.max(Math.abs(corner.x - point.x), Math.abs(corner.y - point.y)) <= reach;
    return (this.corners.length > 2 && isOn(this.corners[0])) || isOn(this.corners.at(-1));
  }
}
