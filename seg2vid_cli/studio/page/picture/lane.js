/**
 * One seed's way to the server: the first frame of the newest drawing, and the clip. Two lanes, each with a connection
 * of its own, are what is compared side by side.
 */
import { Signal } from "../interface/signal.js";
import { LiveSocket } from "../server/live_socket.js";
import { Clip } from "./clip.js";

let lastId = 0;

export class Lane {
  /** A first frame came: `{ bitmap, milliseconds }`. */
  looked = new Signal();
  /** The clip or what is known of the work on it changed. */
  changed = new Signal();
  /** A frame of the clip came: its index. */
  framed = new Signal();
  /** The server refused: `{ code, message, hint, what }` with "look", "play" or "layer". */
  failed = new Signal();

  clip = null;
  /** How many others the server serves first. */
  ahead = 0;
  #look = null; // what was asked for and is not answered
  #nextLook = null; // what is asked for then
  #play = null;

  constructor() {
    this.socket = new LiveSocket();
    this.socket.opened.listen(() => this.#goOn());
    this.socket.lost.listen(() => this.#pause());
    this.socket.received.listen((message) => this.#receive(message));
  }

  get isMaking() {
    return this.#play !== null;
  }

  get isLooking() {
    return this.#look !== null || this.#nextLook !== null;
  }

  /** Asks for the first frame. While one is being painted only the newest drawing waits. */
  look(request) {
    this.#nextLook = request;
    this.#sendLook();
  }

  play(request, layers) {
    this.#play = { id: ++lastId, request, layers };
    this.#nextLook = null; // the clip's first frame is the same picture
    this.ahead = 0;
    this.#sendPlay();
    this.changed.send();
  }

  cancel() {
    if (!this.#play) return;
    this.socket.send({ type: "cancel" });
    this.#play = null;
    this.changed.send();
  }

  /** Asks for a layer of the clip that is there. */
  fetchLayer(layer) {
    if (this.clip?.isComplete) this.socket.send({ type: "layer", clip: this.clip.id, layer });
  }

  /** Drops the clip, as when its size or its model is no longer the drawing's. */
  forget() {
    this.cancel();
    this.clip?.clear();
    this.clip = null;
    this.changed.send();
  }

  #sendLook() {
    if (this.#look || !this.#nextLook) return;
    const request = this.#nextLook;
    const id = ++lastId;
    if (!this.socket.send({ type: "look", id, settings: request.settings }, request.pixels)) return;
    this.#look = { id, request, sent: performance.now() };
    this.#nextLook = null;
    this.changed.send();
  }

  #sendPlay() {
    const { id, request, layers } = this.#play;
    this.socket.send({ type: "play", id, settings: request.settings, layers }, request.pixels);
  }

  #goOn() {
    if (this.#play) this.#sendPlay();
    this.#sendLook();
  }

  /** The server is gone: what it was asked for is asked again when it is back. */
  #pause() {
    if (this.#look) {
      this.#nextLook ??= this.#look.request;
      this.#look = null;
    }
    this.changed.send();
  }

  #receive({ header, payload }) {
    const handlers = {
      picture: () => this.#takePicture(header, payload),
      begin: () => this.#takeBeginning(header),
      frame: () => this.#takeFrame(header, payload),
      layer: () => this.#takeLayer(header, payload),
      end: () => this.#takeEnd(header),
      cancelled: () => this.#takeCancelled(header),
      busy: () => this.#takeBusy(header),
      error: () => this.#takeError(header),
    };
    handlers[header.type]?.();
  }

  async #takePicture({ id }, payload) {
    const look = this.#look;
    if (look?.id === id) this.#look = null;
    const bitmap = await createImageBitmap(new Blob([payload])).catch(() => null);
    if (bitmap) this.looked.send({ bitmap, milliseconds: look ? performance.now() - look.sent : null });
    this.#sendLook();
    this.changed.send();
  }

  #takeBeginning(header) {
    if (header.id !== this.#play?.id) return;
    this.clip?.clear();
    this.clip = new Clip(header, this.#play.request, this.#play.layers);
    this.ahead = 0;
    this.changed.send();
  }

  #takeFrame({ id, index }, payload) {
    if (id !== this.clip?.id) return;
    this.clip.pictures.add(index, payload);
    this.framed.send(index);
  }

  #takeLayer(header, payload) {
    if (header.id !== this.clip?.id) return;
    this.clip.addLayer(header, payload);
    this.changed.send();
  }

  #takeEnd({ id, seconds }) {
    if (id === this.clip?.id) Object.assign(this.clip, { isComplete: true, seconds });
    if (id === this.#play?.id) this.#play = null;
    this.changed.send();
  }

  #takeCancelled({ id }) {
    if (id === this.#play?.id) this.#play = null;
    if (id === this.#look?.id) this.#look = null;
    this.#sendLook();
    this.changed.send();
  }

  #takeBusy({ id, ahead }) {
    this.ahead = ahead;
    if (id === this.#play?.id || id === this.#look?.id) this.changed.send();
  }

  #takeError({ id, code, message, hint }) {
    const what = id === this.#play?.id ? "play" : id === this.#look?.id ? "look" : "layer";
    if (what === "play") this.#play = null;
    if (what === "look") this.#look = null;
    this.failed.send({ code, message, hint, what });
    this.#sendLook();
    this.changed.send();
  }
}
