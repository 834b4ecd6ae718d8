/**
 * A pattern for each class, for those who cannot tell the colours apart: lines in four directions, crossed lines and
 * dots, in three densities. Classes that stand side by side in a list differ in their kind.
 */
const TILE = 24; // CSS pixels; every spacing below divides it
const SPACINGS = [8, 12, 6];
const KINDS = ["falling", "dots", "level", "rising", "cross", "upright", "rings"];

/** A canvas that holds one tile of the pattern of a class, drawn in black or white, whichever is seen on its colour. */
export function patternTile(classIndex, color, density = 1) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE * density;
  const context = tile.getContext("2d");
  context.scale(density, density);
  context.strokeStyle = context.fillStyle = isDark(color) ? "rgb(255 255 255 / 75%)" : "rgb(0 0 0 / 70%)";
  context.lineWidth = 1.3;
  const kind = KINDS[classIndex % KINDS.length];
  drawers[kind](context, SPACINGS[Math.floor(classIndex / KINDS.length) % SPACINGS.length]);
  return tile;
}

function isDark([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue < 140;
}

const drawers = {
  level: (context, spacing) => lines(context, spacing, (at) => [0, at, TILE, at]),
  upright: (context, spacing) => lines(context, spacing, (at) => [at, 0, at, TILE]),
  falling: (context, spacing) => lines(context, spacing, (at) => [at - TILE, 0, at + TILE, 2 * TILE]),
  rising: (context, spacing) => lines(context, spacing, (at) => [at + TILE, 0, at - TILE, 2 * TILE]),
  cross: (context, spacing) => {
    drawers.level(context, spacing);
    drawers.upright(context, spacing);
  },
  dots: (context, spacing) => circles(context, spacing, spacing / 6, "fill"),
  rings: (context, spacing) => circles(context, Math.max(8, spacing), spacing / 4, "stroke"),
};

function lines(context, spacing, ends) {
  context.beginPath();
  for (let at = spacing / 2 - TILE; at < 2 * TILE; at += spacing) {
    const [x0, y0, x1, y1] = ends(at);
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}

function circles(context, spacing, radius, paint) {
  for (let y = spacing / 2; y < TILE; y += spacing) {
    for (let x = spacing / 2; x < TILE; x += spacing) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context[paint]();
    }
  }
}
