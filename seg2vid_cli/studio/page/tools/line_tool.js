import { line } from "../drawing/shapes.js";
import { TwoPointTool } from "./two_point_tool.js";

const STEP = Math.PI / 12; // with shift: every 15 degrees

/** A straight line, as thick as the brush. */
export class LineTool extends TwoPointTool {
  showsBrush = true;

  shape(start, end, span) {
    line(start, end, this.workbench.size, span);
  }

  regular(start, end) {
    const [dx, dy] = [end.x - start.x, end.y - start.y];
    const angle = Math.round(Math.atan2(dy, dx) / STEP) * STEP;
    const length = Math.hypot(dx, dy);
    return {
      x: Math.round(start.x + length * Math.cos(angle)),
      y: Math.round(start.y + length * Math.sin(angle)),
    };
  }
}
