/** Which layers lie over the picture and how strongly, and the buttons for it. */
import { make } from "../interface/elements.js";
import { Signal } from "../interface/signal.js";

/** `layer`: what the server calls it, which sends it if the model is able to. */
const LAYERS = [
  { name: "labels", title: "Labels", layer: "labels" },
  { name: "flow", title: "Flow", layer: "flow" },
  { name: "arrows", title: "Flow arrows", layer: "flow" },
  { name: "occlusion", title: "Occlusion", layer: "occlusion" },
  { name: "depth", title: "Depth", layer: "depth" },
  { name: "boxes", title: "Boxes", layer: "boxes" },
];

export class Overlays {
  changed = new Signal();
  /** A layer was switched on; the clip may not have it yet. */
  wanted = new Signal();
  shown = new Set();
  opacity = 0.7;

  constructor(group, chips, slider) {
    Object.assign(this, { group, chips });
    slider.addEventListener("input", () => this.setOpacity(slider.value / 100));
    this.setOpacity = (opacity) => {
      this.opacity = opacity;
      slider.value = opacity * 100;
      this.changed.send();
    };
  }

  /** Offers what the model can do. */
  setAbilities(abilities) {
    const able = LAYERS.filter(({ layer }) => abilities[layer]);
    this.shown = new Set([...this.shown].filter((shown) => able.some(({ name }) => name === shown)));
    this.chips.replaceChildren(...able.map((one) => this.#makeChip(one)));
    this.group.hidden = !able.length;
    this.changed.send();
  }

  /** The layers that the server is to send. */
  get wantedLayers() {
    return [...new Set(LAYERS.filter(({ name }) => this.shown.has(name)).map(({ layer }) => layer))];
  }

  #makeChip({ name, title }) {
    const chip = make(
      "button",
      { class: "chip", type: "button", id: `layer-${name}`, "aria-pressed": this.shown.has(name) },
      title,
    );
    chip.addEventListener("click", () => this.#toggle(name, chip));
    return chip;
  }

  #toggle(name, chip) {
    const isOn = !this.shown.delete(name);
    if (isOn) this.shown.add(name);
    chip.setAttribute("aria-pressed", isOn);
    if (isOn) this.wanted.send();
    this.changed.send();
  }
}
