/** One value: objects that mean a single text or number, though a program could look for fields in them. */

/** Bytes shown of binary data, and the most numbers listed of an array of numbers. */
const SHOWN_BYTES = 768;
const MOST_NUMBERS = 10_000;

/** Data that is shown as a text: bytes, and longer arrays of numbers. */
export function isBytes(value: object): boolean {
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return true;
  if (!ArrayBuffer.isView(value)) return false;
  return value instanceof Uint8Array || value instanceof DataView || lengthOf(value) > MOST_NUMBERS;
}

/** What the object says in one word; undefined for one with fields. */
export function oneText(value: object): unknown {
  if (isBytes(value)) return bytesText(value as ArrayBufferLike | ArrayBufferView);
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return value.valueOf();
  if (value instanceof BigInt || value instanceof Symbol) return value.valueOf();
  if (value instanceof RegExp || value instanceof URLSearchParams) return String(value);
  if (value instanceof Promise) return "[Promise]";
  return value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef ? "[weak]" : undefined;
}

/** True for an object that is no bag of fields: a list, a date, bytes, an error … @throws what the object throws */
export function isOne(value: object): boolean {
  if (Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Error) return true;
  if (value instanceof Date || value instanceof Map || value instanceof Set || value instanceof URL) return true;
  return oneText(value) !== undefined;
}

function lengthOf(view: ArrayBufferView): number {
  return (view as unknown as { readonly length: number }).length;
}

/** `[Buffer of 5 bytes, base64: aGVsbG8=]`, the first bytes only. */
function bytesText(value: ArrayBufferLike | ArrayBufferView): string {
  const { byteLength } = value;
  const [buffer, offset] = ArrayBuffer.isView(value) ? [value.buffer, value.byteOffset] : [value, 0];
  const shown = Buffer.from(buffer as ArrayBuffer, offset, Math.min(byteLength, SHOWN_BYTES)).toString("base64");
  return `[${value.constructor.name} of ${byteLength} bytes, base64: ${shown}${byteLength > SHOWN_BYTES ? "…" : ""}]`;
}
