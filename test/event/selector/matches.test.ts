import { describe, expect, it } from "vitest";
import { createEvent } from "../../../src/event/parse.ts";
import { compileMatcher, matches } from "../../../src/event/selector/matches.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { accepts, MISSING, table } from "./tables.ts";

const utc = zoneReader("UTC");

it("takes an old name of an event type for today's", () => {
  const event = createEvent({ event_type: "experiment_stop" }) as never;
  for (const type of ["experiment_stop", "experiment_cancelled"]) {
    for (const test of [type, { $in: ["log", type] }, { $eq: type }, { $not: { $ne: type } }])
      expect(matches({ event_type: test }, event)).toBe(true);
  }
  expect(matches({ event_type: { $ne: "experiment_stop" } }, event)).toBe(false);
});

describe("equality", () => {
  it("compares by value and never across types", () =>
    table([
      [1, [1, [1], [0, 1]], [2, "1", true, null, MISSING, [[1]], { "0": 1 }, 1n + 2n ** 60n]],
      ["x", ["x", ["y", "x"]], ["X", "xx", null, ["xx"], MISSING]],
      [true, [true, [true]], [1, "true", false, null]],
      [false, [false], [0, "", null, MISSING]],
      [{ $eq: 1.5 }, [1.5], [1, 2, "1.5"]],
      [0, [0, -0], [false, "", null]],
    ]));

  it("compares numbers exactly, whichever JavaScript type holds them", () =>
    table([
      [2n ** 60n, [2n ** 60n, 2 ** 60], [2n ** 60n + 1n, 2n ** 60n - 1n]],
      [9007199254740993n, [9007199254740993n], [9007199254740992, 9007199254740994]],
      [2 ** 60, [2n ** 60n], [2n ** 60n + 1n]],
      [5n, [5], [6]],
      [{ $gt: 2 ** 53 }, [9007199254740993n], [9007199254740992, 9007199254740991]],
      [{ $lte: 9007199254740993n }, [9007199254740993n, 9007199254740992], [9007199254740994]],
      [{ $in: [1e20, 3] }, [10n ** 20n, 1e20, 3], [10n ** 20n + 1n]],
    ]));

  it("takes an array whole or as one of the elements", () =>
    table([
      [
        [1, 2],
        [[1, 2], [[1, 2]], [0, [1, 2]]],
        [[2, 1], [1], [1, 2, 3], 1, [[[1, 2]]]],
      ],
      [[], [[], [[]]], [[1], MISSING, null]],
    ]));

  it("takes objects field by field, in order", () =>
    table([
      [{ b: 1, c: 2 }, [{ b: 1, c: 2 }, [{ b: 1, c: 2 }]], [{ c: 2, b: 1 }, { b: 1 }, { b: 1, c: 2, d: 3 }, "b"]],
      [{}, [{}, [{}]], [[], null, { b: 1 }, MISSING]],
      [{ b: [1, { c: null }] }, [{ b: [1, { c: null }] }], [{ b: [1, {}] }, { b: [1, { c: 0 }] }]],
    ]));

  it("lets null stand for a missing field too", () =>
    table([
      [null, [null, MISSING, [null], [1, null]], [0, "", false, [], {}, [[]], [[null]]]],
      [{ $ne: null }, [0, [], {}, [[]]], [null, MISSING, [1, null]]],
      [{ $in: [null, 4] }, [null, MISSING, 4, [null]], [5, [], {}]],
      [{ $nin: [null, 4] }, [5, [], {}], [null, MISSING, 4, [4]]],
    ]));
});

