/** What the keys do. */
import { element } from "../interface/elements.js";
import { TOOLS } from "../interface/tool_bar.js";
import { toggleLoop } from "../picture/transport.js";
import { rollSeed } from "../settings/settings.js";

export function keyActions({ workbench, stage, viewer, settings, undo, redo, toggleHatching }) {
  const { player } = viewer;
  const tool = ({ name, title, key }) => ({
    keys: key,
    codes: [key.toLowerCase()],
    title,
    run: () => workbench.take(name),
  });
  return [
    ...TOOLS.map(tool),
    {
      keys: "[ ]",
      codes: ["["],
      title: "Thinner and thicker brush",
      run: () => workbench.setSize(thinner(workbench.size)),
    },
    { keys: "", codes: ["]"], title: "", run: () => workbench.setSize(thicker(workbench.size)) },
    { keys: "Ctrl+Z", codes: ["ctrl+z"], title: "Undo", run: undo },
    { keys: "Ctrl+Shift+Z, Ctrl+Y", codes: ["ctrl+shift+z", "ctrl+y"], title: "Redo", run: redo },
    { keys: "Escape", codes: ["escape"], title: "Take the stroke back", run: () => workbench.tool.cancel() },
    { keys: "Enter", codes: ["enter"], title: "Close the polygon", run: () => workbench.tool.finish?.() },
    { keys: "H", codes: ["h"], title: "Patterns on the classes", run: toggleHatching },
    { keys: "+ −", codes: ["+", "="], title: "Zoom", run: () => stage.zoom(1.5) },
    { keys: "", codes: ["-"], title: "", run: () => stage.zoom(1 / 1.5) },
    { keys: "W", codes: ["w"], title: "Show the whole map", run: () => stage.fit() },
    { keys: "Space+drag", codes: [], title: "Move the map" },
    { keys: "Space", codes: [" "], title: "Play or pause", run: () => viewer.togglePlaying() },
    { keys: ", .", codes: [","], title: "One frame back, one on", run: () => player.step(-1) },
    { keys: "", codes: ["."], title: "", run: () => player.step(1) },
    { keys: "O", codes: ["o"], title: "Loop", run: () => toggleLoop(player) },
    { keys: "D", codes: ["d"], title: "Another seed", run: () => settings.set({ seed: rollSeed() }) },
    { keys: "Ctrl+S", codes: ["ctrl+s"], title: "Save", run: () => element("downloads").showPopover() },
    { keys: "?", codes: ["?"], title: "This list", run: () => element("keys").showModal() },
  ];
}

function thinner(size) {
  return Math.min(size - 1, Math.round(size / 1.25));
}

function thicker(size) {
  return Math.max(size + 1, Math.round(size * 1.25));
}
