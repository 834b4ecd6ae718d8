/** A clip as it comes from the server: frames, and layers over them. */
import { FrameStore } from "./frame_store.js";

export class Clip {
  /** `request`: what was asked for; `layers`: those that come with it. */
  constructor({ id, frames, fps, height, width, backend, device }, request, layers) {
    Object.assign(this, { id, frames, fps, height, width, backend, device, request });
    this.asked = new Set(layers);
    this.pictures = new FrameStore();
    this.layers = new Map();
    this.shapes = { boxes: [], arrows: [] };
    this.isComplete = false;
  }

  get ready() {
    return this.pictures.ready;
  }

  addLayer(header, payload) {
    const { layer, index, boxes, arrows } = header;
    if (boxes) this.shapes.boxes[index] = boxes;
    if (arrows) this.shapes.arrows[index] = arrows;
    if (payload.length) this.#layerStore(layer).add(index, payload, "image/png");
  }

  #layerStore(layer) {
    if (!this.layers.has(layer)) this.layers.set(layer, new FrameStore());
    return this.layers.get(layer);
  }

  clear() {
    for (const store of [this.pictures, ...this.layers.values()]) store.clear();
  }
}
