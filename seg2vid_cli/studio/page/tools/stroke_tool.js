/** What tools share that draw one shape from where the pointer goes down to where it leaves. */
export class StrokeTool {
  isOpen = false;

  constructor(workbench) {
    this.workbench = workbench;
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
}
