/** A clip as it comes from the server: frames, and layers over them. */
import { FrameStore } from "./frame_store.js";

export class Clip {
  constructor({ id, frames, fps, height, width, backend, device }, request) {
    Object.assign(this, { id, frames, fps, height, width, backend, device, request });
    this.pictures = new FrameStore();
    this.layers = new Map();
    this.shapes = { boxes: [], arrows: [] };
    this.isComplete = false;
  }

  get ready() {
    return this.pictures.ready;
  }

  addLayer(header, payload) {
    const { layer, index } = header;
    if (layer in this.shapes) this.shapes[layer][index] = header[layer] ?? [];
    else this.#layerStore(layer).add(index, payload, "image/png");
  }

  hasLayer(layer, index) {
    return layer in this.shapes ? index in this.shapes[layer] : Boolean(this.layers.get(layer)?.has(index));
  }

  #layerStore(layer) {
    if (!this.layers.has(layer)) this.layers.set(layer, new FrameStore());
    return this.layers.get(layer);
  }

  clear() {
    for (const store of [this.pictures, ...this.layers.values()]) store.clear();
  }
}
