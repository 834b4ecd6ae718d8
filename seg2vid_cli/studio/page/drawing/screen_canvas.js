/** A canvas with as many pixels as its place on the screen has, so that thin lines and words are sharp. */
const MOST_PIXELS = 8e6;

/** Clears the canvas and gives its context in CSS pixels; null while it has no room. */
export function freshContext(canvas) {
  const { clientHeight, clientWidth } = canvas;
  if (!clientHeight || !clientWidth) return null;
  const density = Math.min(window.devicePixelRatio, Math.sqrt(MOST_PIXELS / (clientHeight * clientWidth)));
  const [height, width] = [Math.round(clientHeight * density), Math.round(clientWidth * density)];
  if (canvas.height !== height || canvas.width !== width) Object.assign(canvas, { height, width });
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(density, 0, 0, density, 0, 0);
  return context;
}
