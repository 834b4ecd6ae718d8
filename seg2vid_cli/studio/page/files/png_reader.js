/** Reads the grey PNGs of class indices that the server sends. */
import { LabelMap } from "../drawing/label_map.js";

export async function readPng(blob) {
  // Neither colours nor alpha may be touched: a pixel that is one class off is another class.
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return new LabelMap(
    canvas.height,
    canvas.width,
    Uint8Array.from({ length: data.length / 4 }, (_, index) => data[index * 4]),
  );
}
