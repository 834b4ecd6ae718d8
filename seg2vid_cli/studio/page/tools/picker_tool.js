/** Takes the class under the pointer. */
export class PickerTool {
  isOpen = false;
  showsBrush = false;

  constructor(workbench) {
    this.workbench = workbench;
  }

  press(point) {
    const { map } = this.workbench.drawing;
    if (map.has(point.x, point.y)) this.workbench.setClass(map.at(point.x, point.y));
  }

  drag(point) {
    this.press(point);
  }

  release() {}
  cancel() {}
}
