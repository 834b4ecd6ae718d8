import { disc, line } from "../drawing/shapes.js";
import { StrokeTool } from "./stroke_tool.js";

/** Paints where the pointer goes, as thick as the brush. */
export class BrushTool extends StrokeTool {
  showsBrush = true;

  press(point) {
    const { drawing, classIndex, size } = this.workbench;
    this.isOpen = true;
    this.last = point;
    drawing.begin();
    drawing.paint(classIndex, (span) => disc(point.x, point.y, size, span));
  }

  drag(point) {
    const { drawing, classIndex, size } = this.workbench;
    if (!this.isOpen || (point.x === this.last.x && point.y === this.last.y)) return;
    drawing.paint(classIndex, (span) => line(this.last, point, size, span));
    this.last = point;
  }
}
