/** The drawing: a label map for a model, with its whole history. It knows nothing of the screen. */
import { Signal } from "../interface/signal.js";
import { applyChange, encodeChange } from "./changes.js";
import { History } from "./history.js";
import { LabelMap } from "./label_map.js";

export class Drawing {
  /** Pixels changed, perhaps in the middle of a stroke. */
  painted = new Signal();
  /** A step was done, undone or done again: `{ added }` says whether it is new. */
  stepped = new Signal();
  /** Another map or another size took the drawing's place. */
  replaced = new Signal();

  #before = null;

  constructor(map, model) {
    this.map = map;
    this.model = model;
    this.history = new History();
  }

  /** Takes up a drawing that was kept: nothing of this is a step. */
  restore(map, model, history) {
    this.#before = null;
    Object.assign(this, { map, model, history });
    this.replaced.send();
  }

  get isInStroke() {
    return this.#before !== null;
  }

  /** The map without the stroke that is not done yet. */
  get settled() {
    return this.isInStroke ? new LabelMap(this.map.height, this.map.width, this.#before) : this.map;
  }

  begin() {
    this.cancel();
    this.#before = this.map.pixels.slice();
  }

  /** Paints a shape: `shape(span)` calls `span(y, x0, x1)`. */
  paint(classIndex, shape) {
    shape((y, x0, x1) => this.map.paintSpan(y, x0, x1, classIndex));
    this.painted.send();
  }

  /** Paints a shape instead of what the stroke has painted so far: a line that follows the pointer. */
  repaint(classIndex, shape) {
    this.map.pixels.set(this.#before);
    this.paint(classIndex, shape);
  }

  cancel() {
    if (!this.isInStroke) return;
    this.map.pixels.set(this.#before);
    this.#before = null;
    this.painted.send();
  }

  /** Ends the stroke; one that changed nothing is no step. */
  commit() {
    if (!this.isInStroke) return;
    const change = encodeChange(this.#before, this.map.pixels);
    this.#before = null;
    if (change.length) this.#add({ kind: "stroke", change });
  }

  /** Puts another map in the drawing's place, as one step. */
  replace(map, model = this.model) {
    this.cancel();
    const step = { kind: "map", before: packMap(this.map, this.model), after: packMap(map, model) };
    this.#show(map, model);
    this.#add(step);
  }

  undo() {
    return this.#go(this.history.back(), true);
  }

  redo() {
    return this.#go(this.history.forward(), false);
  }

  #go(step, backwards) {
    if (!step) return false;
    this.cancel();
    if (step.kind === "stroke") {
      applyChange(this.map.pixels, step.change, backwards);
      this.painted.send();
    } else {
      const packed = backwards ? step.before : step.after;
      this.#show(unpackMap(packed), packed.model);
    }
    this.stepped.send({ added: false });
    return true;
  }

  #show(map, model) {
    Object.assign(this, { map, model });
    this.replaced.send();
  }

  #add(step) {
    this.history.push(step);
    this.stepped.send({ added: true });
  }
}

/** A whole map, as small as its regions are few. */
function packMap({ height, width, pixels }, model) {
  return { height, width, model, runs: encodeChange(new Uint8Array(pixels.length), pixels) };
}

function unpackMap({ height, width, runs }) {
  const map = new LabelMap(height, width);
  applyChange(map.pixels, runs);
  return map;
}
