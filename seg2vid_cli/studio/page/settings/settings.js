/** What a clip is made with, as the server wants it, and the few settings that are the page's own. */
import { Signal } from "../interface/signal.js";

export const START = {
  model: null,
  backend: "auto",
  size: null, // "HxW"
  frames: 24,
  fps: 17,
  seed: 0,
  style: null, // null: as the seed says
  camera: null, // null: as the seed says
  isComparing: false,
  secondSeed: 1,
};

/** Settings that the first frame depends on. */
const LOOKS = ["model", "backend", "size", "seed", "secondSeed", "style", "isComparing"];

export class Settings {
  /** `{ looks }`: whether the first frame may look different now. */
  changed = new Signal();
  values = { ...START };

  set(changes) {
    const names = Object.keys(changes).filter((name) => name in START && changes[name] !== this.values[name]);
    if (!names.length) return;
    for (const name of names) this.values[name] = changes[name];
    this.changed.send({ looks: names.some((name) => LOOKS.includes(name)), names });
  }

  /** What the server is sent for the first or the second lane. */
  forLane(lane) {
    const { model, backend, size, frames, fps, seed, style, camera, secondSeed } = this.values;
    return { model, backend, size, frames, fps, seed: lane ? secondSeed : seed, style, camera };
  }

  get height() {
    return Number(this.values.size.split("x")[0]);
  }

  get width() {
    return Number(this.values.size.split("x")[1]);
  }
}

export function rollSeed() {
  return Math.floor(Math.random() * 100000); // five digits can be read out and remembered
}

/** The seed that a field says, or null if it is none. */
export function readSeed(text) {
  const number = Number(text);
  return text.trim() !== "" && Number.isSafeInteger(number) && number >= 0 ? number : null;
}
