/** Thin lines over the stage: the brush's outline, the pen that the keys move, a polygon's corners. */
import { Signal } from "../interface/signal.js";
import { freshContext } from "./screen_canvas.js";
import { discRows } from "./shapes.js";

export class Guides {
  /** The pen moved: where it is. */
  moved = new Signal();
  /** Where the pointer or the pen is, in pixels of the map, or null. */
  pen = null;
  #isWaiting = false;

  constructor(canvas, stage, workbench) {
    Object.assign(this, { canvas, stage, workbench });
    stage.moved.listen(() => this.redraw());
    workbench.changed.listen(() => this.redraw());
  }

  show(pen, { isKeyboard = false } = {}) {
    this.pen = pen;
    this.isKeyboard = isKeyboard;
    this.moved.send(pen);
    this.redraw();
  }

  redraw() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#draw();
    });
  }

  #draw() {
    const context = freshContext(this.canvas);
    if (!context) return;
    const path = new Path2D();
    if (this.pen) this.#outlinePen(path);
    if (this.workbench.tool.corners?.length) this.#markCorners(path);
    strokeTwice(context, path);
  }

  #outlinePen(path) {
    const size = this.workbench.tool.showsBrush ? this.workbench.size : 1;
    if (size > 1 || this.stage.viewport.zoom >= 4) this.#outlineDisc(path, size);
    if (this.isKeyboard || size === 1) this.#crossPen(path);
  }

  /** The outline of exactly the pixels that would be painted. */
  #outlineDisc(path, size) {
    const rows = discRows(size);
    const corner = (x, y) => this.stage.viewport.toStage(this.pen.x + x, this.pen.y + y);
    const right = rows.flatMap(([y, , x]) => [corner(x + 1, y), corner(x + 1, y + 1)]);
    const left = rows.toReversed().flatMap(([y, x]) => [corner(x, y + 1), corner(x, y)]);
    tracePath(path, [...right, ...left]);
  }

  #crossPen(path) {
    const { x, y } = this.stage.viewport.toStage(this.pen.x + 0.5, this.pen.y + 0.5);
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      path.moveTo(x + dx * 5, y + dy * 5);
      path.lineTo(x + dx * 13, y + dy * 13);
    }
  }

  #markCorners(path) {
    const points = this.workbench.tool.corners.map(({ x, y }) => this.stage.viewport.toStage(x + 0.5, y + 0.5));
    for (const { x, y } of points) path.rect(x - 4, y - 4, 8, 8);
  }
}

function tracePath(path, points) {
  points.forEach(({ x, y }, index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}

/** White within black is seen on every class's colour. */
function strokeTwice(context, path) {
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 60%)";
  context.stroke(path);
  context.lineWidth = 1.2;
  context.strokeStyle = "#fff";
  context.stroke(path);
}
