/** Cursors of arrivals: what was written is read, and nothing else is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { databaseMark, decodePlace, encodePlace } from "../../../src/backend/mongo/arrivals-cursor.ts";

const MARK = databaseMark("lab", "events");
const ms = fc.integer({ min: -8.64e15, max: 8.64e15 });
const walked = fc.record({ ms, id: fc.string({ unit: "grapheme", maxLength: 64 }) });
const place = fc.record({
  ring: fc.stringMatching(/^[\w-]{8}$/),
  number: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  watermarkMs: ms,
  walked: fc.option(walked, { nil: undefined }),
});

describe("a cursor of arrivals", () => {
  it("is read as it was written, and is safe in a URL", () => {
    fc.assert(
      fc.property(place, (written) => {
        const text = encodePlace(MARK, written);
        expect(decodePlace(MARK, text)).toEqual(written);
        expect(text).toMatch(/^[\w.-]{1,500}$/);
      }),
    );
  });

  it("is none of another database's", () => {
    const text = encodePlace(MARK, { ring: "abcdefgh", number: 1, watermarkMs: 1 });
    expect(decodePlace(databaseMark("lab", "other"), text)).toBeUndefined();
  });

  it("is not any other text", () => {
    const text = encodePlace(MARK, { ring: "abcdefgh", number: 1, watermarkMs: 1 });
    for (const other of [
      "",
      "x",
      `${text}.`,
      `${text}.1`,
      text.slice(1),
      `${text} `,
      `${MARK}.abcdefgh.1.zzzzzzzzzzz`,
    ]) {
      expect(decodePlace(MARK, other)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (some) => decodePlace(MARK, some) === undefined));
  });
});
