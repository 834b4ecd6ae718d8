/** The studio: begins with a drawing, and says what follows from what. */
import { Drawing } from "./drawing/drawing.js";
import { History } from "./drawing/history.js";
import { LabelMap } from "./drawing/label_map.js";
import { DownloadsPanel } from "./files/downloads_panel.js";
import { MapOpening, followDropsAndPastes } from "./files/map_opening.js";
import { ScenesPanel } from "./files/scenes_panel.js";
import { startTemplatePanel } from "./files/template_panel.js";
import { ConnectionState } from "./interface/connection_state.js";
import { element } from "./interface/elements.js";
import { showMessage } from "./interface/messages.js";
import { startShortcuts } from "./interface/shortcuts.js";
import { tokenChanged } from "./server/token.js";
import { Settings } from "./settings/settings.js";
import { DrawingSide } from "./start/drawing_side.js";
import { keyActions } from "./start/key_actions.js";
import { ModelChoice } from "./start/model_choice.js";
import { PictureSide } from "./start/picture_side.js";

export class Studio {
  /** `listing`: what the server says of its models; `first`: the drawing to begin with, as `firstDrawing` gives it. */
  constructor(listing, autosave, first) {
    this.models = new ModelChoice(listing);
    this.autosave = autosave;
    this.model = this.models.find(first.model ?? listing.selected);
    this.settings = new Settings();
    this.drawing = new Drawing(first.map, this.model.name);
    this.left = new DrawingSide(this.drawing, this.model);
    this.right = new PictureSide(this.drawing, this.settings);
    this.#restore(first);
    this.#follow();
    this.#startFiles();
    this.#startKeys();
    this.right.viewer.connect();
    this.right.look();
  }

  #restore({ history, extra = {}, template, map }) {
    const [height, width] = history ? [map.height, map.width] : this.models.fittingSize(map, this.model);
    const { frames, frames_per_second: fps, name: model } = this.model;
    this.settings.set({ frames, fps, ...extra.settings, model, size: `${height}x${width}` });
    this.drawing.restore(map.resized(height, width), model, history ?? new History());
    this.right.restore(extra.picture);
    this.right.setModel(this.model, this.models.models);
    this.left.restore(extra.drawing, template);
  }

  get #extra() {
    return { settings: this.settings.values, drawing: this.left.state, picture: this.right.state };
  }

  #follow() {
    const keep = () => this.autosave.save(this.drawing, this.#extra);
    this.drawing.stepped.listen(({ added }) => {
      this.autosave.save(this.drawing, this.#extra, { added });
      this.right.look();
    });
    this.drawing.replaced.listen(() => this.#followDrawing());
    this.settings.changed.listen((change) => this.#followSettings(change));
    this.left.changed.listen(keep);
    this.right.changed.listen(keep);
    this.left.template.changed.listen(() => this.autosave.saveTemplate(this.left.template.blob));
    tokenChanged.listen(() => this.right.viewer.retry());
    new ConnectionState(element("connection"), this.right.viewer.lanes[0].socket);
    this.autosave.saveAll(this.drawing, this.#extra, this.left.template.blob);
  }

  /** Another map came, perhaps by undoing: its size and its model hold. */
  #followDrawing() {
    const { map, model } = this.drawing;
    this.right.viewer.forget();
    this.#showModel(this.models.find(model));
    this.settings.set({ model, size: `${map.height}x${map.width}` });
  }

  #followSettings({ names, looks }) {
    if (names.includes("model") && this.settings.values.model !== this.drawing.model) this.#changeModel();
    else if (names.includes("size")) this.#changeSize();
    if (looks) this.right.look();
    this.autosave.save(this.drawing, this.#extra);
  }

  #changeModel() {
    const model = this.models.find(this.settings.values.model);
    const map = this.models.translate(this.drawing.settled, this.model, model);
    this.drawing.replace(map.resized(...this.models.fittingSize(map, model)), model.name);
  }

  #changeSize() {
    const { height, width } = this.settings;
    const map = this.drawing.settled;
    if (map.height !== height || map.width !== width) this.drawing.replace(map.resized(height, width));
  }

  #showModel(model) {
    if (model === this.model) return;
    this.model = model;
    this.left.setModel(model);
    this.right.setModel(model, this.models.models);
  }

  /** Puts a map into the drawing's place, at the size that is drawn at. */
  #begin(map) {
    this.drawing.replace(map.resized(this.settings.height, this.settings.width));
  }

  #startFiles() {
    const target = () => ({ model: this.settings.values.model, size: this.settings.values.size });
    const opening = new MapOpening({
      messages: element("drawing-messages"),
      model: () => this.model,
      target,
      begin: (map) => this.#begin(map),
      setTemplate: (blob) => this.left.template.set(blob),
      undo: () => this.left.undo(),
    });
    const field = element("file-field");
    element("open-file").addEventListener("click", () => field.click());
    field.addEventListener("change", () => {
      if (field.files[0]) opening.open(field.files[0]);
      field.value = ""; // the same file may be chosen again
    });
    followDropsAndPastes(element("drop-hint"), (file) => opening.open(file));
    new ScenesPanel({ begin: (map) => this.#begin(map), target, colors: () => this.left.colors });
    element("blank").addEventListener("click", () => this.#beginBlank());
    element("scenes").addEventListener("toggle", () => this.#nameBlank());
    startTemplatePanel(this.left.template, () => this.left.mapPicture());
    new DownloadsPanel(() => ({ map: this.drawing.settled, settings: this.settings.forLane(0) }));
  }

  #nameBlank() {
    const { palette, workbench } = this.left;
    element("blank").textContent = `Fill the map with ${palette.name(workbench.classIndex)}`;
  }

  #beginBlank() {
    const { height, width } = this.drawing.map;
    element("scenes").hidePopover();
    this.drawing.replace(
      new LabelMap(height, width, new Uint8Array(height * width).fill(this.left.workbench.classIndex)),
    );
  }

  #startKeys() {
    const { left, settings } = this;
    const parts = { workbench: left.workbench, stage: left.stage, viewer: this.right.viewer, settings };
    const actions = { undo: () => left.undo(), redo: () => left.redo(), toggleHatching: () => left.toggleHatching() };
    startShortcuts(keyActions({ ...parts, ...actions }), {
      chooseClass: (index) => index < this.model.classes.length && left.workbench.setClass(index),
      pointers: left.pointers,
    });
    element("show-keys").addEventListener("click", () => element("keys").showModal());
  }

  /** Says where the drawing came from, if that is no matter of course. */
  sayWhence(from) {
    const texts = {
      last: "This is the drawing that was made last.",
      copy: "This tab has a copy of the other tab's drawing.",
    };
    if (from in texts)
      showMessage(element("drawing-messages"), { text: texts[from], hint: "Scenes has others to begin with." });
  }
}
