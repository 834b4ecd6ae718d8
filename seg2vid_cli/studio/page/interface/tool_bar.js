/** The tools beside the drawing, the brush's size, undo and redo. */
import { LARGEST_BRUSH } from "../tools/workbench.js";
import { icon, make } from "./elements.js";
import { roveFocus, setTabStop } from "./roving_focus.js";

export const TOOLS = [
  { name: "brush", title: "Brush", key: "B" },
  { name: "line", title: "Straight line", key: "L" },
  { name: "polygon", title: "Polygon", key: "P" },
  { name: "rectangle", title: "Rectangle", key: "R" },
  { name: "fill", title: "Fill a region", key: "F" },
  { name: "picker", title: "Pick a class from the map", key: "I" },
];

export function makeToolBar(bar, workbench, { undo, redo }) {
  const buttons = new Map(TOOLS.map((tool) => [tool.name, toolButton(tool, workbench)]));
  const size = sizeSlider(workbench);
  const undoButton = actionButton("undo", "Undo", "Ctrl+Z", undo);
  const redoButton = actionButton("redo", "Redo", "Ctrl+Shift+Z", redo);
  const group = (name, ...items) => make("div", { class: "tool-group", role: "group", "aria-label": name }, ...items);
  bar.append(group("Tools", ...buttons.values()), size.box, group("Steps", undoButton, redoButton));
  roveFocus(bar, "button");
  setTabStop([...bar.querySelectorAll("button")], buttons.get("brush"));

  const show = () => {
    for (const [name, button] of buttons) button.setAttribute("aria-pressed", name === workbench.toolName);
    size.show(workbench.size);
    undoButton.disabled = !workbench.drawing.history.canUndo && !workbench.tool.isOpen;
    redoButton.disabled = !workbench.drawing.history.canRedo;
  };
  workbench.changed.listen(show);
  workbench.drawing.stepped.listen(show);
  workbench.drawing.replaced.listen(show);
  show();
}

function toolButton({ name, title, key }, workbench) {
  const button = actionButton(name, title, key, () => workbench.take(name));
  button.id = `tool-${name}`;
  return button;
}

function actionButton(name, title, key, run) {
  const attributes = { class: "quiet icon-button", type: "button", "aria-label": title, title: `${title} (${key})` };
  return make("button", { ...attributes, onclick: run }, icon(name));
}

/** The brush's size; the slider's way grows with the size, as one pixel more matters less on a thick brush. */
function sizeSlider(workbench) {
  const slider = make("input", { type: "range", id: "brush-size", min: 0, max: 100, "aria-label": "Brush size" });
  const text = make("output", { class: "brush-size-text", for: "brush-size" });
  slider.addEventListener("input", () => workbench.setSize(LARGEST_BRUSH ** (slider.value / 100)));
  slider.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    workbench.setSize(workbench.size + step);
  });
  const box = make("div", { class: "brush-size", title: "Brush size ([ and ])" }, text, slider);
  const show = (size) => {
    slider.value = (100 * Math.log(size)) / Math.log(LARGEST_BRUSH);
    slider.setAttribute("aria-valuetext", `${size} pixels`);
    text.textContent = `${size} px`;
  };
  return { box, show };
}
