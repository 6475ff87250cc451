import { describe, expect, it } from "vitest";
import type { StoredEvent } from "../../../src/event/event.ts";
import { createEvent } from "../../../src/event/parse.ts";
import { matches } from "../../../src/event/selector/matches.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";

const ZONE = { naiveTimezone: "America/Chicago" };

function stored(timestamp: string, archived: string | null = null, received: string | null = null): StoredEvent {
  const event = createEvent({ _id: "e", event_timestamp: timestamp }, ZONE);
  return { ...event, archived: archived !== null, archived_at: archived, received_at: received, skew_ms: 0 };
}
const accepts = (selector: object, event: StoredEvent) => matches(selector as never, event, ZONE);

/** 2025-01-01T10:00:00Z, four ways. */
const SAME = ["2025-01-01T10:00:00Z", "2025-01-01T11:00:00+01:00", "2025-01-01T04:00:00", "2025-01-01 04:00"];
const LATER = "2025-01-01T10:00:00.000001Z";

describe("event_timestamp", () => {
  it("is compared as an instant, whatever the notation on either side", () => {
    for (const left of SAME) {
      for (const right of [...SAME, { $date: SAME[0] }, new Date(SAME[0] as string)]) {
        expect(accepts({ event_timestamp: right }, stored(left))).toBe(true);
        expect(accepts({ event_timestamp: { $ne: right } }, stored(left))).toBe(false);
        expect(accepts({ event_timestamp: { $in: [LATER, right] } }, stored(left))).toBe(true);
        expect(accepts({ event_timestamp: { $nin: [right] } }, stored(left))).toBe(false);
        expect(accepts({ event_timestamp: { $gte: right, $lte: right } }, stored(left))).toBe(true);
        expect(accepts({ event_timestamp: { $gt: right } }, stored(left))).toBe(false);
        expect(accepts({ event_timestamp: { $gt: right } }, stored(LATER))).toBe(true);
        expect(accepts({ event_timestamp: { $not: { $lt: right } } }, stored(left))).toBe(true);
        expect(accepts({ event_timestamp: { $all: [right] } }, stored(left))).toBe(true);
      }
    }
  });

  it.each(["2035", "20350101", " 12 "])("refuses %j, which could be a year or seconds", (text) => {
    const refused = () => parseSelector({ event_timestamp: { $gte: text } });
    expect(refused).toThrow(/short number.*ISO 8601/);
  });

  it("takes the first of two equal readings when clocks go back", () => {
    expect(accepts({ event_timestamp: "2025-11-02T01:30:00" }, stored("2025-11-02T06:30:00Z"))).toBe(true);
    expect(accepts({ event_timestamp: "2025-11-02T06:30:00Z" }, stored("2025-11-02T01:30:00"))).toBe(true);
  });

  it("has the type, the patterns and the existence of its text", () => {
    const event = stored("2025-01-01T04:00:00");
    expect(accepts({ event_timestamp: { $regex: "^2025-01-01T04" } }, event)).toBe(true);
    expect(accepts({ event_timestamp: /10:00/ }, event)).toBe(false);
    expect(accepts({ event_timestamp: { $in: [/T04/] } }, event)).toBe(true);
    expect(accepts({ event_timestamp: { $type: "string" } }, event)).toBe(true);
    expect(accepts({ event_timestamp: { $type: ["date", "null"] } }, event)).toBe(false);
    expect(accepts({ event_timestamp: { $exists: true } }, event)).toBe(true);
    expect(accepts({ event_timestamp: { $exists: false } }, event)).toBe(false);
  });

  it("never equals or exceeds null, numbers, booleans, arrays or objects", () => {
    for (const value of [null, 5, true, [], {}, ["2025-01-01T10:00:00Z"]]) {
      expect(accepts({ event_timestamp: { $eq: value } }, stored(LATER))).toBe(false);
      expect(accepts({ event_timestamp: { $gte: value } }, stored(LATER))).toBe(false);
      expect(accepts({ event_timestamp: { $lte: value } }, stored(LATER))).toBe(false);
      expect(accepts({ event_timestamp: { $ne: value } }, stored(LATER))).toBe(true);
    }
    for (const condition of [
      { $size: 0 },
      { $mod: [2, 0] },
      { $elemMatch: {} },
      { $elemMatch: { $gt: "a" } },
      { $all: [] },
    ]) {
      expect(accepts({ event_timestamp: condition }, stored(LATER))).toBe(false);
    }
  });
});

describe("archived_at and received_at", () => {
  const at = stored(LATER, "2025-02-01T00:00:00Z", "2025-01-01T10:00:05.5Z");
  const never = stored(LATER);

  it("are dates", () => {
    expect(accepts({ archived_at: "2025-01-31T18:00:00" }, at)).toBe(true);
    expect(accepts({ received_at: { $gt: "2025-01-01T10:00:05Z", $lt: "2025-01-01T10:00:06Z" } }, at)).toBe(true);
    expect(accepts({ archived_at: { $type: "date" } }, at)).toBe(true);
    expect(accepts({ archived_at: { $type: "string" } }, at)).toBe(false);
    expect(accepts({ archived_at: { $regex: "2025" } }, at)).toBe(false);
    expect(accepts({ archived_at: { $not: /2025/ } }, at)).toBe(true);
    expect(accepts({ archived_at: { $ne: null } }, at)).toBe(true);
  });

  it("or null", () => {
    for (const condition of [
      null,
      { $gte: null },
      { $lte: null },
      { $in: [null, "2025-01-01"] },
      { $type: "null" },
      { $exists: true },
    ]) {
      expect([condition, accepts({ archived_at: condition }, never)]).toEqual([condition, true]);
    }
    for (const condition of [
      { $gt: null },
      { $lt: "2030-01-01" },
      { $nin: [null] },
      { $type: "date" },
      { $ne: null },
      { $regex: "" },
    ]) {
      expect([condition, accepts({ archived_at: condition }, never)]).toEqual([condition, false]);
    }
  });
});

describe("matches", () => {
  it("reads naive text in the given zone, on both sides", () => {
    const event = createEvent({ event_timestamp: "2025-01-01T00:00:00" }, { naiveTimezone: "UTC" });
    const noon = { event_timestamp: { $gt: "2025-01-01T03:00:00Z" } };
    expect(matches(noon, event, { naiveTimezone: "UTC" })).toBe(false);
    expect(matches(noon, event, ZONE)).toBe(true);
    const parsed = parseSelector(noon);
    expect(matches(parsed, event, { naiveTimezone: "UTC" })).toBe(false);
    expect(matches(parsed, event, ZONE)).toBe(true);
  });

  it("sees a selector's changes between two calls", () => {
    const selector: Record<string, unknown> = { _id: "e" };
    expect(matches(selector, stored(LATER))).toBe(true);
    selector._id = "f";
    expect(matches(selector, stored(LATER))).toBe(false);
  });
});
