/** The few BSON documents an archive has of its own: flat, with texts, booleans and whole numbers. */

/** A number is an int32, a bigint an int64. */
export type FieldValue = string | boolean | number | bigint;

export function bsonOf(fields: Readonly<Record<string, FieldValue>>): Buffer {
  const parts = Object.entries(fields).map(([name, value]) => fieldOf(name, value));
  const length = 4 + parts.reduce((sum, part) => sum + part.length, 0) + 1;
  return Buffer.concat([int32(length), ...parts, Buffer.alloc(1)]);
}

function fieldOf(name: string, value: FieldValue): Buffer {
  const [type, bytes] = elementOf(value);
  return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), bytes]);
}

/** Types of elements as in bsonspec.org. */
function elementOf(value: FieldValue): [type: number, bytes: Buffer] {
  switch (typeof value) {
    case "string": {
      const text = Buffer.from(`${value}\0`);
      return [0x02, Buffer.concat([int32(text.length), text])];
    }
    case "boolean":
      return [0x08, Buffer.from([value ? 1 : 0])];
    case "number":
      return [0x10, int32(value)];
    case "bigint": {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(value);
      return [0x12, bytes];
    }
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
