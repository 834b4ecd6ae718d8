import { floodFill } from "../drawing/flood_fill.js";

/** Fills the region of one class under the pointer. */
export class FillTool {
  isOpen = false;
  showsBrush = false;

  constructor(workbench) {
    this.workbench = workbench;
  }

  press(point) {
    const { drawing, classIndex } = this.workbench;
    if (!drawing.map.has(point.x, point.y)) return;
    drawing.begin();
    drawing.paint(classIndex, (span) => floodFill(drawing.map.copy(), point.x, point.y, span));
    drawing.commit();
  }

  drag() {}
  release() {}
  cancel() {}
}
