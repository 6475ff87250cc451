/** Ids and their numbers, against a map of texts. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { IdTable } from "../../src/report/id-table.ts";

const anyId = fc.oneof(
  fc.constantFrom("", "a", "A", "ab", "ß", "Ā", "\u0000", "x".repeat(128), "x".repeat(129), `${"x".repeat(128)}Ā`),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.ulid(),
  fc.uuid(),
);

it("gives each id one number, the next one, and tells it again", () => {
  fc.assert(
    fc.property(fc.array(anyId, { maxLength: 200 }), (ids) => {
      const table = new IdTable();
      const numbers = new Map<string, number>();
      for (const id of ids) {
        expect(table.find(id)).toBe(numbers.get(id) ?? -1);
        if (numbers.has(id)) continue;
        expect(table.add(id)).toBe(numbers.size);
        numbers.set(id, numbers.size);
      }
      for (const [id, number] of numbers) expect([table.find(id), table.at(number)]).toEqual([number, id]);
      expect(table.find("never told")).toBe(-1);
    }),
  );
});

it("knows very many, also where they collide", () => {
  const table = new IdTable();
  // A seed cannot be chosen: what all have in common stands for what an attacker might find.
  const ids = Array.from({ length: 60_000 }, (_, n) => `01JGFJJYZZ0F0A0E0D0M0N${n.toString(36).padStart(4, "0")}`);
  for (const id of ids) table.add(id);
  expect(ids.every((id, number) => table.find(id) === number && table.at(number) === id)).toBe(true);
});

it("finds those without a place near where they belong", () => {
  const { imul } = Math;
  try {
    // All are hashed alike.
    Math.imul = () => 0;
    const table = new IdTable();
    const ids = Array.from({ length: 500 }, (_, n) => `id ${n}`);
    for (const id of ids) table.add(id);
    expect(ids.map((id) => table.find(id))).toEqual(ids.map((_, number) => number));
    expect(ids.map((_, number) => table.at(number))).toEqual(ids);
  } finally {
    Math.imul = imul;
  }
});
