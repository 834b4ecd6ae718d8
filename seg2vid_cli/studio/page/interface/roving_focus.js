/** One tab stop for a row of buttons; arrow keys go from one to the next, Home and End to the ends. */
export function roveFocus(row, selector) {
  const all = () => [...row.querySelectorAll(selector)].filter((item) => !item.disabled && item.offsetParent);
  row.addEventListener("keydown", (event) => {
    const items = all();
    const at = items.indexOf(document.activeElement);
    const next = target(event.key, at, items);
    if (at < 0 || next === null) return;
    event.preventDefault();
    event.stopPropagation();
    items[next].focus();
  });
  row.addEventListener("focusin", ({ target: focused }) => setTabStop(all(), focused.closest(selector)));
}

/** Says which item the tab key reaches. */
export function setTabStop(items, stop) {
  for (const item of items) item.tabIndex = item === stop ? 0 : -1;
}

function target(key, at, items) {
  if (key === "ArrowRight" || key === "ArrowDown") return (at + 1) % items.length;
  if (key === "ArrowLeft" || key === "ArrowUp") return (at + items.length - 1) % items.length;
  if (key === "Home") return 0;
  return key === "End" ? items.length - 1 : null;
}