describe("ranges", () => {
  it("stay within one type", () =>
    table([
      [{ $gt: 1 }, [2, 1.5, [0, 2]], [1, 0, "2", true, null, MISSING, [[2]], {}]],
      [{ $gte: "b" }, ["b", "c", "é", ["a", "c"]], ["a", "B", 5, null]],
      [{ $lt: true }, [false], [true, 0, null]],
      [{ $lte: false }, [false], [true, 0]],
      [{ $gt: 0, $lt: 2 }, [1, [-1, 3]], [0, 2, [3]]],
      [{ $gt: { $date: "2025-01-01T00:00:00Z" } }, [], ["2026-01-01T00:00:00Z", 1e15, null]],
    ]));

  it("order text by code point, as UTF-8 bytes are", () =>
    table([
      [{ $gt: "\uff5e" }, ["😀", "\uff5f"], ["\uff5e", "a", "\ud7ff"]],
      [{ $lt: "😀" }, ["\uff5e", "z", "", "\u{1f5ff}"], ["😀", "😁", "😀x"]],
      [{ $gte: "a😀" }, ["a😀", "a😀b", "b"], ["a", "a\uffee"]],
    ]));

  it("order arrays element by element, shorter first, and objects by type, name and value", () =>
    table([
      [{ $gt: [1, 2] }, [[1, 3], [2], [1, 2, 0], ["x"], [[9]]], [[1, 2], [1], [0, 9], [null, 9]]],
      [{ $lt: [1] }, [[], [0, 5], [null]], [[1], [2], 0]],
      [{ $gt: { b: 1 } }, [{ b: 2 }, { c: 1 }, { a: "x" }, { b: 1, a: 0 }], [{ b: 1 }, { a: 9 }, {}, 5, { b: null }]],
      [{ $lte: { b: 1 } }, [{}, { b: 1 }, { a: 7 }], [{ b: true }, [1]]],
    ]));
});

describe("negations", () => {
  it("accept exactly what the positive rejects, missing fields and arrays included", () =>
    table([
      [{ $ne: 1 }, [2, MISSING, null, [2, 3], "1", [[1]]], [1, [1, 2]]],
      [{ $nin: [1, "x"] }, [2, MISSING, []], [1, "x", ["x"]]],
      [{ $nin: [] }, [1, MISSING], []],
      [{ $not: { $gt: 1 } }, [1, "x", MISSING, []], [2, [0, 2]]],
      [{ $not: { $gt: 1, $lt: 5 } }, [1, 5, "x"], [2, [0, 9]]],
      [{ $not: { $not: { $eq: 1 } } }, [1, [1]], [2, MISSING]],
      [{ $not: /x/ }, ["y", 5, MISSING], ["xx", ["y", "x"]]],
      [{ $not: { $exists: true } }, [MISSING], [null]],
    ]));
});

describe("$in", () => {
  it("accepts any of scalars, arrays, objects and regular expressions", () =>
    table([
      [
        { $in: [1, "x", true, [2], { b: 1 }, /^re/] },
        [1, "x", true, [2], [[2]], { b: 1 }, "regex", ["re"]],
        [2, "1", false, "are", [3], {}],
      ],
      [{ $in: [] }, [], [1, MISSING, null, []]],
      [{ $in: [[]] }, [[], [[]]], [MISSING, null]],
    ]));
});

describe("$exists and $type", () => {
  it("counts null and empty arrays as existing", () =>
    table([
      [{ $exists: true }, [null, [], {}, 0], [MISSING]],
      [{ $exists: false }, [MISSING], [null, []]],
      [{ $exists: 1 }, [0], [MISSING]],
    ]));

  it("knows existence behind arrays", () => {
    expect(accepts({ $exists: true }, [{}, { b: 1 }], "event_data.a.b")).toBe(true);
    for (const a of [[], [1], {}, 4, [[{ b: 1 }]]]) expect(accepts({ $exists: false }, a, "event_data.a.b")).toBe(true);
  });

  it("tells the types of values and of array elements", () =>
    table([
      [{ $type: "double" }, [1.5, 1e20, [1.5], 2n ** 64n], [1, 2 ** 40, "1.5"]],
      [{ $type: "int" }, [1, -1, 2 ** 31 - 1, -(2 ** 31)], [1.5, 2 ** 31, 2n ** 60n]],
      [{ $type: "long" }, [2 ** 31, 2 ** 53 - 1, 2n ** 60n, -(2n ** 63n)], [1, 1.5, 2n ** 63n, 2 ** 53]],
      [{ $type: "number" }, [1, 1.5, 2n ** 70n, ["x", 1]], ["1", true, null]],
      [{ $type: "string" }, ["", ["x"]], [1, [["x"]], MISSING]],
      [{ $type: "array" }, [[], [1], [[]]], ["x", {}, MISSING]],
      [{ $type: "object" }, [{}, [{}]], [[], null]],
      [{ $type: "null" }, [null, [null]], [MISSING, 0]],
      [{ $type: ["bool", "null"] }, [true, null], [1, "x"]],
      [{ $type: 2 }, ["x"], [2]],
      [{ $type: [16, 18] }, [1, 2 ** 40], [1.5]],
      [{ $type: "date" }, [], ["2025-01-01T00:00:00Z", 5]],
      [{ $type: "objectId" }, [], ["65a1b2c3d4e5f60718293a4b"]],
    ]));
});

