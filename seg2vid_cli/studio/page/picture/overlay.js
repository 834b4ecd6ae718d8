/** Draws what lies over a frame: pictures of layers, arrows of the flow, boxes with names. */
import { freshContext } from "../drawing/screen_canvas.js";

const PICTURES = ["labels", "depth", "occlusion", "flow"]; // from the bottom to the top

/** `drawAgain()` is called when a layer's picture that was not decoded yet can be drawn. */
export function drawOverlay(canvas, clip, frame, overlays, drawAgain) {
  const context = freshContext(canvas);
  if (!context || !clip || frame < 0) return;
  context.globalAlpha = overlays.opacity;
  for (const layer of PICTURES.filter((name) => overlays.shown.has(name))) {
    drawPicture(context, canvas, clip.layers.get(layer), frame, drawAgain);
  }
  const scale = canvas.clientWidth / clip.width;
  if (overlays.shown.has("arrows")) drawArrows(context, clip.shapes.arrows[frame] ?? [], scale);
  if (overlays.shown.has("boxes")) drawBoxes(context, clip.shapes.boxes[frame] ?? [], scale);
}

function drawPicture(context, canvas, store, frame, drawAgain) {
  if (!store?.has(frame)) return;
  const bitmap = store.picture(frame);
  if (!bitmap) return store.decode(frame).then((decoded) => decoded && drawAgain());
  context.imageSmoothingEnabled = false; // classes have no colours between them
  context.drawImage(bitmap, 0, 0, canvas.clientWidth, canvas.clientHeight);
}

function drawArrows(context, arrows, scale) {
  const path = new Path2D();
  for (const [x, y, dx, dy] of arrows) {
    // What stands at (x, y) came by (dx, dy): the arrow ends there.
    if (Math.hypot(dx, dy) >= 0.25) addArrow(path, (x - dx) * scale, (y - dy) * scale, dx * scale, dy * scale);
  }
  context.lineCap = "round";
  strokeBoth(context, path);
}

function addArrow(path, x, y, dx, dy) {
  const angle = Math.atan2(dy, dx);
  const head = Math.min(6, Math.hypot(dx, dy) / 2 + 2);
  const [endX, endY] = [x + dx, y + dy];
  path.moveTo(x, y);
  path.lineTo(endX, endY);
  for (const side of [-0.5, 0.5]) {
    path.moveTo(endX, endY);
    path.lineTo(endX - head * Math.cos(angle + side), endY - head * Math.sin(angle + side));
  }
}

function strokeBoth(context, path) {
  context.strokeStyle = "#000";
  context.lineWidth = 3;
  context.stroke(path);
  context.strokeStyle = "#fff";
  context.lineWidth = 1.4;
  context.stroke(path);
}

function drawBoxes(context, boxes, scale) {
  const path = new Path2D();
  for (const {
    box: [x, y, width, height],
  } of boxes)
    path.rect(x * scale, y * scale, width * scale, height * scale);
  strokeBoth(context, path);
  context.font = "600 11px system-ui, sans-serif";
  context.textBaseline = "bottom";
  for (const box of boxes) drawName(context, box, scale);
}

function drawName(context, { class: name, box: [x, y] }, scale) {
  const width = context.measureText(name).width + 8;
  const [left, bottom] = [x * scale, Math.max(15, y * scale)];
  context.fillStyle = "#000";
  context.fillRect(left - 1, bottom - 15, width, 15);
  context.fillStyle = "#fff";
  context.fillText(name, left + 3, bottom - 1);
}
