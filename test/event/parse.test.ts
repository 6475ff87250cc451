import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import { eventSchema } from "../../src/event/event.ts";
import { EVENT_TYPES } from "../../src/event/event-types.ts";
import { parseContext, parseEvent, prepareEvent } from "../../src/event/parse.ts";

const ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const issueOf = (input: unknown, options = {}) => {
  try {
    parseEvent(input, options);
  } catch (error) {
    if (error instanceof EventStoreError) return error.issues[0] ?? error.code;
    throw error;
  }
  return undefined;
};

describe("parseEvent", () => {
  it("fills every field of an empty event", () => {
    const event = parseEvent({}, { now: () => new Date("2025-01-01T10:00:00.5Z") });
    expect(event).toMatchObject({ event_type: "unknown", log_level: 20, alert: false, source: {}, event_data: {} });
    expect(event).toMatchObject({ trace_id: null, span_id: null, archived: false, archived_at: null });
    expect(event.event_timestamp).toBe("2025-01-01T10:00:00.500000Z");
    expect(event._id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  it("always makes an event its own schema accepts", () => {
    const field = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("info", "NODE_START", "2025-01-01", 20, true, { node_id: ULID }),
    );
    const keys = ["_id", "event_type", "log_level", "alert", "event_timestamp", "source", "event_data", "trace_id"];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), field), (input) => {
        try {
          const event = parseEvent(input);
          expect(eventSchema.safeParse(event).success).toBe(true);
          expect(parseEvent(event)).toEqual(event);
        } catch (error) {
          expect(error).toBeInstanceOf(EventStoreError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("prefers _id to event_id and makes text of numbers", () => {
    expect(parseEvent({ event_id: "a", _id: "b" })._id).toBe("b");
    expect(parseEvent({ event_id: 7 })._id).toBe("7");
  });

  it.each([null, "", " ".repeat(300), "a\u0000b", "a\nb", {}, [], true])("refuses %j as an id", (event_id) => {
    expect(issueOf({ event_id })).toMatchObject({ loc: ["event_id"] });
  });

  it("folds the case of all 63 types and maps the old experiment_stop", () => {
    expect(EVENT_TYPES).toHaveLength(63);
    for (const type of EVENT_TYPES) expect(parseEvent({ event_type: type.toUpperCase() }).event_type).toBe(type);
    expect(parseEvent({ event_type: "EXPERIMENT_STOP" }).event_type).toBe("experiment_cancelled");
  });

  it("accepts unknown types unless told to be strict", () => {
    expect(parseEvent({ event_type: "door_opened" }).event_type).toBe("door_opened");
    expect(issueOf({ event_type: "door_opened" }, { strictEventTypes: true })).toMatchObject({ type: "enum" });
    for (const event_type of ["", null, 7, "EventType.LOG", "a b", [], "x".repeat(200)]) {
      expect(issueOf({ event_type })).toMatchObject({ type: "enum", loc: ["event_type"] });
    }
  });

  it.each([
    ["20.0", 20],
    ["CRITICAL", 50],
    ["eventloglevel.debug", 10],
    [0, 0],
    ["30", 30],
  ])("reads level %j", (log_level, level) => {
    expect(parseEvent({ log_level }).log_level).toBe(level);
  });

  it.each([15, -1, 20.5, true, null, "warn", "", []])("refuses level %j", (log_level) => {
    expect(issueOf({ log_level })).toMatchObject({ type: "enum", loc: ["log_level"], input: log_level });
  });

  it("drops nulls and unknown keys of source and refuses what is no ULID", () => {
    expect(parseEvent({ source: { node_id: null, lab_id: ULID, other: 1 } }).source).toEqual({ lab_id: ULID });
    expect(issueOf({ source: { node_id: "nope" } })).toMatchObject({
      loc: ["source", "node_id"],
      msg: "Value error, Invalid ULID nope for field node_id",
    });
    expect(issueOf({ source: { node_id: 5 } })).toMatchObject({ type: "string_type" });
    for (const source of [null, "x", []]) expect(issueOf({ source })).toMatchObject({ type: "model_attributes_type" });
  });

  it("uses the default source only where none is given", () => {
    const options = { defaultSource: { manager_id: ULID } };
    expect(parseEvent({}, options).source).toEqual({ manager_id: ULID });
    expect(parseEvent({ source: {} }, options).source).toEqual({});
  });

  it("ignores what only the server may say, and unknown fields", () => {
    const event = parseEvent({ archived: true, archived_at: "2020-01-01", received_at: "x", nonsense: 1 });
    expect(event).toMatchObject({ archived: false, archived_at: null });
    expect(Object.keys(event)).toHaveLength(11);
  });

  it("names every bad field at once", () => {
    try {
      parseEvent({ log_level: 5, alert: "maybe", trace_id: 7 });
      expect.unreachable();
    } catch (error) {
      const fields = (error as EventStoreError).issues.map(({ loc, type }) => [loc[0], type]);
      expect(fields).toEqual([
        ["log_level", "enum"],
        ["alert", "bool_parsing"],
        ["trace_id", "string_type"],
      ]);
    }
  });

  it("copies a library caller's data into plain JSON", () => {
    const data = {
      when: new Date(0),
      nan: Number.NaN,
      skip: undefined,
      big: 2n ** 60n,
      set: new Set([1]),
      fn: () => 1,
    };
    const event = parseEvent({ event_data: data });
    expect(event.event_data).toEqual({ when: "1970-01-01T00:00:00.000Z", nan: null, big: 2n ** 60n, set: [1] });
    data.big = 1n;
    expect(event.event_data).toMatchObject({ big: 2n ** 60n });
  });

  it("refuses what is too large, too deep, too wide or cyclic", () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    expect(issueOf({ event_data: deep(33) })).toBe("EVT_TOO_LARGE");
    expect(issueOf({ event_data: deep(32) })).toBeUndefined();
    const wide = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, i]));
    expect(issueOf({ event_data: wide })).toBe("EVT_TOO_LARGE");
    expect(issueOf({ event_data: "x".repeat(262_144) })).toBe("EVT_TOO_LARGE");
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(issueOf({ event_data: cycle })).toBe("EVT_TOO_LARGE");
  });

  it("refuses a value that is no object", () => {
    for (const input of [null, 7, "x", [], undefined])
      expect(issueOf(input)).toMatchObject({ type: "model_attributes_type" });
  });

  it("writes the immutable part in field order, without the archive state", () => {
    const { text } = prepareEvent({ _id: "a", event_timestamp: "2025-01-01" }, parseContext());
    expect(text).toBe(
      '{"_id":"a","event_type":"unknown","log_level":20,"alert":false,"event_timestamp":"2025-01-01T00:00:00",' +
        '"source":{},"event_data":{},"trace_id":null,"span_id":null}',
    );
  });
});
