/** A picture below the map to draw after. The map over it is made as thin as one wants. */
import { Signal } from "../interface/signal.js";

export class Template {
  /** Another picture, none, or another strength of the map. */
  changed = new Signal();
  blob = null;
  mapOpacity = 60; // per cent, while there is a picture

  constructor(image, mapCanvas) {
    Object.assign(this, { image, mapCanvas });
    image.addEventListener("error", () => this.set(null));
  }

  set(blob) {
    URL.revokeObjectURL(this.image.src);
    this.blob = blob;
    this.image.hidden = !blob;
    if (blob) this.image.src = URL.createObjectURL(blob);
    else this.image.removeAttribute("src");
    this.#show();
  }

  setMapOpacity(percent) {
    this.mapOpacity = percent;
    this.#show();
  }

  #show() {
    this.mapCanvas.style.opacity = this.blob ? this.mapOpacity / 100 : 1;
    this.changed.send();
  }
}
