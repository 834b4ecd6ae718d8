/** Light or dark: as the system has it, until somebody chooses. The choice is the browser's, not the drawing's. */
const KEY = "seg2vid-theme";
const ORDER = ["system", "light", "dark"];
const NAMES = { system: "as the system", light: "light", dark: "dark" };

export function startTheme(button) {
  show(button, localStorage.getItem(KEY) ?? "system");
  button.addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(document.documentElement.dataset.theme) + 1) % ORDER.length];
    localStorage.setItem(KEY, next);
    show(button, next);
  });
}

function show(button, theme) {
  const known = ORDER.includes(theme) ? theme : "system";
  document.documentElement.dataset.theme = known;
  button.setAttribute("aria-label", `Colours: ${NAMES[known]}`);
  button.title = `Colours: ${NAMES[known]}`;
}
