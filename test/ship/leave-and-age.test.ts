/** A process that exits without closing, and lines that nobody wants any more. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { SendError } from "../../src/ship/sink.ts";
import { balanced, fakeShipper, line, numberOf, range, storedAll } from "./fakes.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "leave-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
const down = () => {
  throw new SendError("retry", "down");
};

describe("leave", () => {
  it("removes a spool with nothing left in it", async () => {
    const { shipper, clock } = fakeShipper({ spool: { dir } });
    shipper.accept(line(1));
    await clock.advance(1100);
    expect(readdirSync(dir)).toHaveLength(1);
    shipper.leave();
    expect(readdirSync(dir)).toEqual([]);
    balanced(shipper);
  });

  it("keeps what is not sent, a half line among it", async () => {
    const { shipper, sink, clock } = fakeShipper({ spool: { dir } });
    sink.answer = down;
    shipper.accept(`${line(1)}half`);
    await clock.advance(1100);
    shipper.leave();
    expect(shipper.stats()).toMatchObject({ in: 2, pending: 2, dropped: 0 });
    expect(readdirSync(dir)).toHaveLength(1);
  });
});

describe("spool.maxAge", () => {
  it("drops what is older, and tells", async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const options = { spool: { dir, maxAge: "2d" } };
    const { shipper, sink, clock } = fakeShipper(options, { now: () => nowMs });
    const stored: EventInput[] = [];
    sink.answer = down;
    // One batch is under way and stays so; what comes later gets old.
    shipper.accept(line(0));
    await clock.advance(1000);
    for (const n of range(1, 4)) shipper.accept(line(n));
    nowMs += 3 * DAY_MS;
    shipper.accept(line(4));
    sink.answer = (events, call) => {
      stored.push(...events);
      return storedAll(events, call);
    };
    await clock.advance(70_000);
    expect(stored.map(numberOf).filter((n) => n !== undefined)).toEqual([0, 4]);
    expect(shipper.stats()).toMatchObject({ dropped: 3, droppedBy: { expired: 3 }, pending: 0 });
    const told = stored.find(({ event_type }) => event_type === "log_dropped");
    expect(told?.event_data).toMatchObject({ reason: "expired", count: 3, first_seq: 2, last_seq: 4 });
    balanced(shipper);
    await Promise.all([shipper.close(), clock.advance(9000)]);
  });

  it.each([0, -1, "soon", "3 weeks", 1.5])("refuses %j", (maxAge) => {
    const refused = expect.objectContaining({ code: "EVT_INVALID_OPTION", message: expect.stringContaining("maxAge") });
    expect(() => fakeShipper({ spool: { dir, maxAge } })).toThrow(refused);
  });
});
