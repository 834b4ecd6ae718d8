/** One thing that can happen, and who wants to know of it. */
export class Signal {
  #listeners = new Set();

  /** Calls `listener` whenever the signal is sent; returns a function that ends this. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(value) {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
