/** Lists of intervals as tests write and compare them: plain arrays of plain objects. */
import * as intervals from "../../src/report/interval.ts";
import type { Interval, Micros, Spans } from "../../src/report/types.ts";

type List = readonly Interval[];

/** What `T` tells, with its lists of intervals as arrays. */
export type Plain<T> = T extends Spans
  ? List
  : T extends ReadonlySet<unknown>
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Plain<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Plain<T[Key]> }
        : T;

/** The same object comes out as the same. */
export function plain<T>(value: T, seen = new Map<unknown, unknown>()): Plain<T> {
  if (typeof value !== "object" || value === null || value instanceof Set) return value as Plain<T>;
  if (isSpans(value)) return [...value] as Plain<T>;
  const known = seen.get(value);
  if (known !== undefined) return known as Plain<T>;
  const made: unknown = Array.isArray(value) ? value.map((item) => plain(item, seen)) : fieldsOf(value, seen);
  seen.set(value, made);
  return made as Plain<T>;
}

/** Its own, and those its class works out. */
function fieldsOf(value: object, seen: Map<unknown, unknown>): object {
  const { constructor: _, ...getters } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(value));
  const isClass = Object.getPrototypeOf(value) !== Object.prototype;
  const keys = [...Object.keys(value), ...(isClass ? Object.keys(getters) : [])];
  return Object.fromEntries(keys.map((key) => [key, plain(value[key as keyof typeof value], seen)]));
}

function isSpans(value: object): value is Spans {
  return "cut" in value;
}

/** Lists as the reports hold them. `list` is one already. */
export const spans = (list: List): Spans => intervals.spansOf(list.flatMap(({ start, end }) => [start, end]));

export const union = (list: List): Interval[] => [...intervals.union(list)];
export const cut = (list: List, window: Interval): Interval[] => [...intervals.cut(spans(list), window)];
export const intersect = (a: List, b: List): Interval[] => [...intervals.intersect(spans(a), spans(b))];
export const subtract = (a: List, b: List): Interval[] => [...intervals.subtract(spans(a), spans(b))];
/** Of each by itself, should they overlap. */
export const total = (list: List): Micros => list.reduce((sum, one) => sum + intervals.total(spans([one])), 0);
