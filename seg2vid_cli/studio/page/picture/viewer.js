/** The pictures beside the drawing: first frames after every stroke, clips when they are played, one seed or two. */
import { clearMessage, showFault } from "../interface/messages.js";
import { Signal } from "../interface/signal.js";
import { Lane } from "./lane.js";
import { Player } from "./player.js";
import { Screen } from "./screen.js";

export class Viewer {
  /** What is made, shown or known of the clip changed. */
  changed = new Signal();

  player = new Player();
  lanes = [new Lane(), new Lane()];
  #lookTime = null;

  /** `makeRequest(lane)` gives `{ pixels, settings }` of the drawing as it is now. */
  constructor({ figures, messages, overlays, settings, makeRequest }) {
    Object.assign(this, { messages, overlays, settings, makeRequest });
    this.screens = this.lanes.map((lane, index) => new Screen(figures[index], lane, overlays));
    this.lanes.forEach((lane, index) => this.#follow(lane, index));
    this.player.changed.listen(() => this.#showFrame());
    overlays.wanted.listen(() => this.#usedLanes.forEach((lane) => this.#completeLayers(lane)));
  }

  get #usedLanes() {
    return this.settings.values.isComparing ? this.lanes : this.lanes.slice(0, 1);
  }

  get isMaking() {
    return this.#usedLanes.some((lane) => lane.isMaking);
  }

  /** Whether the clip that is there is the one of the drawing and the settings as they are. */
  get isUpToDate() {
    return this.#usedLanes.every(
      (lane, index) => lane.clip?.isComplete && isSame(lane.clip.request, this.makeRequest(index)),
    );
  }

  /** How long the last first frame took from the stroke to the screen, in milliseconds, or null. */
  get lookTime() {
    return this.#lookTime;
  }

  /** Whether the pictures are first frames, and not the clip's. */
  get isShowingLook() {
    return this.screens[0].frame < 0;
  }

  /** Opens the connections that are needed; closes the other one. */
  connect() {
    this.lanes[0].socket.open();
    if (this.settings.values.isComparing) this.lanes[1].socket.open();
    else {
      this.lanes[1].forget();
      this.lanes[1].socket.close();
    }
    this.screens[1].figure.hidden = !this.settings.values.isComparing;
    this.screens[0].figure.parentElement.classList.toggle("two", this.settings.values.isComparing);
  }

  /** Tries the connections now, as a server may be there or a token be known. */
  retry() {
    for (const lane of this.#usedLanes) lane.socket.retry();
  }

  /** Drops the clips: the drawing has another size or another model. */
  forget() {
    this.player.pause();
    this.player.setClip(null);
    for (const lane of this.lanes) lane.forget();
  }

  /** Paints the first frame anew. A clip that is being made shows what is no longer drawn: it is given up. */
  look() {
    this.player.rewind();
    this.#usedLanes.forEach((lane, index) => {
      lane.cancel();
      lane.look(this.makeRequest(index));
    });
    this.#say();
  }

  /** Plays the clip that is there if it is the right one; else has it made, and plays it as it comes. */
  play() {
    clearMessage(this.messages);
    if (!this.isUpToDate && !this.isMaking) this.#make();
    this.player.play();
  }

  #make() {
    this.player.setClip(null);
    this.#usedLanes.forEach((lane, index) => lane.play(this.makeRequest(index), this.overlays.wantedLayers));
  }

  togglePlaying() {
    if (this.player.isPlaying) this.player.pause();
    else this.play();
  }

  cancel() {
    for (const lane of this.lanes) lane.cancel();
    this.player.pause();
  }

  #follow(lane, index) {
    lane.looked.listen(({ bitmap, milliseconds }) => this.#showLook(index, bitmap, milliseconds));
    lane.framed.listen((frame) => this.#arrived(index, frame));
    lane.failed.listen((fault) => this.#fail(fault));
    lane.changed.listen(() => this.#laneChanged(lane, index));
  }

  #showLook(index, bitmap, milliseconds) {
    if (index === 0) this.#lookTime = milliseconds;
    if (this.isMaking && this.lanes[index].clip?.ready) return bitmap.close();
    clearMessage(this.messages);
    this.screens[index].showPicture(bitmap);
    this.#say();
  }

  #arrived(index, frame) {
    if (index === 0 && this.player.clip !== this.lanes[0].clip) this.player.setClip(this.lanes[0].clip);
    if (frame === this.player.frame) this.screens[index].showFrame(frame);
    this.#say();
  }

  #laneChanged(lane, index) {
    this.#completeLayers(lane);
    this.screens[index].drawLayers();
    this.#say();
  }

  /** Layers that were switched on while the clip was made or later are fetched, once. */
  #completeLayers(lane) {
    if (!lane.clip?.isComplete) return;
    for (const layer of this.overlays.wantedLayers) {
      if (lane.clip.asked.has(layer)) continue;
      lane.clip.asked.add(layer);
      lane.fetchLayer(layer);
    }
  }

  #fail(fault) {
    if (fault.what === "play") this.player.pause();
    showFault(this.messages, fault);
    this.#say();
  }

  #showFrame() {
    if (this.player.clip) {
      this.#usedLanes.forEach((lane, index) => {
        const last = (lane.clip?.ready ?? 0) - 1;
        if (last >= 0) this.screens[index].showFrame(Math.min(this.player.frame, last));
      });
    }
    this.#say();
  }

  #say() {
    this.#usedLanes.forEach((lane, index) => {
      this.screens[index].say(this.#caption(lane, index), { isBusy: lane.isLooking || lane.isMaking });
    });
    this.changed.send();
  }

  #caption(lane, index) {
    const { frame } = this.screens[index];
    if (frame < 0 || !lane.clip) return `Seed ${this.settings.forLane(index).seed}, first frame`;
    return `Seed ${lane.clip.request.settings.seed}, frame ${frame + 1}`;
  }
}

function isSame(a, b) {
  return (
    JSON.stringify(a.settings) === JSON.stringify(b.settings) &&
    a.pixels.length === b.pixels.length &&
    a.pixels.every((classIndex, at) => classIndex === b.pixels[at])
  );
}
