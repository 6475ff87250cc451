/**
 * Values in BSON's order: null < numbers < text < objects < arrays < object ids < booleans < dates.
 *
 * Text is compared by code point (as UTF-8 bytes are), numbers exactly even between number and bigint, objects field by
 * field in the order they are written: type, then name, then value.
 */
import { DateValue, OidValue, type Operand, type TypeName } from "./selector.ts";

const RANK = {
  null: 5,
  int: 10,
  long: 10,
  double: 10,
  string: 15,
  object: 20,
  array: 25,
  objectId: 35,
  bool: 40,
  date: 45,
} as const satisfies Record<TypeName, number>;
const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/** The BSON type an event's value has (or an operand's); undefined for a missing value. */
export function typeOf(value: unknown): TypeName | undefined {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      if (!Number.isSafeInteger(value)) return "double";
      return (value | 0) === value ? "int" : "long";
    case "bigint":
      return typeOfBigint(value);
    case "object":
      return typeOfObject(value);
    default:
      return undefined;
  }
}

function typeOfBigint(value: bigint): TypeName {
  if (value < MIN_LONG || value > MAX_LONG) return "double";
  return BigInt.asIntN(32, value) === value ? "int" : "long";
}

function typeOfObject(value: object | null): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof DateValue) return "date";
  return value instanceof OidValue ? "objectId" : "object";
}

/** Place of a value's type in BSON's order; values of different rank never match a range. */
export function rankOf(value: unknown): number {
  const type = typeOf(value);
  return type === undefined ? 0 : RANK[type];
}

/** Negative, zero or positive, by BSON's order. Descends no deeper than the shallower of the two. */
export function compareValues(a: unknown, b: Operand): number {
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  if (difference !== 0) return difference;
  switch (rank) {
    case RANK.string:
      return compareText(a as string, b as string);
    case RANK.object:
      return compareObjects(a as object, b as object);
    case RANK.array:
      return compareArrays(a as readonly unknown[], b as readonly Operand[]);
    case RANK.objectId:
      return compareText((a as OidValue).hex, (b as OidValue).hex);
    case RANK.date:
      return order((a as DateValue).instant, (b as DateValue).instant);
    default:
      return order(a as number, b as number);
  }
}

/** For numbers, bigints, booleans and null; between number and bigint JavaScript's `<` is exact. */
function order(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareArrays(a: readonly unknown[], b: readonly Operand[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = compareValues(a[i], b[i] as Operand);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareObjects(a: object, b: object): number {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const [[nameA, valueA], [nameB, valueB]] = [left[i], right[i]] as [[string, unknown], [string, Operand]];
    const difference = rankOf(valueA) - rankOf(valueB) || compareText(nameA, nameB) || compareValues(valueA, valueB);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** By code point. UTF-16 units give the same order except between surrogates and U+E000–U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (!hasHighUnit(b)) return a < b ? -1 : 1;
  const shared = Math.min(a.length, b.length);
  let i = 0;
  while (i < shared && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === shared) return a.length - b.length;
  return codePointRank(a.charCodeAt(i)) - codePointRank(b.charCodeAt(i));
}

const HIGH_UNIT = /[\ud800-\uffff]/;

function hasHighUnit(text: string): boolean {
  return HIGH_UNIT.test(text);
}

/** Surrogates stand for code points above every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
