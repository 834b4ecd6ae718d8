/** Saves the clip in every kind, and says the command line that makes the same file. */
import { element, icon, make } from "../interface/elements.js";
import { clearMessage, showFault } from "../interface/messages.js";
import { postJson, readLines, request, ServerError } from "../server/requests.js";
import { toBase64 } from "./base64.js";
import { writePng } from "./png_writer.js";
import { saveFile } from "./save_file.js";

const KINDS = [
  { as: "mp4", title: "MP4", detail: "video", ending: "mp4" },
  { as: "webm", title: "WebM", detail: "video", ending: "webm" },
  { as: "gif", title: "GIF", detail: "moving picture", ending: "gif" },
  { as: "webp", title: "WebP", detail: "moving picture", ending: "webp" },
  { as: "zip", title: "Frames", detail: "PNG files, zip", ending: "zip" },
  { as: "annotated", title: "Annotated", detail: "all layers, zip", ending: "zip" },
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

  async saveMap() {
    saveFile(await writePng(this.makeRequest().map), "map.png");
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
      const { command } = await (await postJson("/api/command", await this.#body(kind))).json();
      if (kind === this.#kind) element("command").textContent = command;
    } catch (fault) {
      showFault(this.messages, fault);
    }
  }

  async #body(kind) {
    const { map, settings } = this.makeRequest();
    return { map: await toBase64(await writePng(map)), settings, as: kind };
  }

  async #save(kind) {
    if (this.#work) return;
    clearMessage(this.messages);
    this.#kind = kind.as;
    this.showCommand();
    this.#work = new AbortController();
    this.#showProgress("making the clip");
    try {
      const file = await this.#make(kind.as, this.#work.signal);
      saveFile(await (await request(file.file, { signal: this.#work.signal })).blob(), file.name ?? `clip.${kind.ending}`);
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
    const response = await postJson("/api/clips", await this.#body(kind), { headers, signal });
    let last = {};
    await readLines(response, (line) => {
      last = line;
      if (line.frames) this.#showProgress(`${line.done} of ${line.frames} frames`, line.done / line.frames);
      else if (line.ahead) this.#showProgress(`waiting for ${line.ahead}`);
    });
    if (last.error) throw new ServerError(last.error);
    if (!last.file) throw new ServerError({ code: "cut", message: "The server ended before the file was done." });
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
  const words = make("span", { class: "kind-words" }, make("strong", {}, title), make("span", { class: "soft" }, detail));
  return make("button", { class: "quiet kind", type: "button", onclick: run }, words);
}

function sayCopied() {
  const button = element("copy-command");
  button.replaceChildren(icon("check"), make("span", { role: "status" }, "Copied"));
  setTimeout(() => button.replaceChildren(icon("copy"), make("span", {}, "Copy")), 2000);
}
