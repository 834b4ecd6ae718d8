/** Every step there ever was, and how many of them are done. Steps after that number can be done again. */
export class History {
  constructor(steps = [], position = steps.length) {
    this.steps = steps;
    this.position = position;
  }

  /** Adds a step that was just done; steps that were undone are gone for good. */
  push(step) {
    this.steps.length = this.position;
    this.steps.push(step);
    this.position++;
  }

  get canUndo() {
    return this.position > 0;
  }

  get canRedo() {
    return this.position < this.steps.length;
  }

  /** The step that is no longer done, or null. */
  back() {
    return this.canUndo ? this.steps[--this.position] : null;
  }

  /** The step that is done again, or null. */
  forward() {
    return this.canRedo ? this.steps[this.position++] : null;
  }
}
