/** The pictures of a clip, kept as they came (small) and decoded when they are about to be shown. */
const DECODED_PIXELS = 24e6; // about 100 MB

export class FrameStore {
  #blobs = [];
  #bitmaps = new Map(); // in the order of their last use
  #running = new Map();

  add(index, bytes, type) {
    this.#blobs[index] = new Blob([bytes], { type });
    this.#drop(index);
  }

  has(index) {
    return index in this.#blobs;
  }

  /** How many pictures are there without a gap. */
  get ready() {
    let count = this.#ready ?? 0;
    while (this.has(count)) count++;
    this.#ready = count;
    return count;
  }
  #ready = 0;

  blob(index) {
    return this.#blobs[index];
  }

  /** The decoded picture, or null while it is being decoded. */
  picture(index) {
    const bitmap = this.#bitmaps.get(index) ?? null;
    if (!bitmap) this.decode(index);
    else {
      this.#bitmaps.delete(index);
      this.#bitmaps.set(index, bitmap);
    }
    return bitmap;
  }

  /** Decodes a picture; gives null where there is none. */
  async decode(index) {
    if (!this.has(index)) return null;
    if (this.#bitmaps.has(index)) return this.#bitmaps.get(index);
    if (!this.#running.has(index)) this.#running.set(index, this.#decodeNow(index));
    return this.#running.get(index);
  }

  async #decodeNow(index) {
    const blob = this.#blobs[index];
    try {
      const bitmap = await createImageBitmap(blob);
      if (this.#blobs[index] === blob) this.#bitmaps.set(index, bitmap);
      this.#makeRoom(bitmap.width * bitmap.height);
      return bitmap;
    } catch {
      return null; // a broken picture is a gap, not the end of the clip
    } finally {
      this.#running.delete(index);
    }
  }

  #makeRoom(pixels) {
    const most = Math.max(4, Math.floor(DECODED_PIXELS / pixels));
    while (this.#bitmaps.size > most) this.#drop(this.#bitmaps.keys().next().value);
  }

  #drop(index) {
    this.#bitmaps.get(index)?.close();
    this.#bitmaps.delete(index);
  }

  clear() {
    for (const index of [...this.#bitmaps.keys()]) this.#drop(index);
    this.#blobs = [];
    this.#ready = 0;
  }
}
