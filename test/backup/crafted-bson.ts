/** Documents no program writes, byte by byte. */
import { bsonOf } from "./outside-dump.ts";

/** A length as it stands before a value. */
export const lengthOf = (n: number) => Buffer.from([n, 0, 0, 0]);

/** The value of `a` becomes these bytes, of this type. */
export function crafted(type: number, value: Buffer): Buffer {
  const body = Buffer.concat([
    bsonOf([{ _id: 1 }]).subarray(4, -1),
    Buffer.from([type, 0x61, 0]),
    value,
    Buffer.from([0]),
  ]);
  const length = Buffer.alloc(4);
  length.writeInt32LE(body.length + 4);
  return Buffer.concat([length, body]);
}

export function nested(depth: number): Buffer {
  let inner: Buffer = Buffer.from([5, 0, 0, 0, 0]);
  for (let level = 0; level < depth; level++) inner = wrapped(inner);
  return crafted(3, inner);
}

function wrapped(inner: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(inner.length + 8);
  return Buffer.concat([length, Buffer.from([3, 0x61, 0]), inner, Buffer.from([0])]);
}