describe("$mod", () => {
  it("divides numbers only, after cutting decimals towards zero", () =>
    table([
      [{ $mod: [4, 0] }, [8, 0, [3, 4], 4.9, -0.5, 2n ** 60n, 2 ** 60], [2, "4", true, null, MISSING, [[4]]]],
      [{ $mod: [3, -1] }, [-7, -1], [7, -2]],
      [{ $mod: [4.9, 1.9] }, [5], [6, 5.9 + 1]],
      [{ $mod: [2, 1] }, [9007199254740993n], [1e20, 2n ** 64n + 1n, "1"]],
      [{ $mod: [-2, 1] }, [3], [-3]],
    ]));
});

describe("logic", () => {
  const event = createEvent({ _id: "e", event_type: "x", log_level: 30 });
  it.each([
    [{}, true],
    [{ log_level: 30, event_type: "x" }, true],
    [{ log_level: 30, event_type: "y" }, false],
    [{ $and: [{ log_level: 30 }, { event_type: "x" }, { _id: "e" }] }, true],
    [{ $and: [{ log_level: 30 }, { event_type: "y" }] }, false],
    [{ $or: [{ log_level: 40 }, { event_type: "x" }] }, true],
    [{ $or: [{ log_level: 40 }, { event_type: "y" }] }, false],
    [{ $nor: [{ log_level: 40 }, { event_type: "y" }] }, true],
    [{ $nor: [{}] }, false],
    [{ $or: [{ log_level: 30 }], event_type: "y" }, false],
    [{ $nor: [{ $or: [{ $and: [{ log_level: 30 }] }] }] }, false],
  ])("%j → %s", (selector, expected) => expect(matches(selector, event)).toBe(expected));
});

describe("fields of the event", () => {
  const hex = "65a1b2c3d4e5f60718293a4b";
  const event = createEvent({ _id: hex });

  it("lets an object id equal the id's text and nothing else", () => {
    expect(matches({ _id: { $oid: hex.toUpperCase() } }, event)).toBe(true);
    expect(matches({ _id: { $in: [{ $oid: hex }] } }, event)).toBe(true);
    expect(matches({ _id: { $ne: { $oid: hex } } }, event)).toBe(false);
    expect(matches({ _id: { $gte: { $oid: hex } } }, event)).toBe(false);
    expect(matches({ trace_id: { $oid: hex } }, { ...event, trace_id: hex })).toBe(false);
    expect(accepts({ $oid: hex }, hex)).toBe(false);
    expect(accepts({ $elemMatch: { _id: { $oid: hex } } }, [{ _id: hex }])).toBe(false);
  });

  it("counts what only the store knows as null before the event is stored", () => {
    for (const field of ["received_at", "skew_ms", "archived_at"]) {
      expect(matches({ [field]: null }, event)).toBe(true);
      expect(matches({ [field]: { $exists: true } }, event)).toBe(true);
      expect(matches({ [field]: { $type: "null" } }, event)).toBe(true);
    }
    expect(matches({ skew_ms: { $gt: 5 } }, { ...event, received_at: null, skew_ms: 6 })).toBe(true);
  });

  it("never throws, whatever another program stored", () => {
    const deep = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`);
    const odd = { ...event, event_timestamp: 5, event_type: ["x"], source: null, archived_at: {}, event_data: deep };
    for (const condition of [1, [[[]]], { $gt: [[]] }, { $elemMatch: { $elemMatch: {} } }, /x/, { $mod: [2, 0] }]) {
      const fields = { "source.node_id": condition, event_type: condition, event_data: condition };
      expect(typeof matches({ $nor: [fields] }, odd as never)).toBe("boolean");
    }
    expect(matches({ event_timestamp: { $gt: "2025-01-01" } }, odd as never)).toBe(false);
    expect(matches({ archived_at: { $gt: "2025-01-01" } }, odd as never)).toBe(false);
  });

  it("finds one of a thousand values as fast as one", () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `id-${i}`);
    const matcher = compileMatcher(parseSelector({ _id: { $in: ids } }), utc);
    const begun = performance.now();
    for (let i = 0; i < 200_000; i++) matcher(event);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
