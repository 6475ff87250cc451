import { describe, expect, it } from "vitest";
import { isUlid } from "../../../src/event/id.ts";
import { idBytes, idsOf, LineIds } from "../../../src/ship/spool/line-ids.ts";

const HOUR_MS = 3_600_000;

function taken(ids: LineIds, count: number, nowMs: number): string[] {
  const idOf = idsOf(ids.take(count, nowMs));
  return Array.from({ length: count }, (_, at) => idOf(at));
}

describe("line ids", () => {
  it("are ULIDs that ascend, whatever the clock does", () => {
    const ids = new LineIds();
    const now = Date.UTC(2025, 0, 1);
    const times = [now, now, now + 1, now - HOUR_MS, now + 10 * 365 * 24 * HOUR_MS, now, now + 5];
    const all = times.flatMap((ms) => taken(ids, 50, ms));
    expect(all.every((id) => isUlid(id))).toBe(true);
    expect(all).toEqual([...new Set(all)].sort());
  });

  it("carry the time of the clock as it goes on", () => {
    const [id] = taken(new LineIds(), 1, 1735787045123);
    expect(idBytes(id as string).readUIntBE(0, 6)).toBe(1735787045123);
  });

  it("carry over from the lower half into the upper one, within a frame and between frames", () => {
    const first = Buffer.from("0194249b0503" + "0000000001" + "fffffffffe", "hex");
    const idOf = idsOf(first);
    const texts = [0, 1, 2, 3].map(idOf);
    expect(texts.map((id) => idBytes(id).toString("hex").slice(12))).toEqual([
      "0000000001fffffffffe",
      "0000000001ffffffffff",
      "00000000020000000000",
      "00000000020000000001",
    ]);
    expect(texts).toEqual([...texts].sort());
    expect(idBytes(texts[0] as string)).toEqual(first);
  });

  it("reads ids out of a buffer that is part of a larger one", () => {
    const bytes = Buffer.concat([Buffer.alloc(7, 255), idBytes("01ARZ3NDEKTSV4RRFFQ69G5FAV"), Buffer.alloc(3)]);
    expect(idsOf(bytes.subarray(7, 23))(0)).toBe("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  });
});
