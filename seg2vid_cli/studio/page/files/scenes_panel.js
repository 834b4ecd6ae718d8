/** Scenes to begin with, as small maps. */
import { element, make } from "../interface/elements.js";
import { showFault } from "../interface/messages.js";
import { getJson, request } from "../server/requests.js";
import { readPng } from "./png_reader.js";

/** A scene of the server for a model, at a size "HxW". */
export async function fetchScene(path, { model, size }) {
  return readPng(await (await request(`${path}?${new URLSearchParams({ model, size })}`)).blob());
}

export function scenePath({ id }) {
  return `/api/scenes/${encodeURIComponent(id)}`;
}

export class ScenesPanel {
  #filled = null; // for which model and size

  /** `begin(map)` puts a scene into the drawing's place; `target()`: for which model and size; `colors()` are its. */
  constructor({ begin, target, colors }) {
    Object.assign(this, { begin, target, colors });
    this.popover = element("scenes");
    this.popover.addEventListener("toggle", ({ newState }) => newState === "open" && this.#fill());
  }

  async #fill() {
    const list = element("scene-list");
    const wanted = JSON.stringify(this.target());
    if (this.#filled === wanted) return;
    try {
      const { scenes } = await getJson("/api/scenes");
      list.replaceChildren(...(await Promise.all(scenes.map((scene) => this.#makeButton(scene)))));
      this.#filled = wanted;
    } catch (fault) {
      showFault(list, fault);
    }
  }

  async #makeButton(scene) {
    const map = await fetchScene(scenePath(scene), this.target());
    const picture = make("canvas", { "aria-hidden": "true" });
    this.colors().paint(picture, map);
    const button = make("button", { class: "scene", type: "button" }, picture, make("span", {}, scene.title));
    button.addEventListener("click", () => {
      this.popover.hidePopover();
      this.begin(map);
    });
    return button;
  }
}
