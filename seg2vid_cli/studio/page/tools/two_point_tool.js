/** A tool that spans a shape from where the pointer went down to where it is; with shift the shape is a regular one. */
export class TwoPointTool {
  isOpen = false;
  showsBrush = false;

  constructor(workbench) {
    this.workbench = workbench;
  }

  press(point) {
    this.isOpen = true;
    this.start = point;
    this.workbench.drawing.begin();
    this.#show(point);
  }

  drag(point, { shift = false } = {}) {
    if (this.isOpen) this.#show(shift ? this.regular(this.start, point) : point);
  }

  release() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.workbench.drawing.commit();
  }

  cancel() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.workbench.drawing.cancel();
  }

  #show(end) {
    this.workbench.drawing.repaint(this.workbench.classIndex, (span) => this.shape(this.start, end, span));
  }
}
