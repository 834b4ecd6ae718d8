/** Opens what people have: label maps of any kind, read by the program's own readers, and photos. */
import { ask } from "../interface/choice_dialog.js";
import { clearMessage, showFault, showMessage } from "../interface/messages.js";
import { request } from "../server/requests.js";
import { fromBase64 } from "./base64.js";
import { readPng } from "./png_reader.js";

const TEMPLATE = "template";
const LABELS = "labels";

export class MapOpening {
  /**
   * `model()`: the model's entry; `target()`: its name and the size that is drawn at; `begin(map)` puts a map into the
   * drawing's place; `setTemplate(blob)` lays a picture below it; `undo()` takes the last step back.
   */
  constructor({ messages, model, target, begin, setTemplate, undo }) {
    Object.assign(this, { messages, model, target, begin, setTemplate, undo });
  }

  /** Opens a file: a label map if it is one, else what the user says. */
  async open(file) {
    showMessage(this.messages, { text: `Reading ${file.name || "the picture"} …` });
    try {
      await this.#readAs(file, "auto");
    } catch (fault) {
      await this.#recover(file, fault);
    }
  }

  async #readAs(file, format) {
    const query = new URLSearchParams({ ...this.target(), format });
    this.#take(file, await this.#post(`/api/maps?${query}`, file));
  }

  async #post(path, file) {
    const headers = {
      "Content-Type": "application/octet-stream",
      "X-File-Name": encodeURIComponent(file.name || "map.png"),
    };
    return (await request(path, { method: "POST", body: file, headers })).json();
  }

  async #take(file, { map, read_as: readAs, sure, messages = [] }) {
    this.begin(await readPng(fromBase64(map, "image/png")));
    showMessage(this.messages, {
      text: `${file.name || "The picture"} was read as ${readAs}${sure ? "" : ", which is not sure"}.`,
      hint: messages.join(" "),
      actions: [{ text: "Undo", run: this.undo }],
    });
  }

  /** The file is no map that the program is sure of: its owner knows what it is. */
  async #recover(file, fault) {
    if (fault.code === "unreachable" || !("status" in fault)) return showFault(this.messages, fault, this.#again(file));
    const answers = [...this.#formats(fault), ...this.#otherUses(file)];
    const answer = answers.length ? await this.#askWhat(file, fault, answers) : null;
    if (answer === null) showFault(this.messages, fault);
    else await this.#follow(file, answer).catch((next) => showFault(this.messages, next));
  }

  #again(file) {
    return [{ text: "Try again", run: () => this.open(file) }];
  }

  #formats({ choices = [] }) {
    return choices.map(({ format, title }) => ({ value: `format:${format}`, title: title || format }));
  }

  #otherUses(file) {
    if (!isPicture(file)) return [];
    const uses = [{ value: TEMPLATE, title: "Draw after it", detail: "It lies below the map as a template." }];
    if (!this.model().abilities.segments) return uses;
    return [{ value: LABELS, title: "Find its labels", detail: "The model tells what the photo shows." }, ...uses];
  }

  #askWhat(file, fault, answers) {
    clearMessage(this.messages);
    if (!fault.choices?.length) return ask({ title: "This is no label map", text: sentences(fault.message), answers });
    return ask({ title: "What do its values mean?", text: sentences(fault.message, fault.hint), answers });
  }

  async #follow(file, answer) {
    if (answer === TEMPLATE) {
      this.setTemplate(file);
      showMessage(this.messages, { text: `${file.name || "The picture"} lies below the map.` });
    } else if (answer === LABELS) {
      const query = new URLSearchParams(this.target());
      this.#take(file, await this.#post(`/api/labels?${query}`, file));
    } else await this.#readAs(file, answer.replace(/^format:/, ""));
  }
}

/** Texts as sentences; messages come without their full stop. */
function sentences(...texts) {
  return texts
    .filter(Boolean)
    .map((text) => (/[.!?]$/.test(text) ? text : `${text}.`))
    .join(" ");
}

function isPicture({ type, name = "" }) {
  return type.startsWith("image/") || /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(name);
}

/** Calls `open(file)` for what is dropped anywhere on the page or pasted. */
export function followDropsAndPastes(hint, open) {
  let depth = 0; // the pointer enters children before it leaves their parents
  const hasFile = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");
  const show = (change, event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    hint.hidden = depth === 0;
  };
  window.addEventListener("dragenter", (event) => show(1, event));
  window.addEventListener("dragleave", (event) => show(-1, event));
  window.addEventListener("dragover", (event) => show(0, event));
  window.addEventListener("drop", (event) => {
    show(-depth, event);
    const [file] = event.dataTransfer?.files ?? [];
    if (file) open(file);
  });
  window.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (!file) return;
    event.preventDefault();
    open(file);
  });
}
