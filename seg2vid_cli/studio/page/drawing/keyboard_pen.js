/** Drawing without a pointer: arrow keys move a pen over the map, Enter puts it down and lifts it. */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LONG_STEP = 8; // with shift

export class KeyboardPen {
  #place = null;
  #isDown = false;

  /** `say(text)` reads a text out to those who do not see the stage. */
  constructor(stage, workbench, guides, say, className) {
    Object.assign(this, { stage, workbench, guides, say, className });
    stage.stage.addEventListener("keydown", (event) => this.#key(event));
    stage.stage.addEventListener("pointerdown", () => (this.#place = null));
    stage.stage.addEventListener("blur", () => this.#leave());
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in STEPS) this.#go(STEPS[event.key], event.shiftKey);
    else if (event.key === "Enter") this.#press();
    else if (event.key === "Escape" && this.workbench.tool.isOpen) this.#takeBack();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #go([dx, dy], isLong) {
    const { height, width } = this.stage.drawing.map;
    const { x, y } = this.#place ?? { x: width >> 1, y: height >> 1 };
    const step = isLong ? LONG_STEP : 1;
    this.#place = { x: clamp(x + dx * step, width), y: clamp(y + dy * step, height) };
    if (this.#isDown) this.workbench.tool.drag(this.#place);
    else this.workbench.tool.hover?.(this.#place);
    this.#show();
  }

  #press() {
    const { tool } = this.workbench;
    if (!this.#place) return tool.corners?.length ? tool.finish() : this.#go([0, 0], false); // the pointer drew it
    if (this.#isDown) tool.release();
    else tool.press(this.#place);
    this.#isDown = !this.#isDown && tool.isOpen && !tool.corners;
    this.say(this.#isDown ? "pen down" : "pen up");
    this.#show();
  }

  #takeBack() {
    this.workbench.tool.cancel();
    this.#isDown = false;
    this.say("taken back");
  }

  /** What the pen has painted counts when the keyboard goes elsewhere. */
  #leave() {
    if (this.#isDown) this.workbench.tool.release();
    this.#isDown = false;
    if (this.#place) this.guides.show(null);
    this.#place = null;
  }

  #show() {
    this.guides.show(this.#place, { isKeyboard: true });
    const { x, y } = this.#place;
    if (!this.#isDown) this.say(`${this.className(this.stage.drawing.map.at(x, y))}, ${x}, ${y}`);
  }
}

function clamp(number, size) {
  return Math.min(size - 1, Math.max(0, number));
}
