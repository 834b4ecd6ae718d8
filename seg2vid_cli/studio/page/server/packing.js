/** Messages of the live connection: the length of a JSON header (4 bytes, little-endian), the header, then bytes. */

export function pack(header, payload) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const message = new Uint8Array(4 + text.length + payload.length);
  new DataView(message.buffer).setUint32(0, text.length, true);
  message.set(text, 4);
  message.set(payload, 4 + text.length);
  return message;
}

/** The header and the payload of what a WebSocket received, text or ArrayBuffer. */
export function unpack(data) {
  if (typeof data === "string") return { header: JSON.parse(data), payload: new Uint8Array() };
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  return { header, payload: new Uint8Array(data, 4 + length) };
}
