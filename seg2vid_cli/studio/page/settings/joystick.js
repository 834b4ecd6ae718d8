/** The camera's pad: up is forward, sideways turns. The knob stays where it is put, as the camera keeps its rates. */
import { Signal } from "../interface/signal.js";
import { LARGEST_FORWARD, LARGEST_YAW, describeRates } from "./camera_path.js";

const SNAP = 0.06; // of the pad: near an axis means on it
const KEYS = {
  ArrowUp: [0.5, 0],
  ArrowDown: [-0.5, 0],
  ArrowLeft: [0, -0.5],
  ArrowRight: [0, 0.5],
};

export class Joystick {
  /** The rates that were chosen. */
  moved = new Signal();
  #rates = { forward: 0, yaw: 0 };

  /** `unknown`: what the pad shows where nobody knows the rates. */
  constructor(pad, knob, unknown) {
    Object.assign(this, { pad, knob, unknown });
    pad.addEventListener("pointerdown", (event) => this.#press(event));
    pad.addEventListener("pointermove", (event) => pad.hasPointerCapture(event.pointerId) && this.#point(event));
    pad.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows rates; null: nobody knows them, the seed draws them. */
  show(rates) {
    this.knob.hidden = !rates;
    this.unknown.hidden = Boolean(rates);
    this.#rates = rates ?? { forward: 0, yaw: 0 };
    const { forward, yaw } = this.#rates;
    this.knob.style.left = `${50 + clamp(yaw / LARGEST_YAW) * 50}%`;
    this.knob.style.top = `${50 - clamp(forward / LARGEST_FORWARD) * 50}%`;
    this.pad.setAttribute("aria-valuetext", rates ? describeRates(rates) : "as the seed says");
    this.pad.setAttribute("aria-valuenow", forward);
  }

  #press(event) {
    event.preventDefault();
    this.pad.focus();
    this.pad.setPointerCapture(event.pointerId);
    this.#point(event);
  }

  #point({ clientX, clientY }) {
    const box = this.pad.getBoundingClientRect();
    const turn = snap(clamp(((clientX - box.left) / box.width) * 2 - 1));
    const speed = snap(clamp(1 - ((clientY - box.top) / box.height) * 2));
    this.#choose({ forward: half(speed * LARGEST_FORWARD), yaw: half(turn * LARGEST_YAW) });
  }

  #key(event) {
    const step = KEYS[event.key] ?? (event.key === "Home" ? "middle" : null);
    if (!step) return;
    event.preventDefault();
    const { forward, yaw } = this.#rates;
    this.#choose(step === "middle" ? { forward: 0, yaw: 0 } : { forward: forward + step[0], yaw: yaw + step[1] });
  }

  #choose(rates) {
    this.show(rates);
    this.moved.send(rates);
  }
}

function clamp(number) {
  return Math.min(1, Math.max(-1, number));
}

function snap(share) {
  return Math.abs(share) < SNAP ? 0 : share;
}

function half(number) {
  return Math.round(number * 2) / 2;
}
