import { rectangle } from "../drawing/shapes.js";
import { TwoPointTool } from "./two_point_tool.js";

/** A filled rectangle; with shift a square. */
export class RectangleTool extends TwoPointTool {
  shape(start, end, span) {
    rectangle(start, end, span);
  }

  regular(start, end) {
    const side = Math.max(Math.abs(end.x - start.x), Math.abs(end.y - start.y));
    return { x: start.x + side * sign(end.x - start.x), y: start.y + side * sign(end.y - start.y) };
  }
}

function sign(number) {
  return number < 0 ? -1 : 1;
}
