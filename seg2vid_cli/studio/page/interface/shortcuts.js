/** Keys for everything that is done often. Single letters can be switched off, as speech software types them. */
import { element, make } from "./elements.js";

const SWITCH = "seg2vid-single-keys";

/**
 * `actions`: `[{ keys: "Ctrl+Z", codes: ["ctrl+z"], title, run }]`; `chooseClass(index)`; `pointers` are told when the
 * space key is held, with which they move the map.
 */
export function startShortcuts(actions, { chooseClass, pointers }) {
  const byCode = new Map(actions.flatMap((action) => action.codes.map((code) => [code, action])));
  const isOn = startSwitch();
  listKeys(actions);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (!isOn() && isSingle(event)) return;
    const run =
      event.key === " "
        ? holdSpace(event, pointers)
        : (byCode.get(codeOf(event))?.run ?? classAction(event, chooseClass));
    if (!run) return;
    event.preventDefault();
    run();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key !== " " || !pointers.isSpaceDown) return;
    pointers.isSpaceDown = false;
    if (!pointers.hasPanned) byCode.get(" ").run();
  });
}

/** Space alone plays, space with a drag moves the map: which one it is shows when it is let go. */
function holdSpace(event, pointers) {
  if (event.target.closest("button, [role=slider], a, summary")) return null; // there it is a click
  return () => {
    if (!event.repeat) Object.assign(pointers, { isSpaceDown: true, hasPanned: false });
  };
}

function classAction(event, chooseClass) {
  if (!isSingleKey(event) || !/^Digit\d$/.test(event.code)) return null;
  return () => chooseClass(((Number(event.code[5]) + 9) % 10) + (event.shiftKey ? 10 : 0));
}

function startSwitch() {
  const box = element("single-keys");
  box.checked = localStorage.getItem(SWITCH) !== "off";
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  return () => box.checked;
}

function listKeys(actions) {
  const others = [
    { keys: "1 … 0, ⇧1 … ⇧0", title: "Choose a class" },
    { keys: "Alt+click", title: "Pick a class from the map" },
  ];
  const rows = [...actions, ...others].filter(({ title }) => title);
  element("key-list").replaceChildren(
    ...rows.flatMap(({ keys, title }) => [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, title)]),
  );
}

/** What speech software might type: a character without a command key. */
function isSingle(event) {
  return isSingleKey(event) && event.key.length === 1;
}

function isSingleKey(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey;
}

function codeOf(event) {
  const isCommand = event.ctrlKey || event.metaKey;
  const parts = [isCommand && "ctrl", isCommand && event.shiftKey && "shift", event.key.toLowerCase()];
  return parts.filter(Boolean).join("+");
}

/** In a field letters are text, and on a slider arrows and spaces are its own. */
function isTyping(target) {
  return target.matches("input:not([type=range], [type=checkbox]), select, textarea");
}
