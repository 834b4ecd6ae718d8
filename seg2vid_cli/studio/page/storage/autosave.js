/** Keeps the drawing with its whole history in the browser, step by step, each tab its own. */
import { History } from "../drawing/history.js";
import { LabelMap } from "../drawing/label_map.js";
import { openDatabase, read, stepsOf, write } from "./database.js";

const KEPT_DRAWINGS = 20;

export class Autosave {
  #database = null;

  constructor(tab) {
    this.tab = tab;
  }

  /** Opens the browser's database; raises if the browser has none (some private windows). */
  async open() {
    this.#database = await openDatabase();
  }

  /** The kept drawing of a tab as `{ map, model, history, extra, template }`, or null. */
  async load(tab = this.tab) {
    const drawing = await this.#read("drawings", (store) => store.get(tab));
    if (!drawing) return null;
    const records = await this.#read("steps", (store) => store.getAll(stepsOf(tab)));
    const steps = records.map(({ step }) => step);
    return {
      map: new LabelMap(drawing.height, drawing.width, drawing.pixels),
      model: drawing.model,
      history: new History(steps, Math.min(drawing.position, steps.length)),
      extra: drawing.extra,
      template: (await this.#read("templates", (store) => store.get(tab)))?.blob ?? null,
    };
  }

  /** The tab that drew last, whichever it was, or null. */
  async newestTab() {
    return newestFirst(await this.#read("drawings", (store) => store.getAll()))[0]?.tab ?? null;
  }

  /** Keeps the drawing after a step; `extra` is what the page keeps beside it. */
  save(drawing, extra, { added = false } = {}) {
    const { position, steps: done } = drawing.history;
    return this.#write(({ drawings, steps }) => {
      drawings.put(this.#record(drawing, extra));
      if (!added) return;
      steps.delete(stepsOf(this.tab, position - 1)); // steps that were undone are gone
      steps.put({ tab: this.tab, number: position - 1, step: done[position - 1] });
    });
  }

  /** Keeps a drawing with all its steps, as one that came from another tab. */
  saveAll(drawing, extra, template) {
    return this.#write(({ drawings, steps, templates }) => {
      drawings.put(this.#record(drawing, extra));
      templates.put({ tab: this.tab, blob: template });
      steps.delete(stepsOf(this.tab));
      drawing.history.steps.forEach((step, number) => steps.put({ tab: this.tab, number, step }));
    });
  }

  saveTemplate(blob) {
    return this.#write(({ templates }) => templates.put({ tab: this.tab, blob }));
  }

  /** Forgets drawings that nobody has gone back to for long. */
  async tidy() {
    const old = newestFirst(await this.#read("drawings", (store) => store.getAll())).slice(KEPT_DRAWINGS);
    await this.#write(({ drawings, steps, templates }) => {
      for (const { tab } of old.filter((drawing) => drawing.tab !== this.tab)) {
        drawings.delete(tab);
        templates.delete(tab);
        steps.delete(stepsOf(tab));
      }
    });
  }

  #record({ settled, model, history }, extra) {
    const { height, width, pixels } = settled;
    const { position } = history;
    return { tab: this.tab, saved: Date.now(), height, width, pixels, model, position, extra };
  }

  /** Without a database nothing is kept, and everything else works. */
  async #read(store, ask) {
    return this.#database ? read(this.#database, store, ask) : undefined;
  }

  async #write(work) {
    if (this.#database) await write(this.#database, work);
  }
}

function newestFirst(drawings = []) {
  return drawings.sort((a, b) => b.saved - a.saved);
}
