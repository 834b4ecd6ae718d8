/** Says in the page's head how things stand with the server, and that the drawing is safe. */
import { getJson } from "../server/requests.js";
import { make } from "./elements.js";

export class ConnectionState {
  #clock = 0;

  constructor(place, socket) {
    Object.assign(this, { place, socket });
    socket.opened.listen(() => this.#showGood());
    socket.lost.listen(({ retryAt }) => this.#showLost(retryAt));
  }

  #showGood() {
    clearInterval(this.#clock);
    const wasLost = this.place.dataset.state && this.place.dataset.state !== "good";
    this.place.dataset.state = "good";
    this.place.replaceChildren(make("span", { class: "connection-text" }, wasLost ? "Connected again" : "Connected"));
  }

  async #showLost(retryAt) {
    clearInterval(this.#clock);
    if (this.place.dataset.state !== "lost")
      this.#showText("lost", "The server does not answer. Your drawing is kept here.");
    if (await isTokenRefused())
      return this.#showText("refused", "The server was started anew: open the address that it printed.");
    const wait = this.place.querySelector(".connection-wait");
    const show = () => wait && (wait.textContent = waitText(retryAt));
    show();
    this.#clock = setInterval(() => (this.socket.isOpen ? clearInterval(this.#clock) : show()), 1000);
  }

  #showText(state, text) {
    if (this.place.dataset.state === state || this.socket.isOpen) return;
    this.place.dataset.state = state;
    const again = make("button", { class: "quiet", type: "button", onclick: () => this.socket.retry() }, "Try now");
    const wait = make("span", { class: "connection-wait", "aria-hidden": "true" });
    this.place.replaceChildren(make("span", { class: "connection-text" }, text), wait, again);
  }
}

function waitText(retryAt) {
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  return seconds > 0 ? `next try in ${seconds} s` : "trying …";
}

/** Whether there is a server that knows another token. */
async function isTokenRefused() {
  return getJson("/api/models").then(
    () => false,
    (fault) => fault.status === 401 || fault.status === 403,
  );
}
