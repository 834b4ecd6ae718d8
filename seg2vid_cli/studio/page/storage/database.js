/** The browser's database: one record for the drawing of each tab, one for its template, one for each step. */
const NAME = "seg2vid-studio";
const VERSION = 1;
const STORES = ["drawings", "templates", "steps"];

export function openDatabase() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("drawings", { keyPath: "tab" });
      opening.result.createObjectStore("templates", { keyPath: "tab" });
      opening.result.createObjectStore("steps", { keyPath: ["tab", "number"] });
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error("another tab keeps an older database open"));
  });
}

/** Runs `work({ drawings, templates, steps })` in one transaction, written even if the page goes away right after. */
export function write(database, work) {
  const transaction = database.transaction(STORES, "readwrite");
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  work(Object.fromEntries(STORES.map((name) => [name, transaction.objectStore(name)])));
  transaction.commit?.();
  return done;
}

/** The answer of one reading request: `read(database, "drawings", (store) => store.get(tab))`. */
export function read(database, name, ask) {
  return new Promise((resolve, reject) => {
    const request = ask(database.transaction(name).objectStore(name));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The keys of a tab's steps from a number on. */
export function stepsOf(tab, from = 0) {
  return IDBKeyRange.bound([tab, from], [tab, Infinity]);
}
