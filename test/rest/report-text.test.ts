import fc from "fast-check";
import { expect, it } from "vitest";
import { inTurns, jsonPieces } from "../../src/rest/report-text.ts";

it("makes the text JSON.stringify makes, however deep", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 5 }), (value, depth) => {
      expect([...jsonPieces(value, depth)].join("")).toBe(JSON.stringify(value));
    }),
  );
});

it("leaves out what is not there", () => {
  const value = { a: undefined, b: { c: undefined }, d: [] };
  expect([...jsonPieces(value)].join("")).toBe('{"b":{},"d":[]}');
});

it("joins pieces in order, and lets others have their turn", async () => {
  const pieces = Array.from({ length: 60_000 }, (_, n) => `${n},`);
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  function* slowly() {
    for (const [n, piece] of pieces.entries()) {
      for (const until = performance.now() + 5; n % 6000 === 0 && performance.now() < until; );
      yield piece;
    }
  }
  const joined: string[] = [];
  for await (const piece of inTurns(slowly())) joined.push(piece);
  isDone = true;
  expect(joined.join("")).toBe(pieces.join(""));
  expect(joined.length).toBeLessThan(10);
  expect(turns).toBeGreaterThanOrEqual(9);
});

it("ends with the signal's reason", async () => {
  const stop = new AbortController();
  function* stopping() {
    yield "x".repeat(100_000);
    stop.abort(new Error("too slow"));
    yield "y";
  }
  const pieces = inTurns(stopping(), stop.signal);
  expect((await pieces.next()).value).toHaveLength(100_000);
  await expect(pieces.next()).rejects.toThrow("too slow");
});
