/** Saves the clip in every kind, and says the command line that makes the same file. */
import { element, icon, make } from "../interface/elements.js";
import { clearMessage, showFault } from "../interface/messages.js";
import { postJson, readLines, request, ServerError } from "../server/requests.js";
import { toBase64 } from "./base64.js";
import { saveFile } from "./save_file.js";

const KINDS = [
  { as: "mp4", title: "MP4", detail: "video" },
  { as: "webm", title: "WebM", detail: "video" },
  { as: "gif", title: "GIF", detail: "moving picture" },
  { as: "webp", title: "WebP", detail: "moving picture" },
  { as: "zip", title: "Frames", detail: "PNG files, zip" },
  { as: "annotated", title: "Annotated", detail: "all layers, zip" },
];

export class DownloadsPanel {
  #work = null; // how to end the work that is going on
  #kind = "mp4";

  /** `makeRequest()` gives `{ map, settings }` of the drawing as it is now. */
  constructor(makeRequest) {
    this.makeRequest = makeRequest;
    this.messages = element("download-messages");
    const buttons = [...KINDS.map((kind) => this.#kindButton(kind)), this.#mapButton()];
    element("download-kinds").replaceChildren(...buttons);
    element("download-map").addEventListener("click", (event) => (event.preventDefault(), this.saveMap()));
    element("download-cancel").addEventListener("click", () => this.#work?.abort());
    element("copy-command").addEventListener("click", () => this.#copy());
    element("downloads").addEventListener("toggle", ({ newState }) => newState === "open" && this.showCommand());
  }

  #kindButton(kind) {
    const button = downloadButton(kind.title, kind.detail, () => this.#save(kind));
    button.id = `save-${kind.as}`;
    for (const reason of ["pointerenter", "focus"]) button.addEventListener(reason, () => this.#choose(kind.as));
    return button;
  }

  #mapButton() {
    const button = downloadButton("Label map", "PNG", () => this.saveMap());
    button.id = "save-map";
    return button;
  }

  /** The map as the program reads it, which writes some classes in other numbers than it works with. */
  async saveMap() {
    try {
      saveFile(await (await postJson("/api/clips", this.#body("map"))).blob(), "map.png");
    } catch (fault) {
      showFault(this.messages, fault);
    }
  }

  /** The command line follows the kind that the pointer or the keyboard is on. */
  #choose(kind) {
    if (kind === this.#kind) return;
    this.#kind = kind;
    this.showCommand();
  }

  async showCommand() {
    const kind = this.#kind;
    try {
      const { command } = await (await postJson("/api/command", this.#body(kind))).json();
      if (kind === this.#kind) element("command").textContent = command;
    } catch (fault) {
      showFault(this.messages, fault);
    }
  }

  #body(kind) {
    const { map, settings } = this.makeRequest();
    return { indices: toBase64(map.pixels), settings, as: kind };
  }

  async #save(kind) {
    if (this.#work) return;
    clearMessage(this.messages);
    this.#kind = kind.as;
    this.showCommand();
    this.#work = new AbortController();
    this.#showProgress("making the clip");
    try {
      const { url, name } = await this.#make(kind.as, this.#work.signal);
      saveFile(await (await request(url, { signal: this.#work.signal })).blob(), name);
    } catch (fault) {
      if (fault.name !== "AbortError") showFault(this.messages, fault);
    } finally {
      this.#work = null;
      element("download-progress").hidden = true;
    }
  }

  /** Has the file made; gives the last line of the answer, which says where it is. */
  async #make(kind, signal) {
    const headers = { Accept: "application/x-ndjson" };
    const response = await postJson("/api/clips", this.#body(kind), { headers, signal });
    let last = {};
    await readLines(response, (line) => {
      last = line;
      if (line.type === "progress") this.#showProgress(`${line.frames} of ${line.of} frames`, line.frames / line.of);
    });
    if (last.type === "error") throw new ServerError(last);
    if (last.type !== "file")
      throw new ServerError({ code: "cut", message: "The server ended before the file was done." });
    return last;
  }

  #showProgress(text, share = null) {
    element("download-progress").hidden = false;
    element("download-text").textContent = text;
    const bar = element("download-bar");
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  }

  async #copy() {
    const code = element("command");
    try {
      await navigator.clipboard.writeText(code.textContent);
      sayCopied();
    } catch {
      window.getSelection().selectAllChildren(code); // no clipboard: it is marked, for the user's own hand
    }
  }
}

function downloadButton(title, detail, run) {
  const words = make(
    "span",
    { class: "kind-words" },
    make("strong", {}, title),
    make("span", { class: "soft" }, detail),
  );
  return make("button", { class: "quiet kind", type: "button", onclick: run }, words);
}

function sayCopied() {
  const button = element("copy-command");
  button.replaceChildren(icon("check"), make("span", { role: "status" }, "Copied"));
  setTimeout(() => button.replaceChildren(icon("copy"), make("span", {}, "Copy")), 2000);
}
