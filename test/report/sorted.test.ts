/** Finding a place in a sorted list, and merging several, against doing it slowly. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { countUntil, mergeNumbers } from "../../src/report/sorted.ts";

const small = fc.integer({ min: 0, max: 20 });
const inOrder = fc.array(small).map((list) => list.toSorted((a, b) => a - b));

it("finds the first that is not before", () => {
  fc.assert(
    fc.property(inOrder, small, (list, limit) => {
      expect(countUntil(list, (item) => item < limit)).toBe(list.filter((item) => item < limit).length);
    }),
  );
});

it("merges any number of lists", () => {
  fc.assert(
    fc.property(fc.array(inOrder, { maxLength: 5 }), (lists) => {
      expect(Array.from(mergeNumbers(lists))).toEqual(lists.flat().sort((a, b) => a - b));
    }),
  );
});
