/** The side where one sees: pictures, player, layers over them, camera and settings. */
import { element } from "../interface/elements.js";
import { Signal } from "../interface/signal.js";
import { Overlays } from "../picture/overlays.js";
import { startTransport } from "../picture/transport.js";
import { Viewer } from "../picture/viewer.js";
import { CameraPanel } from "../settings/camera_panel.js";
import { SettingsPanel } from "../settings/settings_panel.js";

export class PictureSide {
  /** Something changed that is kept with the drawing and is no setting of the clip. */
  changed = new Signal();

  #isLookComing = false;

  constructor(drawing, settings) {
    Object.assign(this, { drawing, settings });
    this.overlays = new Overlays(element("layers"), element("layer-chips"), element("layer-opacity"));
    this.viewer = new Viewer({
      figures: [element("screen-0"), element("screen-1")],
      messages: element("picture-messages"),
      overlays: this.overlays,
      settings,
      makeRequest: (lane) => ({ pixels: drawing.settled.pixels.slice(), settings: settings.forLane(lane) }),
    });
    this.settingsPanel = new SettingsPanel(settings);
    this.cameraPanel = new CameraPanel(settings);
    startTransport(this.viewer);
    this.overlays.changed.listen(() => this.changed.send());
  }

  setModel(model, models) {
    this.overlays.setAbilities(model.abilities);
    this.settingsPanel.setModel(model, models);
    this.cameraPanel.setModel(model);
  }

  /** Looks once, whatever number of changes come together. */
  look() {
    if (this.#isLookComing) return;
    this.#isLookComing = true;
    queueMicrotask(() => {
      this.#isLookComing = false;
      this.viewer.connect();
      this.viewer.look();
    });
  }

  get state() {
    return { layers: [...this.overlays.shown], opacity: this.overlays.opacity };
  }

  restore({ layers = [], opacity } = {}) {
    this.overlays.shown = new Set(layers);
    if (opacity) this.overlays.setOpacity(opacity);
  }
}
