/** Which part of the map the stage shows: `zoom` screen pixels a map pixel, the map's corner at (left, top). */
const LARGEST_ZOOM = 64;
const MARGIN = 12; // of the stage around the map, where all of it is shown
const KEPT_IN_SIGHT = 48; // so that nobody loses the map by panning

export class Viewport {
  zoom = 1;
  left = 0;
  top = 0;
  isFitted = true;

  /** The map was changed or the stage: a fitted map stays fitted, another stays where it is. */
  setSizes(map, stage) {
    this.map = { height: map.height, width: map.width };
    this.stage = { height: stage.height, width: stage.width };
    if (this.isFitted) this.fit();
    else this.#keepInSight();
  }

  get fittingZoom() {
    const fit = Math.min(
      (this.stage.width - 2 * MARGIN) / this.map.width,
      (this.stage.height - 2 * MARGIN) / this.map.height,
    );
    return Math.max(0.05, fit);
  }

  fit() {
    this.isFitted = true;
    this.zoom = this.fittingZoom;
    this.left = Math.round((this.stage.width - this.map.width * this.zoom) / 2);
    this.top = Math.round((this.stage.height - this.map.height * this.zoom) / 2);
  }

  /** Zooms by a factor so that what lies under a point of the stage stays under it. */
  zoomAt(x, y, factor) {
    const zoom = Math.min(LARGEST_ZOOM, Math.max(this.fittingZoom / 2, this.zoom * factor));
    this.left = x - ((x - this.left) * zoom) / this.zoom;
    this.top = y - ((y - this.top) * zoom) / this.zoom;
    this.zoom = zoom;
    this.isFitted = false;
    this.#keepInSight();
  }

  pan(dx, dy) {
    this.left += dx;
    this.top += dy;
    this.isFitted = false;
    this.#keepInSight();
  }

  #keepInSight() {
    this.left = Math.min(
      this.stage.width - KEPT_IN_SIGHT,
      Math.max(KEPT_IN_SIGHT - this.map.width * this.zoom, this.left),
    );
    this.top = Math.min(
      this.stage.height - KEPT_IN_SIGHT,
      Math.max(KEPT_IN_SIGHT - this.map.height * this.zoom, this.top),
    );
  }

  /** The map's pixel under a point of the stage; it may lie outside the map. */
  toMap(x, y) {
    return { x: Math.floor((x - this.left) / this.zoom), y: Math.floor((y - this.top) / this.zoom) };
  }

  toStage(x, y) {
    return { x: this.left + x * this.zoom, y: this.top + y * this.zoom };
  }
}
