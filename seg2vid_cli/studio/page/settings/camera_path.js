/** A camera's path as text, "forward=8,yaw=3", which is what the command line takes, and as numbers. */

export const LARGEST_FORWARD = 15; // metres a second on the pad; the fields take more
export const LARGEST_YAW = 20; // degrees a second, to the right

export function cameraText({ forward, yaw }) {
  return `forward=${round(forward)},yaw=${round(yaw)}`;
}

/** The rates of a text with rates; null for a name or nothing. */
export function cameraRates(text) {
  if (!text?.includes("=")) return null;
  const rates = Object.fromEntries(text.split(",").map((part) => part.split("=")));
  return { forward: Number(rates.forward ?? 0), yaw: Number(rates.yaw ?? 0) };
}

/** The rates with which a named path begins, for the pad to show; null if it is not known. */
export function namedRates(name) {
  const known = {
    still: { forward: 0, yaw: 0 },
    straight: { forward: 8, yaw: 0 },
    left: { forward: 6, yaw: -8 },
    right: { forward: 6, yaw: 8 },
    brake: { forward: 9, yaw: 0 },
    reverse: { forward: -2, yaw: 0 },
  };
  return known[name] ?? null;
}

/** Rates in words, for those who do not see the pad. */
export function describeRates({ forward, yaw }) {
  const speed =
    forward === 0 ? "standing" : `${Math.abs(forward)} metres a second ${forward < 0 ? "backwards" : "forward"}`;
  const turn =
    yaw === 0 ? "straight on" : `turning ${Math.abs(yaw)} degrees a second to the ${yaw < 0 ? "left" : "right"}`;
  return `${speed}, ${turn}`;
}

function round(number) {
  return Math.round(number * 10) / 10 || 0; // never "-0"
}
