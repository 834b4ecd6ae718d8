/** The clock of the pictures: which frame is shown now. It waits for frames that are not there yet. */
import { Signal } from "../interface/signal.js";

export class Player {
  /** The frame to show changed, or whether it plays. */
  changed = new Signal();

  isPlaying = false;
  isLooping = true;
  #position = 0; // in frames
  #last = 0; // when the clock was read, in milliseconds
  #clip = null;

  /** Shows another clip; it goes on from the frame shown, or begins anew. */
  setClip(clip, position = 0) {
    this.#clip = clip;
    this.#position = position;
    this.changed.send();
  }

  get clip() {
    return this.#clip;
  }

  get frame() {
    return Math.floor(this.#position);
  }

  play() {
    if (this.#clip && this.frame >= this.#clip.frames - 1) this.#position = 0;
    this.isPlaying = true;
    this.#last = performance.now();
    requestAnimationFrame((now) => this.#tick(now));
    this.changed.send();
  }

  pause() {
    this.isPlaying = false;
    this.changed.send();
  }

  stop() {
    this.rewind();
    this.changed.send();
  }

  /** Stops and says nothing, where something else is shown from now on. */
  rewind() {
    this.#position = 0;
    this.isPlaying = false;
  }

  /** Goes to a frame, as far as there is one. */
  seek(frame) {
    if (!this.#clip) return;
    this.#position = Math.min(Math.max(0, frame), Math.max(0, this.#clip.ready - 1));
    this.changed.send();
  }

  step(frames) {
    this.isPlaying = false;
    this.seek(this.frame + frames);
  }

  #tick(now) {
    if (!this.isPlaying) return;
    const before = this.frame;
    if (this.#clip?.ready) this.#advance(((now - this.#last) / 1000) * this.#clip.fps);
    this.#last = now;
    if (this.frame !== before || !this.isPlaying) this.changed.send();
    requestAnimationFrame((next) => this.#tick(next));
  }

  #advance(frames) {
    const { ready, frames: total } = this.#clip;
    this.#position += frames;
    if (this.#position < ready) return;
    if (ready < total)
      this.#position = ready - 0.001; // the last frame there is, until the next one comes
    else if (this.isLooping) this.#position %= total;
    else {
      this.#position = total - 1;
      this.isPlaying = false;
    }
  }
}
