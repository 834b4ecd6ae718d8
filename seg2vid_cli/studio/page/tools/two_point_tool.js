import { StrokeTool } from "./stroke_tool.js";

/** A tool that spans a shape from where the pointer went down to where it is; with shift the shape is a regular one. */
export class TwoPointTool extends StrokeTool {
  showsBrush = false;

  press(point) {
    this.isOpen = true;
    this.start = point;
    this.workbench.drawing.begin();
    this.#show(point);
  }

  drag(point, { shift = false } = {}) {
    if (this.isOpen) this.#show(shift ? this.regular(this.start, point) : point);
  }

  #show(end) {
    this.workbench.drawing.repaint(this.workbench.classIndex, (span) => this.shape(this.start, end, span));
  }
}
