/** Scenes to begin with, as small maps. */
import { element, make } from "../interface/elements.js";
import { showFault } from "../interface/messages.js";
import { getJson, request } from "../server/requests.js";
import { readPng } from "./png_reader.js";

export async function fetchScene(path) {
  return readPng(await (await request(path)).blob());
}

export class ScenesPanel {
  #isFilled = false;

  /** `begin(map, title)` puts a scene into the drawing's place; `colors()` are the model's. */
  constructor({ begin, colors }) {
    Object.assign(this, { begin, colors });
    this.popover = element("scenes");
    this.popover.addEventListener("toggle", ({ newState }) => newState === "open" && !this.#isFilled && this.#fill());
  }

  async #fill() {
    const list = element("scene-list");
    try {
      const { scenes } = await getJson("/api/scenes");
      list.replaceChildren(...(await Promise.all(scenes.map((scene) => this.#makeButton(scene)))));
      this.#isFilled = true;
    } catch (fault) {
      showFault(list, fault);
    }
  }

  async #makeButton({ id, title }) {
    const map = await fetchScene(`/api/scenes/${encodeURIComponent(id)}`);
    const picture = make("canvas", { "aria-hidden": "true" });
    this.colors().paint(picture, map);
    const button = make("button", { class: "scene", type: "button" }, picture, make("span", {}, title));
    button.addEventListener("click", () => {
      this.popover.hidePopover();
      this.begin(map, title);
    });
    return button;
  }
}
