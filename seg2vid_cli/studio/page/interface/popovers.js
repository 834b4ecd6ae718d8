/** Puts popovers under the button that opened them; the browser itself opens, closes and focuses them. */
const GAP = 6;

export function placePopovers() {
  for (const button of document.querySelectorAll("button[popovertarget]")) follow(button);
}

function follow(button) {
  const popover = document.getElementById(button.getAttribute("popovertarget"));
  const place = () => popover.matches(":popover-open") && putUnder(popover, button);
  popover.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", newState === "open");
    place();
  });
  button.setAttribute("aria-expanded", "false");
  window.addEventListener("resize", place);
  new ResizeObserver(place).observe(popover);
}

function putUnder(popover, button) {
  const at = button.getBoundingClientRect();
  const { innerWidth, innerHeight } = window;
  const left = Math.min(at.left, innerWidth - popover.offsetWidth - GAP);
  const below = at.bottom + GAP;
  const fits = below + popover.offsetHeight <= innerHeight - GAP;
  popover.style.left = `${Math.max(GAP, left)}px`;
  popover.style.top = `${Math.max(GAP, fits ? below : innerHeight - popover.offsetHeight - GAP)}px`;
}
