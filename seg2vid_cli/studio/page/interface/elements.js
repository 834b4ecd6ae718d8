/** Finding and making elements. Text goes in as text, never as markup: names come from files and servers. */

/** The element of the page with this id; a missing one is a fault of the page and said at once. */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element "${id}"`);
  return found;
}

/** A new element: `make("button", { class: "chip", "aria-pressed": false }, "Loop")`. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function setAttribute(target, name, value) {
  if (name.startsWith("on")) target.addEventListener(name.slice(2), value);
  else if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) return;
  else target.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
}

/** A picture of the page's own set, for buttons that carry their name in `aria-label`. */
export function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `page/icons.svg#${name}`);
  drawing.append(use);
  return drawing;
}
