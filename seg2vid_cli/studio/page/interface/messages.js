/** Messages, each in the place that it is about: `<div class="message-place" role="status">`. */
import { make, icon } from "./elements.js";

/**
 * Shows a message in a place instead of the one that is there.
 * `actions`: `[{ text, run }]`; a button closes the message. `kind`: "note" or "fault".
 */
export function showMessage(place, { text, hint = "", kind = "note", actions = [] }) {
  const close = make(
    "button",
    { class: "quiet icon-button", type: "button", "aria-label": "Close this message" },
    icon("close"),
  );
  const buttons = actions.map(({ text: name, run }) =>
    make("button", { class: "quiet", type: "button", onclick: () => (clearMessage(place), run()) }, name),
  );
  const words = make("p", {}, make("strong", {}, text), hint ? ` ${hint}` : null);
  const box = make("div", { class: `message ${kind}` }, words, ...buttons, close);
  close.addEventListener("click", () => clearMessage(place));
  place.replaceChildren(box);
}

export function clearMessage(place) {
  place.replaceChildren();
}

export function showFault(place, fault, actions = []) {
  showMessage(place, { text: fault.message, hint: fault.hint ?? "", kind: "fault", actions });
}
