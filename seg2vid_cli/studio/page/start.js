/** Starts the page: who is this tab, what does the server have, which drawing is it. */
import { element, make } from "./interface/elements.js";
import { showFault, showMessage } from "./interface/messages.js";
import { placePopovers } from "./interface/popovers.js";
import { startTheme } from "./interface/theme.js";
import { getJson } from "./server/requests.js";
import { readToken, tokenChanged } from "./server/token.js";
import { firstDrawing } from "./start/first_drawing.js";
import { Autosave } from "./storage/autosave.js";
import { claimTab } from "./storage/tab.js";
import { Studio } from "./studio.js";

const WAIT = 1000; // milliseconds between two questions to a server that is not there

async function start() {
  readToken();
  startTheme(element("theme"));
  placePopovers();
  const { tab, inherited } = await claimTab();
  const autosave = await openAutosave(tab);
  const listing = await askForModels();
  const selected = listing.models.find(({ name }) => name === listing.selected) ?? listing.models[0];
  const first = await firstDrawing(autosave, inherited, selected, listing.start?.map);
  new Studio(listing, autosave, first).sayWhence(first.from);
  document.documentElement.dataset.ready = ""; // for those who look at the page from outside
  await autosave.tidy();
}

async function openAutosave(tab) {
  const autosave = new Autosave(tab);
  try {
    await autosave.open();
  } catch {
    const text = "This browser does not let the page keep anything.";
    showMessage(element("drawing-messages"), { text, hint: "Save the label map before you leave.", kind: "fault" });
  }
  return autosave;
}

/** Asks until there is an answer: the server may still be starting, or another token be on its way. */
async function askForModels() {
  for (;;) {
    try {
      const listing = await getJson("/api/models");
      element("connection").replaceChildren();
      return listing;
    } catch (fault) {
      sayWhy(fault);
      await Promise.race([new Promise((resolve) => setTimeout(resolve, WAIT)), nextToken()]);
    }
  }
}

function sayWhy({ status, message }) {
  const place = element("connection");
  place.dataset.state = "refused";
  const isRefused = status === 401 || status === 403;
  const text = isRefused ? "This address lacks the server's token: open the one that the program printed." : message;
  if (place.textContent !== text) place.replaceChildren(make("span", { class: "connection-text" }, text));
}

function nextToken() {
  return new Promise((resolve) => {
    const end = tokenChanged.listen(() => (end(), resolve()));
  });
}

start().catch((fault) => showFault(element("drawing-messages"), fault));
