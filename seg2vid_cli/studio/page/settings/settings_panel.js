/** The fields of the clip's settings. A value that is none is said below the fields and not sent. */
import { element, make } from "../interface/elements.js";
import { readSeed, rollSeed } from "./settings.js";

const NUMBERS = [
  { id: "frames", name: "frames", from: 1, to: 2000, isWhole: true, title: "Frames" },
  { id: "fps", name: "fps", from: 0.1, to: 240, isWhole: false, title: "Frames/s" },
];
const SEEDS = [
  { id: "seed", name: "seed", dice: "roll-seed", title: "The seed" },
  { id: "style", name: "style", dice: "roll-style", title: "The style seed", mayBeEmpty: true },
  { id: "second-seed", name: "secondSeed", dice: "roll-second-seed", title: "The second seed" },
];

export class SettingsPanel {
  constructor(settings) {
    this.settings = settings;
    NUMBERS.forEach((field) => this.#followNumber(field));
    SEEDS.forEach((field) => this.#followSeed(field));
    for (const name of ["size", "backend", "model"]) {
      element(name).addEventListener("change", ({ target }) => settings.set({ [name]: target.value }));
    }
    element("compare").addEventListener("click", () => settings.set({ isComparing: !settings.values.isComparing }));
    settings.changed.listen(() => this.show());
  }

  /** Offers what a model can do. */
  setModel(model, models) {
    this.sizes = model.sizes.map(([height, width]) => `${height}x${width}`);
    fillSelect("backend", ["auto", ...model.backends.filter((name) => name !== "auto")]);
    fillSelect(
      "model",
      models.map(({ name }) => name),
    );
    element("model-field").hidden = models.length < 2;
    element("style-field").hidden = !model.abilities.style;
    this.show();
  }

  show() {
    const { values } = this.settings;
    for (const { id, name } of [...NUMBERS, ...SEEDS]) showValue(id, values[name]);
    if (this.sizes) fillSelect("size", [...new Set([...this.sizes, values.size])].filter(Boolean));
    for (const name of ["size", "backend", "model"]) element(name).value = values[name];
    element("compare").setAttribute("aria-pressed", values.isComparing);
    element("second-seed-field").hidden = !values.isComparing;
  }

  #followNumber({ id, name, from, to, isWhole, title }) {
    element(id).addEventListener("input", ({ target }) => {
      const number = Number(target.value);
      const isGood = target.value !== "" && number >= from && number <= to && (!isWhole || Number.isInteger(number));
      this.#say(
        target,
        isGood ? "" : `${title} must be ${isWhole ? "a whole number" : "a number"} from ${from} to ${to}.`,
      );
      if (isGood) this.settings.set({ [name]: number });
    });
    element(id).addEventListener("blur", () => this.#restore(id));
  }

  #followSeed({ id, name, dice, title, mayBeEmpty = false }) {
    element(id).addEventListener("input", ({ target }) => {
      const isEmpty = mayBeEmpty && target.value === "" && !target.validity.badInput;
      const seed = readSeed(target.value);
      this.#say(target, isEmpty || seed !== null ? "" : `${title} must be a whole number from 0 on.`);
      if (isEmpty || seed !== null) this.settings.set({ [name]: isEmpty ? null : seed });
    });
    element(id).addEventListener("blur", () => this.#restore(id));
    element(dice).addEventListener("click", () => this.settings.set({ [name]: rollSeed() }));
  }

  /** A field that was left with a wrong value goes back to the one that counts. */
  #restore(id) {
    if (element(id).getAttribute("aria-invalid") !== "true") return;
    this.#say(element(id), "");
    this.show();
  }

  #say(field, fault) {
    field.setAttribute("aria-invalid", Boolean(fault));
    element("settings-fault").textContent = fault;
  }
}

/** Leaves the field alone that somebody is typing into, unless its value was rolled. */
function showValue(id, value) {
  const field = element(id);
  const text = value === null ? "" : String(value);
  if (Number(field.value) === value && field.value !== "") return;
  if (document.activeElement === field && field.getAttribute("aria-invalid") === "true") return;
  field.value = text;
}

function fillSelect(id, names) {
  const select = element(id);
  if ([...select.options].map(({ value }) => value).join() === names.join()) return;
  select.replaceChildren(
    ...names.map((name) => make("option", { value: name }, name.replace("x", id === "size" ? " × " : "x"))),
  );
}
