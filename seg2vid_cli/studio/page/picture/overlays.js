/** Which layers lie over the picture and how strongly, and the buttons for it. */
import { make } from "../interface/elements.js";
import { Signal } from "../interface/signal.js";

/** `ability`: what the model must be able to do for the layer. */
const LAYERS = [
  { name: "labels", title: "Labels", ability: "labels" },
  { name: "flow", title: "Flow", ability: "flow" },
  { name: "arrows", title: "Flow arrows", ability: "flow" },
  { name: "occlusion", title: "Occlusion", ability: "occlusion" },
  { name: "depth", title: "Depth", ability: "depth" },
  { name: "boxes", title: "Boxes", ability: "boxes" },
];

export class Overlays {
  changed = new Signal();
  /** A layer was switched on: its name. The clip may not have it yet. */
  wanted = new Signal();
  shown = new Set();
  opacity = 0.7;

  constructor(fieldset, chips, slider, className) {
    Object.assign(this, { fieldset, chips, className });
    slider.addEventListener("input", () => this.setOpacity(slider.value / 100));
    this.setOpacity = (opacity) => {
      this.opacity = opacity;
      slider.value = opacity * 100;
      this.changed.send();
    };
  }

  /** Offers what the model can do. */
  setAbilities(abilities) {
    const able = LAYERS.filter(({ ability }) => abilities[ability]);
    this.shown = new Set([...this.shown].filter((name) => able.some((layer) => layer.name === name)));
    this.chips.replaceChildren(...able.map((layer) => this.#makeChip(layer)));
    this.fieldset.hidden = !able.length;
    this.changed.send();
  }

  #makeChip({ name, title }) {
    const chip = make("button", { class: "chip", type: "button", id: `layer-${name}`, "aria-pressed": this.shown.has(name) }, title);
    chip.addEventListener("click", () => this.#toggle(name, chip));
    return chip;
  }

  #toggle(name, chip) {
    const isOn = !this.shown.delete(name);
    if (isOn) this.shown.add(name);
    chip.setAttribute("aria-pressed", isOn);
    if (isOn) this.wanted.send(name);
    this.changed.send();
  }
}
