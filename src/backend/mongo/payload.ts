/**
 * `event_data` between JSON and BSON.
 *
 * JSON → BSON: integers become int32 or int64, other numbers doubles, all else is itself. What BSON cannot hold
 * faithfully (`unfit`), and what a server refuses (`traits`, learned by refused.ts), rests as JSON text instead.
 * BSON → JSON: whatever another program stored becomes the nearest JSON value, in the spirit of relaxed Extended JSON.
 */
import { randomUUID } from "node:crypto";
import type { Json } from "../../event/json.ts";

/** A property of a payload for which some servers refuse a document. */
export type Trait = "$ key" | "dotted key" | "empty key" | "nested array" | "huge number" | "negative zero" | "deep";

/** What a payload is like. `unfit`: BSON cannot hold it. `wide`: it has integers the driver would make doubles. */
export interface PayloadShape {
  unfit: boolean;
  wide: boolean;
  traits: Set<Trait> | undefined;
}

const MAX_DEPTH = 64;
const DEEP = 20;
const HUGE = 1e300;
/** Names that make the driver see a value of its own in a plain object. */
const DRIVER_NAMES = new Set(["_bsontype", "toBSON", "$ref", "$id", "$db"]);

/** One walk over a payload. */
export function shapeOf(data: Json): PayloadShape {
  const shape: PayloadShape = { unfit: false, wide: false, traits: undefined };
  look(data, 1, shape);
  return shape;
}

function look(value: Json, depth: number, shape: PayloadShape): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) shape.unfit = true;
  } else if (typeof value === "number") lookAtNumber(value, shape);
  else if (typeof value === "bigint") {
    if (BigInt.asIntN(64, value) !== value) shape.unfit = true;
  } else if (typeof value === "object" && value !== null) lookInside(value, depth, shape);
}

function lookAtNumber(value: number, shape: PayloadShape): void {
  if ((value | 0) === value) {
    if (value === 0 && Object.is(value, -0)) mark(shape, "negative zero");
  } else if (Number.isSafeInteger(value)) shape.wide = true;
  else if (Math.abs(value) > HUGE) mark(shape, "huge number");
}

function lookInside(value: object, depth: number, shape: PayloadShape): void {
  if (depth > DEEP) mark(shape, "deep");
  if (depth > MAX_DEPTH) {
    shape.unfit = true;
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      if (Array.isArray(item)) mark(shape, "nested array");
      look(item, depth + 1, shape);
    }
    return;
  }
  for (const key of Object.keys(value)) {
    lookAtKey(key, shape);
    look((value as Record<string, Json>)[key] as Json, depth + 1, shape);
  }
}

function lookAtKey(key: string, shape: PayloadShape): void {
  if (key === "") mark(shape, "empty key");
  else if (key.startsWith("$")) mark(shape, "$ key");
  if (key.includes(".")) mark(shape, "dotted key");
  if (key.includes("\0") || DRIVER_NAMES.has(key) || !key.isWellFormed()) shape.unfit = true;
}

function mark(shape: PayloadShape, trait: Trait): void {
  shape.traits ??= new Set();
  shape.traits.add(trait);
}

/** A copy in which every integer beyond 32 bits is a bigint, which the driver writes as int64. */
export function widened(value: unknown): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) && (value | 0) !== value ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(widened);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) define(copy, key, widened((value as Record<string, unknown>)[key]));
  return copy;
}

/** Sets an own property even where the key is `__proto__`. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

/** Unguessable, so that no text a sender writes can pass for a marked number. */
const MARK = `number:${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");

/** JSON text that `parseJson` reads back exactly: integers digit by digit, doubles beyond them with an exponent. */
export function toText(data: Json): string {
  const marked = (_key: string, value: unknown): unknown => {
    if (typeof value === "bigint") return MARK + value;
    if (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
    return MARK + value.toExponential();
  };
  return JSON.stringify(data, marked).replace(MARKED, "$1");
}

/** Any value the driver returns, as JSON. Plain JSON comes back as it is, without a copy. */
export function toJson(value: unknown): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return narrowed(value);
    case "object":
      return value === null ? null : objectToJson(value);
    default:
      return null;
  }
}

/** A number where a number is exact. */
function narrowed(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function objectToJson(value: object): Json {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = toJson(value[i]);
    return value;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (typeof (value as Bson)._bsontype === "string") return bsonToJson(value as Bson);
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const plain = toJson(fields[key]);
    if (plain !== fields[key]) define(fields, key, plain);
  }
  return fields as Json;
}

/** A value of the driver's own classes, known by its `_bsontype` whichever copy of the driver made it. */
export interface Bson {
  readonly _bsontype: string;
  toString(): string;
}

function bsonToJson(value: Bson): Json {
  switch (value._bsontype) {
    case "Long":
    case "Timestamp":
      return narrowed(BigInt(value.toString()));
    case "Int32":
    case "Double":
      return toJson(Number(value.toString()));
    case "Decimal128":
      return decimalToJson(value.toString());
    case "Binary":
      return toBase64(value);
    case "DBRef":
      return toJson({ ...(value as unknown as { toJSON(): object }).toJSON() });
    case "MinKey":
    case "MaxKey":
      return null;
    default:
      return textOf(value);
  }
}

/** A number where the digits survive, else the decimal's text. */
function decimalToJson(text: string): Json {
  const number = Number(text);
  if (!Number.isFinite(number)) return null;
  if (/^-?\d{16,}$/.test(text)) return narrowed(BigInt(text));
  return text.replace(/\D/g, "").replace(/^0+/, "").length <= 15 ? number : text;
}

function toBase64(value: Bson): string {
  const binary = value as unknown as { toString(encoding?: string): string; sub_type?: number; toUUID?(): object };
  return binary.sub_type === 4 && binary.toUUID ? String(binary.toUUID()) : binary.toString("base64");
}

/** Object ids as hex digits, symbols and code as their text. */
function textOf(value: Bson): string {
  const code = (value as { code?: unknown }).code;
  if (typeof code === "string") return code;
  const pattern = (value as { pattern?: unknown }).pattern;
  return typeof pattern === "string" ? `/${pattern}/` : value.toString();
}
