import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { join, total as lengthOf, spansOf, unionOf } from "../../src/report/interval.ts";
import type { Interval } from "../../src/report/types.ts";
import { cut, intersect, subtract, total, union } from "./spans.ts";

/** Few enough cells that intervals meet, touch and swallow each other all the time. */
const CELLS = 24;
const point = fc.integer({ min: 0, max: CELLS });
const any = fc.record({ start: point, end: point });
const anyList = fc.array(any, { maxLength: 12 });
const sorted = anyList.map(union);

/** The oracle: which cells of the grid a list covers. */
function cells(intervals: readonly Interval[]): boolean[] {
  return Array.from({ length: CELLS }, (_, cell) => intervals.some(({ start, end }) => start <= cell && cell < end));
}

/** In order, apart and none empty. */
function isSorted(intervals: readonly Interval[]): boolean {
  return intervals.every(({ start, end }, at) => start < end && (at === 0 || intervals[at - 1]!.end < start));
}

const RUNS = { numRuns: 3000 };

describe("intervals", () => {
  it("are united whatever their order, without touching neighbours", () => {
    fc.assert(
      fc.property(anyList, (list) => {
        const united = union(list);
        expect(cells(united)).toEqual(cells(list));
        expect(isSorted(united)).toBe(true);
      }),
      RUNS,
    );
  });

  it("are not changed where they are handed in", () => {
    fc.assert(
      fc.property(anyList, sorted, any, (list, other, window) => {
        const before = structuredClone([list, other]);
        union(list);
        cut(other, window);
        subtract(other, union(list));
        intersect(other, union(list));
        expect([list, other]).toEqual(before);
      }),
    );
  });

  it("are cut to a window", () => {
    fc.assert(
      fc.property(sorted, any, (list, window) => {
        const inside = cells([window]);
        expect(cells(cut(list, window))).toEqual(cells(list).map((covered, cell) => covered && inside[cell]));
        expect(isSorted(cut(list, window))).toBe(true);
      }),
      RUNS,
    );
  });

  it("are intersected", () => {
    fc.assert(
      fc.property(sorted, sorted, (a, b) => {
        const inB = cells(b);
        expect(cells(intersect(a, b))).toEqual(cells(a).map((covered, cell) => covered && inB[cell]));
        expect(isSorted(intersect(a, b))).toBe(true);
        expect(intersect(a, b)).toEqual(intersect(b, a));
      }),
      RUNS,
    );
  });

  it("are subtracted", () => {
    fc.assert(
      fc.property(sorted, sorted, (a, b) => {
        const inB = cells(b);
        expect(cells(subtract(a, b))).toEqual(cells(a).map((covered, cell) => covered && !inB[cell]));
        expect(isSorted(subtract(a, b))).toBe(true);
      }),
      RUNS,
    );
  });

  it("are measured, and lengths add up", () => {
    fc.assert(
      fc.property(sorted, sorted, (a, b) => {
        expect(total(a)).toBe(cells(a).filter(Boolean).length);
        expect(total(intersect(a, b)) + total(subtract(a, b))).toBe(total(a));
        expect(total(union([...a, ...b]))).toBe(total(a) + total(b) - total(intersect(a, b)));
      }),
      RUNS,
    );
  });

  it("give the whole when cut at any instant", () => {
    fc.assert(
      fc.property(sorted, point, (list, at) => {
        const halves = [cut(list, { start: 0, end: at }), cut(list, { start: at, end: CELLS })];
        expect(union(halves.flat())).toEqual(list);
      }),
      RUNS,
    );
  });
});

describe("an interval's ends", () => {
  it("are its start, and the first instant after it", () => {
    const list = [{ start: 10, end: 20 }];
    expect(cut(list, { start: 20, end: 30 })).toEqual([]);
    expect(cut(list, { start: 0, end: 10 })).toEqual([]);
    expect(cut(list, { start: 19, end: 21 })).toEqual([{ start: 19, end: 20 }]);
    expect(intersect(list, [{ start: 20, end: 21 }])).toEqual([]);
    expect(union([...list, { start: 20, end: 21 }])).toEqual([{ start: 10, end: 21 }]);
    expect(subtract(list, [{ start: 12, end: 13 }])).toEqual([
      { start: 10, end: 12 },
      { start: 13, end: 20 },
    ]);
  });
});

it("asks a long list for a window in steps that do not grow with it", () => {
  let read = 0;
  const numbers = Array.from({ length: 200_000 }, (_, at) => (at >> 1) * 10 + (at % 2) * 5);
  const get = (target: number[], key: string | symbol): unknown => {
    if (typeof key === "string" && /^\d+$/.test(key)) read++;
    return Reflect.get(target, key);
  };
  const pairs = new Proxy(numbers, { get });
  const list = spansOf(pairs);
  read = 0;
  expect([...list.cut({ start: 500_000, end: 500_010 })]).toEqual([{ start: 500_000, end: 500_005 }]);
  expect(read).toBeLessThan(50);
});

describe("pairs of numbers", () => {
  it("added in order of their ends are a list, whatever they overlap; in any other order they still cover the same", () => {
    fc.assert(
      fc.property(anyList, fc.boolean(), (list, sorted) => {
        const filled = list.filter(({ start, end }) => start < end);
        const added = sorted ? filled.toSorted((a, b) => a.end - b.end) : filled;
        const pairs: number[] = [];
        for (const { start, end } of added) join(pairs, start, end);
        expect([...spansOf(pairs)]).toEqual(union(list));
        if (sorted) expect(pairs).toEqual(union(list).flatMap(({ start, end }) => [start, end]));
      }),
      RUNS,
    );
  });

  it("are cut again and again without a copy, and measured and crossed as what is left", () => {
    fc.assert(
      fc.property(sorted, any, any, sorted, (list, one, other, more) => {
        const twice = spansOf(list.flatMap(({ start, end }) => [start, end]))
          .cut(one)
          .cut(other);
        const expected = cut(cut(list, one), other);
        expect([...twice]).toEqual(expected);
        expect(lengthOf(twice)).toBe(total(expected));
        const others = spansOf(more.flatMap(({ start, end }) => [start, end]));
        expect(cells([...unionOf([twice, others])])).toEqual(cells([...expected, ...more]));
        expect(isSorted([...unionOf([twice, others])])).toBe(true);
      }),
      RUNS,
    );
  });
});
