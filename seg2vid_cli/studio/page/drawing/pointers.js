/** Fingers, pens and mice on the stage: one draws; two fingers, the middle button or the space key move the map. */

const FINGER_REACH = 14; // screen pixels that count as on a corner
const MOUSE_REACH = 7;
const LONG_STROKE = 400; // milliseconds after which a second finger ends a stroke instead of taking it back

export class Pointers {
  #down = new Map(); // pointers on the stage, by their id: where they are
  #mode = null; // "draw", "pan" or "pinch"
  #pressed = 0;
  isSpaceDown = false; // as the keyboard says
  hasPanned = false; // since then

  constructor(stage, workbench, guides) {
    Object.assign(this, { stage, workbench, guides });
    const { stage: place } = stage;
    place.addEventListener("pointerdown", (event) => this.#press(event));
    place.addEventListener("pointermove", (event) => this.#move(event));
    place.addEventListener("pointerup", (event) => this.#lift(event, true));
    place.addEventListener("pointercancel", (event) => this.#lift(event, false));
    place.addEventListener("pointerleave", () => this.#mode ?? this.#leave());
    place.addEventListener("dblclick", () => workbench.tool.finish?.());
    place.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    place.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #press(event) {
    this.stage.stage.focus({ preventScroll: true });
    this.stage.stage.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, this.stage.point(event));
    if (this.#down.size === 2) this.#startPinch();
    else if (this.#down.size > 2) return;
    else if (event.button === 1 || this.isSpaceDown) this.#mode = "pan";
    else if (event.button === 0 || event.button === 2) this.#startDrawing(event);
  }

  #startDrawing(event) {
    this.#mode = "draw";
    this.#pressed = event.timeStamp;
    const reach = (event.pointerType === "touch" ? FINGER_REACH : MOUSE_REACH) / this.stage.viewport.zoom;
    const tool = event.altKey || event.button === 2 ? this.workbench.tools.picker : this.workbench.tool;
    this.tool = tool;
    tool.press(this.#mapPoint(event), { reach, shift: event.shiftKey });
    this.#showPen(event);
  }

  #move(event) {
    if (!this.#mode) return this.#hover(event);
    if (!this.#down.has(event.pointerId)) return;
    if (this.#mode === "draw") this.#draw(event);
    else this.#shift(event);
    this.#down.set(event.pointerId, this.stage.point(event));
  }

  #hover(event) {
    this.#showPen(event);
    this.workbench.tool.hover?.(this.#mapPoint(event));
  }

  #leave() {
    const { tool } = this.workbench;
    this.guides.show(null);
    if (tool.corners?.length) tool.hover(tool.corners.at(-1));
  }

  /** A quick hand moves several times between two pictures of the screen; every place counts. */
  #draw(event) {
    const places = event.getCoalescedEvents?.() ?? [];
    for (const place of places.length ? places : [event]) {
      this.tool.drag(this.#mapPoint(place), { shift: event.shiftKey });
    }
    this.#showPen(event);
  }

  #shift(event) {
    const before = this.#down.get(event.pointerId);
    const now = this.stage.point(event);
    if (this.#mode === "pinch") this.#pinch(event.pointerId, before, now);
    else {
      this.hasPanned = true;
      this.stage.pan(now.x - before.x, now.y - before.y);
    }
  }

  #startPinch() {
    if (this.#mode === "draw") this.#takeBack();
    this.#mode = "pinch";
    this.guides.show(null);
  }

  /** The first of two fingers was no stroke, unless it had drawn for a while. */
  #takeBack() {
    if (this.tool.corners) this.tool.stepBack();
    else if (performance.now() - this.#pressed > LONG_STROKE) this.tool.release();
    else this.tool.cancel();
  }

  #pinch(id, before, now) {
    const other = [...this.#down].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const factor = distance(now, other) / Math.max(1, distance(before, other));
    this.stage.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.stage.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, factor);
  }

  #lift(event, isDone) {
    if (!this.#down.delete(event.pointerId)) return;
    if (this.#mode === "draw") isDone ? this.tool.release() : this.tool.cancel();
    if (this.#down.size === 0) this.#mode = null;
    if (event.pointerType === "touch") this.guides.show(null);
  }

  #turn(event) {
    event.preventDefault();
    const { x, y } = this.stage.point(event);
    if (event.shiftKey) this.stage.pan(-(event.deltaX || event.deltaY), 0);
    else this.stage.zoomAt(x, y, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)));
  }

  #mapPoint(event) {
    const { x, y } = this.stage.point(event);
    return this.stage.viewport.toMap(x, y);
  }

  #showPen(event) {
    this.guides.show(this.#mapPoint(event));
  }
}

function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
