/** What is in the hand: the tool, the brush's size and the class to paint. Tools read it, panels change it. */
import { Signal } from "../interface/signal.js";
import { BrushTool } from "./brush_tool.js";
import { FillTool } from "./fill_tool.js";
import { LineTool } from "./line_tool.js";
import { PickerTool } from "./picker_tool.js";
import { PolygonTool } from "./polygon_tool.js";
import { RectangleTool } from "./rectangle_tool.js";

export const LARGEST_BRUSH = 64;

export class Workbench {
  changed = new Signal();
  #state = { tool: "brush", size: 8, classIndex: 0 };

  constructor(drawing) {
    this.drawing = drawing;
    this.tools = {
      brush: new BrushTool(this),
      line: new LineTool(this),
      polygon: new PolygonTool(this),
      rectangle: new RectangleTool(this),
      fill: new FillTool(this),
      picker: new PickerTool(this),
    };
  }

  get tool() {
    return this.tools[this.#state.tool];
  }

  get toolName() {
    return this.#state.tool;
  }

  get size() {
    return this.#state.size;
  }

  get classIndex() {
    return this.#state.classIndex;
  }

  /** What is kept with the drawing. */
  get state() {
    return { ...this.#state };
  }

  take(tool) {
    if (!(tool in this.tools) || tool === this.#state.tool) return;
    this.tool.cancel();
    this.#set({ tool });
  }

  restore({ tool, size, classIndex }) {
    this.take(tool);
    this.setSize(size);
    this.setClass(classIndex);
  }

  setSize(size) {
    this.#set({ size: Math.min(LARGEST_BRUSH, Math.max(1, Math.round(size))) });
  }

  setClass(classIndex) {
    this.#set({ classIndex });
  }

  #set(values) {
    Object.assign(this.#state, values);
    this.changed.send();
  }
}
