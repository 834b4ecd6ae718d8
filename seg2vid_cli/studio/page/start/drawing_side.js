/** The side where one draws: stage, tools, palette and the bar below the map. */
import { ClassColors } from "../drawing/class_colors.js";
import { Guides } from "../drawing/guides.js";
import { Hatching } from "../drawing/hatching.js";
import { KeyboardPen } from "../drawing/keyboard_pen.js";
import { Pointers } from "../drawing/pointers.js";
import { Stage } from "../drawing/stage.js";
import { Template } from "../drawing/template.js";
import { element } from "../interface/elements.js";
import { Palette } from "../interface/palette.js";
import { Signal } from "../interface/signal.js";
import { makeToolBar } from "../interface/tool_bar.js";
import { Workbench } from "../tools/workbench.js";

export class DrawingSide {
  /** Something changed that is kept with the drawing but is no step. */
  changed = new Signal();

  constructor(drawing, model) {
    this.drawing = drawing;
    this.workbench = new Workbench(drawing);
    this.colors = new ClassColors(model.classes);
    this.palette = new Palette(element("palette"), this.workbench);
    this.stage = new Stage(
      { stage: element("stage"), sheet: element("sheet"), map: element("map") },
      drawing,
      this.colors,
    );
    this.hatching = new Hatching(element("hatching"), this.stage, model.classes);
    this.template = new Template(element("template"), element("map"));
    this.#makePens();
    this.#makeBars();
    this.setModel(model);
    this.workbench.changed.listen(() => this.changed.send());
    this.template.changed.listen(() => this.changed.send());
  }

  #makePens() {
    this.guides = new Guides(element("guides"), this.stage, this.workbench);
    this.guides.moved.listen((pen) => this.#nameClass(pen));
    this.pointers = new Pointers(this.stage, this.workbench, this.guides);
    const say = (text) => (element("stage-voice").textContent = text);
    new KeyboardPen(this.stage, this.workbench, this.guides, say, (index) => this.palette.name(index));
  }

  #makeBars() {
    makeToolBar(element("tools"), this.workbench, { undo: () => this.undo(), redo: () => this.redo() });
    const act = (id, run) => element(id).addEventListener("click", run);
    act("zoom-in", () => this.stage.zoom(1.5));
    act("zoom-out", () => this.stage.zoom(1 / 1.5));
    act("zoom-fit", () => this.stage.fit());
    act("patterns", () => this.toggleHatching());
    act("polygon-finish", () => this.workbench.tool.finish?.());
    act("polygon-cancel", () => this.workbench.tool.cancel());
    this.stage.moved.listen(() => this.#showZoom());
    this.drawing.replaced.listen(() => this.#nameClass(null));
    this.workbench.changed.listen(() => (element("polygon-actions").hidden = !this.workbench.tool.corners?.length));
    this.#showZoom();
  }

  setModel(model) {
    this.colors = new ClassColors(model.classes);
    this.stage.setColors(this.colors);
    this.palette.setClasses(model.classes);
    this.hatching.setClasses(model.classes);
    if (this.workbench.classIndex >= model.classes.length) this.workbench.setClass(0);
  }

  undo() {
    const { tool } = this.workbench;
    if (!tool.isOpen) this.drawing.undo();
    else if (tool.corners) tool.stepBack();
    else tool.cancel();
  }

  redo() {
    if (!this.workbench.tool.isOpen) this.drawing.redo();
  }

  toggleHatching() {
    this.hatching.setOn(!this.hatching.isOn);
    element("patterns").setAttribute("aria-pressed", this.hatching.isOn);
    element("palette").classList.toggle("with-patterns", this.hatching.isOn);
    this.changed.send();
  }

  /** The map as a picture in the classes' colours. */
  async mapPicture() {
    const canvas = document.createElement("canvas");
    this.colors.paint(canvas, this.drawing.settled);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  /** What is kept beside the drawing, and taken up again. */
  get state() {
    return { workbench: this.workbench.state, patterns: this.hatching.isOn, mapOpacity: this.template.mapOpacity };
  }

  restore({ workbench, patterns, mapOpacity } = {}, template = null) {
    if (workbench) this.workbench.restore(workbench);
    if (patterns) this.toggleHatching();
    if (mapOpacity) this.template.setMapOpacity(mapOpacity);
    if (template) this.template.set(template);
  }

  #nameClass(pen) {
    const { map } = this.drawing;
    const name = pen && map.has(pen.x, pen.y) ? `${this.palette.name(map.at(pen.x, pen.y))} · ${pen.x}, ${pen.y}` : "";
    element("under-pointer").textContent = name || `${map.height} × ${map.width}`;
  }

  #showZoom() {
    element("zoom-fit").textContent = `${Math.round(this.stage.viewport.zoom * 100)}%`;
  }
}
