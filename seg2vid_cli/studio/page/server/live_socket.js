/** The live connection. It comes back by itself when the server does, after longer and longer waits. */
import { Signal } from "../interface/signal.js";
import { pack, unpack } from "./packing.js";
import { token } from "./token.js";

const FIRST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 8000;

export class LiveSocket {
  opened = new Signal();
  /** `{ retryAt }`: when the next try is made, in milliseconds of `Date.now()`. */
  lost = new Signal();
  /** `{ header, payload }` */
  received = new Signal();

  #socket = null;
  #wait = FIRST_WAIT;
  #timer = 0;
  #isWanted = false;

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#connect();
  }

  close() {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
  }

  /** Tries now, whatever the wait is. */
  retry() {
    this.#wait = FIRST_WAIT;
    if (this.#isWanted && !this.isOpen) this.#connect();
  }

  /** Sends a message if there is a connection; says whether. */
  send(header, payload = null) {
    if (!this.isOpen) return false;
    this.#socket.send(payload ? pack(header, payload) : JSON.stringify(header));
    return true;
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#forget();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`, [`seg2vid.${token()}`]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#wait = FIRST_WAIT;
      this.opened.send();
    };
    socket.onmessage = ({ data }) => this.received.send(unpack(data));
    socket.onclose = () => this.#tryLater();
    this.#socket = socket;
  }

  /** What an earlier socket still has to say is nobody's business. */
  #forget() {
    if (!this.#socket) return;
    Object.assign(this.#socket, { onopen: null, onmessage: null, onclose: null });
    this.#socket.close();
  }

  #tryLater() {
    this.#socket = null;
    if (!this.#isWanted) return;
    this.#timer = setTimeout(() => this.#connect(), this.#wait);
    this.lost.send({ retryAt: Date.now() + this.#wait });
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 1.7);
  }
}
