/**
 * The token that the program put into the address it opened. It leaves the address at once, so that it is in no
 * bookmark, and stays with the tab. A tab that was opened by a server started anew gives its token to the older ones.
 */
import { Signal } from "../interface/signal.js";

const KEY = "seg2vid-token";
export const tokenChanged = new Signal();

const channel = "BroadcastChannel" in window ? new BroadcastChannel(KEY) : null;

export function token() {
  return sessionStorage.getItem(KEY) ?? "";
}

/** Reads the address, now and whenever it changes. */
export function readToken() {
  takeFromAddress();
  window.addEventListener("hashchange", takeFromAddress);
  channel?.addEventListener("message", ({ data }) => keep(data));
}

function takeFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  window.history.replaceState(null, "", location.pathname + location.search);
  keep(given);
  channel?.postMessage(given);
}

function keep(given) {
  if (typeof given !== "string" || given === token()) return;
  sessionStorage.setItem(KEY, given);
  tokenChanged.send();
}
