/** How the camera drives: as the seed says, a named path, or rates from the pad or the two fields. */
import { element, make } from "../interface/elements.js";
import { roveFocus, setTabStop } from "../interface/roving_focus.js";
import { cameraRates, cameraText, namedRates } from "./camera_path.js";
import { Joystick } from "./joystick.js";

const RATES = [
  { id: "camera-forward", rate: "forward", most: 60 },
  { id: "camera-yaw", rate: "yaw", most: 90 },
];

export class CameraPanel {
  #chips = new Map();

  constructor(settings) {
    this.settings = settings;
    this.joystick = new Joystick(element("camera-pad"), element("camera-knob"), element("camera-unknown"));
    this.joystick.moved.listen((rates) => settings.set({ camera: cameraText(rates) }));
    for (const field of RATES) element(field.id).addEventListener("input", ({ target }) => this.#type(field, target));
    roveFocus(element("camera-names"), "button");
    settings.changed.listen(() => this.show());
  }

  setModel({ cameras, abilities }) {
    element("camera").hidden = !abilities.camera;
    this.#chips = new Map([
      [null, this.#makeChip("seed's own", null)],
      ...cameras.map((name) => [name, this.#makeChip(name, name)]),
    ]);
    element("camera-names").replaceChildren(...this.#chips.values());
    this.show();
  }

  #makeChip(title, name) {
    const chip = make("button", { class: "chip", type: "button", role: "radio" }, title);
    chip.addEventListener("click", () => this.settings.set({ camera: name }));
    return chip;
  }

  #type({ rate, most }, field) {
    const number = Number(field.value);
    const isGood = field.value !== "" && Math.abs(number) <= most;
    field.setAttribute("aria-invalid", !isGood);
    if (isGood) this.settings.set({ camera: cameraText({ ...this.#rates, [rate]: number }) });
  }

  get #rates() {
    const { camera } = this.settings.values;
    return cameraRates(camera) ?? namedRates(camera) ?? { forward: 0, yaw: 0 };
  }

  show() {
    const { camera } = this.settings.values;
    for (const [name, chip] of this.#chips) chip.setAttribute("aria-checked", name === camera);
    setTabStop([...this.#chips.values()], this.#chips.get(camera) ?? this.#chips.get(null));
    this.joystick.show(camera === null ? null : this.#rates);
    for (const { id, rate } of RATES) showRate(element(id), camera === null ? "" : this.#rates[rate]);
  }
}

function showRate(field, rate) {
  if (document.activeElement === field && Number(field.value) === rate) return;
  field.value = rate;
  field.setAttribute("aria-invalid", "false");
}
