/**
 * Documents of a dump as values the driver writes back byte by byte: every number keeps its type, every key its place.
 */
import type { Document } from "mongodb";
import { type BsonElement, documentWith, elementsOf } from "../bson-elements.ts";
import { shapeOfBson } from "../bson-shape.ts";
import { loadDriver } from "./driver.ts";

const LOSSLESS = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;
const [DOCUMENT, ARRAY] = [3, 4];

export interface RestoreCodec {
  /** @throws Error where the bytes are no BSON document */
  parse(bytes: Uint8Array): Document;
  /** The value of `_id`, as a filter takes it. */
  idOf(bytes: Uint8Array): unknown;
  /** Options and indexes of a dump's metadata, out of Extended JSON. */
  plain(fields: Readonly<Record<string, unknown>>): Document;
}

/** @throws EventStoreError `EVT_MISSING_DRIVER` */
export async function restoreCodec(): Promise<RestoreCodec> {
  const driver = await loadDriver(true);
  const { BSON } = driver as NonNullable<typeof driver>;
  const parse = (bytes: Uint8Array): Document => BSON.deserialize(bytes, LOSSLESS);
  return {
    parse(bytes) {
      const buffer = bufferOf(bytes);
      const { problem, isOdd } = shapeOfBson(buffer);
      if (problem !== undefined) throw new RangeError(problem);
      return isOdd ? orderedRoot(buffer, parse) : parse(buffer);
    },
    idOf: (bytes) => parse(bytes)._id,
    plain: (fields) => BSON.EJSON.deserialize(fields, { relaxed: true }) as Document,
  };
}

/** The same memory. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Parse = (bytes: Uint8Array) => Document;

/** The driver looks for `_id` as a property, and would add one to a map without. It writes only what is in the map. */
function orderedRoot(bytes: Buffer, parse: Parse): Document {
  const map = ordered(bytes, 0, parse);
  return Object.assign(map, { _id: map.get("_id") });
}

function ordered(bytes: Buffer, start: number, parse: Parse): Map<string, unknown> {
  const map = new Map<string, unknown>();
  for (const element of elementsOf(bytes, start)) map.set(element.key, valueIn(bytes, element, parse));
  return map;
}

function valueIn(bytes: Buffer, element: BsonElement, parse: Parse): unknown {
  if (element.type === DOCUMENT) return ordered(bytes, element.start, parse);
  if (element.type !== ARRAY) return parse(documentWith(bytes, element, "v")).v;
  return [...elementsOf(bytes, element.start)].map((item) => valueIn(bytes, item, parse));
}
