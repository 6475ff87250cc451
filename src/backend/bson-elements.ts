/** Elements of a BSON document by their bytes. Only for documents whose shape is right (bson-shape.ts). */
import { sizeOfValue } from "./bson-shape.ts";

export interface BsonElement {
  readonly type: number;
  readonly key: string;
  /** Of its value. */
  readonly start: number;
  readonly end: number;
}

/** @param start of the document within the bytes */
export function* elementsOf(bytes: Buffer, start = 0): Generator<BsonElement, void> {
  const last = start + bytes.readInt32LE(start) - 1;
  let at = start + 4;
  while (at < last) {
    const type = bytes[at] as number;
    const keyEnd = bytes.indexOf(0, at + 1);
    const value = keyEnd + 1;
    const end = value + sizeOfValue(bytes, type, value);
    yield { type, key: bytes.toString("utf8", at + 1, keyEnd), start: value, end };
    at = end;
  }
}

/** A document with only this value, under this key. */
export function documentWith(bytes: Buffer, { type, start, end }: BsonElement, key: string): Buffer {
  const name = Buffer.from(`${key}\0`);
  const head = Buffer.alloc(5);
  head.writeInt32LE(head.length + name.length + (end - start) + 1);
  head[4] = type;
  return Buffer.concat([head, name, bytes.subarray(start, end), Buffer.alloc(1)]);
}

/** Type and value as text that is the same for the same. */
export function keyOfValue(bytes: Buffer, { type, start, end }: BsonElement): string {
  return `${type}:${bytes.toString("latin1", start, end)}`;
}

/** Name of the first field in which two documents differ, whatever the order of their fields; undefined for none. */
export function firstDifference(one: Buffer, other: Buffer): string | undefined {
  if (one.equals(other)) return undefined;
  const values = new Map([...elementsOf(other)].map((element) => [element.key, keyOfValue(other, element)]));
  for (const element of elementsOf(one)) {
    if (values.get(element.key) !== keyOfValue(one, element)) return element.key;
    values.delete(element.key);
  }
  return values.keys().next().value;
}
