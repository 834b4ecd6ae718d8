/** Who this tab is. Reloading keeps the name; a duplicated tab, which inherits it, takes a new one. */
const KEY = "seg2vid-tab";
const WAIT = 400; // milliseconds that a page which is being reloaded may hold its name

/** Gives `{ tab, inherited }`: the name of this tab alone, and the name of the tab it was copied from or null. */
export async function claimTab() {
  const known = sessionStorage.getItem(KEY);
  if (known && (await hold(known))) return { tab: known, inherited: null };
  const tab = newName();
  sessionStorage.setItem(KEY, tab);
  await hold(tab);
  return { tab, inherited: known };
}

function newName() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Holds a name as long as the page lives; says whether no other tab does. */
function hold(tab) {
  if (!navigator.locks) return Promise.resolve(true); // only in secure places, which another machine's address is not
  return new Promise((resolve) => {
    const giveUp = AbortSignal.timeout(WAIT);
    const held = () => {
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks.request(`seg2vid-tab-${tab}`, { signal: giveUp }, held).catch(() => resolve(false));
  });
}
