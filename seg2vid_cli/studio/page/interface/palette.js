/** The model's classes: colour, name, key and pattern. The first ten have digits, the next ten digits with shift. */
import { patternTile } from "../drawing/patterns.js";
import { make } from "./elements.js";
import { roveFocus, setTabStop } from "./roving_focus.js";

export function classKey(index) {
  if (index >= 20) return "";
  return `${index >= 10 ? "⇧" : ""}${(index + 1) % 10}`;
}

export class Palette {
  #chips = [];

  constructor(place, workbench) {
    Object.assign(this, { place, workbench });
    roveFocus(place, "button");
    workbench.changed.listen(() => this.#showChoice());
  }

  setClasses(classes) {
    this.classes = classes;
    this.#chips = classes.map((one, index) => this.#makeChip(one, index));
    this.place.replaceChildren(...this.#chips);
    this.#showChoice();
  }

  name(index) {
    return this.classes[index]?.name ?? `class ${index}`;
  }

  #makeChip({ name, color }, index) {
    const swatch = make("span", { class: "swatch" });
    swatch.style.backgroundColor = `rgb(${color.join(" ")})`;
    swatch.append(patternSwatch(index, color));
    const key = make("kbd", {}, classKey(index));
    const attributes = { class: "class-chip", type: "button", role: "radio", title: name, "aria-checked": false };
    const chip = make("button", attributes, swatch, make("span", { class: "class-name" }, name), key);
    chip.addEventListener("click", () => this.workbench.setClass(index));
    return chip;
  }

  #showChoice() {
    const chosen = this.#chips[this.workbench.classIndex];
    for (const chip of this.#chips) chip.setAttribute("aria-checked", chip === chosen);
    if (!chosen || chosen === this.#shown) return;
    this.#shown = chosen;
    setTabStop(this.#chips, chosen);
    keepInSight(this.place, chosen);
  }
  #shown = null;
}

/** Scrolls the row of classes on a narrow screen, and never the page. */
function keepInSight(place, chip) {
  if (place.scrollWidth <= place.clientWidth) return;
  place.scrollTo({ left: chip.offsetLeft - (place.clientWidth - chip.offsetWidth) / 2 });
}

function patternSwatch(index, color) {
  const canvas = make("canvas", { class: "swatch-pattern", height: 48, width: 48, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  context.fillStyle = context.createPattern(patternTile(index, color, 2), "repeat");
  context.fillRect(0, 0, 48, 48);
  return canvas;
}
