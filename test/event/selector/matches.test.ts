import { describe, expect, it } from "vitest";
import type { Event } from "../../../src/event/event.ts";
import { createEvent } from "../../../src/event/parse.ts";
import { compileMatcher, matches } from "../../../src/event/selector/matches.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { zoneReader } from "../../../src/event/zone.ts";

const utc = zoneReader("UTC");
const MISSING = Symbol("no such field");

/** An event whose `event_data` has only the field `a`. */
function holding(a: unknown): Event {
  return { ...createEvent({ _id: "e" }), event_data: a === MISSING ? {} : { a } } as Event;
}

function accepts(condition: unknown, a: unknown, path = "event_data.a"): boolean {
  return compileMatcher(parseSelector({ [path]: condition }), utc)(holding(a));
}

/** condition, values it accepts, values it rejects */
type Row = [condition: unknown, accepted: unknown[], rejected: unknown[]];

function table(rows: Row[]): void {
  for (const [condition, accepted, rejected] of rows) {
    for (const a of accepted) expect([condition, a, accepts(condition, a)]).toEqual([condition, a, true]);
    for (const a of rejected) expect([condition, a, accepts(condition, a)]).toEqual([condition, a, false]);
  }
}

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

/** As MongoDB's own tests of null semantics have it (dotted path, documents with and without arrays). */
describe("null behind a dotted path", () => {
  const NULLISH = [
    {},
    null,
    4,
    { b: null },
    MISSING,
    [{ b: null }, {}],
    [{ b: null }, { b: 3 }],
    [{ b: 3 }, {}],
    [5, {}],
  ];
  const OTHERS = [
    { b: "hi" },
    [[]],
    [],
    [{ b: 1 }, { b: 3 }],
    [null, null],
    [1, "string", 4],
    [1, null],
    [5, { b: 5 }],
    [[{}]],
  ];

  it.each([
    [null, true],
    [{ $eq: null }, true],
    [{ $gte: null }, true],
    [{ $lte: null }, true],
    [{ $in: [null, 75] }, true],
    [{ $ne: null }, false],
    [{ $not: { $gte: null } }, false],
    [{ $nin: [null, 75] }, false],
  ])("%j follows the objects an array holds, never its scalars", (condition, expected) => {
    for (const a of NULLISH) expect([a, accepts(condition, a, "event_data.a.b")]).toEqual([a, expected]);
    for (const a of OTHERS) expect([a, accepts(condition, a, "event_data.a.b")]).toEqual([a, !expected]);
  });

  it("never orders anything strictly beside null", () =>
    table([
      [{ $gt: null }, [], [null, 0, MISSING, "x"]],
      [{ $lt: null }, [], [null, 0, MISSING]],
      [{ $gte: null }, [null, MISSING, [null]], [0, [], {}]],
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

describe("arrays", () => {
  it("$size counts the elements of the array itself", () =>
    table([
      [{ $size: 0 }, [[]], [MISSING, null, "", [[]], [1]]],
      [{ $size: 2 }, [[1, [2]]], [[[1, 2]], [1], "ab"]],
    ]));

  it("$all wants every entry, each whole or as an element", () =>
    table([
      [{ $all: [1, 2] }, [[2, 1, 3]], [[1], 1, MISSING, [[1, 2]]]],
      [{ $all: [1] }, [1, [1]], [2]],
      [
        { $all: [[1, 2]] },
        [
          [1, 2],
          [[1, 2], 3],
        ],
        [[1], [2, 1]],
      ],
      [{ $all: [] }, [], [[], 1, MISSING]],
      [{ $all: [null] }, [MISSING, null, [null]], [[], 1]],
      [{ $all: [/^x/, "y"] }, [["xx", "y"]], [["y"], "xx"]],
      [
        { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] },
        [[{ b: 1 }, { b: 2 }]],
        [[{ b: 1 }], [{ b: 3 }]],
      ],
    ]));

  it("$elemMatch with fields wants one object for which all hold", () =>
    table([
      [{ $elemMatch: { b: 1, c: 2 } }, [[{ b: 1, c: 2 }]], [[{ b: 1 }, { c: 2 }], { b: 1, c: 2 }, [], MISSING, [5]]],
      [{ $elemMatch: { b: null } }, [[{}], [{ b: null }], [[]]], [[{ b: 1 }], [5], [null], []]],
      [{ $elemMatch: {} }, [[{}], [[]]], [[], [1], {}]],
      [{ $elemMatch: { $or: [{ b: 1 }, { c: 1 }] } }, [[{ c: 1 }]], [[{ b: 2 }]]],
      [{ $elemMatch: { "b.c": { $gt: 1 } } }, [[{ b: [{ c: 2 }] }]], [[{ b: 2 }]]],
      [{ $elemMatch: { "0": 5 } }, [[[5]], [{ "0": 5 }], [[[5]]]], [[5], [[4, 5]]]],
      [{ $elemMatch: { length: 1 } }, [], [[[5]]]],
      [{ $elemMatch: { event_timestamp: "soon" } }, [[{ event_timestamp: "soon" }]], [[{}]]],
    ]));

  it("$elemMatch with operators wants one element for which all hold", () =>
    table([
      [{ $elemMatch: { $gt: 1, $lt: 5 } }, [[9, 2]], [[0, 9], 2, [], [[2]]]],
      [{ $elemMatch: { $ne: 1 } }, [[1, 2], [[1]]], [[1], []]],
      [{ $elemMatch: { $eq: null } }, [[1, null]], [[], [1], MISSING, null]],
      [{ $elemMatch: { $exists: false } }, [], [[1], [], MISSING]],
      [{ $elemMatch: { $not: { $gte: 1 } } }, [[0], ["x"]], [[1], []]],
      [{ $elemMatch: { $elemMatch: { $gt: 1 } } }, [[[2]]], [[2], [[1]]]],
      [{ $elemMatch: { $size: 1 } }, [[[0]]], [[0]]],
      [{ $elemMatch: { $in: [1, [2]] } }, [[1], [[2]]], [[2], [[1]]]],
      [{ $elemMatch: { $all: [1] } }, [[1]], [[[1]]]],
      [{ $elemMatch: { $regex: "x" } }, [["ax"]], ["ax", [["x"]]]],
      [{ $elemMatch: { $type: "string" } }, [["x"]], [[["x"]]]],
      [{ $elemMatch: { $mod: [2, 0] } }, [[4]], [[3], 4]],
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

describe("paths", () => {
  const ROWS: [path: string, condition: unknown, accepted: unknown[], rejected: unknown[]][] = [
    [
      "event_data.a.b",
      1,
      [{ b: 1 }, [{ b: 1 }], [{ b: [1] }], { b: [0, 1] }, [2, { b: 1 }]],
      [[[{ b: 1 }]], 1, [1], { b: [[1]] }],
    ],
    [
      "event_data.a.0",
      42,
      [[42], { "0": 42 }, [{ "0": 42 }], { "0": [42] }, [{ "0": [42] }]],
      [42, [[42]], [0, 42], [[{ "0": 42 }]]],
    ],
    [
      "event_data.a.0.0",
      42,
      [[[42]], [{ "0": 42 }], { "0": [42] }, { "0": { "0": 42 } }, [[{ "0": 42 }]], [{ "0": [42] }], [[{ "0": [42] }]]],
      [[42], [[[42]]], { "0": [[42]] }, [[{ "0": { "0": 42 } }]]],
    ],
    ["event_data.a.0.b", 1, [[{ b: 1 }], [[{ b: 1 }]], [[2, { b: 1 }]]], [[{ b: 2 }, { b: 1 }], [[[{ b: 1 }]]]]],
    ["event_data.a.00", 1, [{ "00": 1 }], [[1]]],
    ["event_data.a.length", 1, [{ length: 1 }], [[1], "x"]],
    ["event_data.a.toString", { $exists: true }, [{ toString: 1 }], [{}, "x", []]],
    ["event_data.a.b", [1], [{ b: [1] }, [{ b: [1] }]], [[{ b: 1 }]]],
    ["event_data.a.b", { $size: 1 }, [{ b: [7] }, [{ b: [7] }]], [[{ b: 7 }], { b: 7 }]],
  ];
  it.each(ROWS)("%s leads where MongoDB's does", (path, condition, accepted, rejected) => {
    for (const a of accepted) expect([a, accepts(condition, a, path)]).toEqual([a, true]);
    for (const a of rejected) expect([a, accepts(condition, a, path)]).toEqual([a, false]);
  });

  it("reads whole event data of any kind", () => {
    const event = { ...holding(1), event_data: [1, "x"] } as Event;
    expect(matches({ event_data: "x", "event_data.0": 1 }, event)).toBe(true);
    expect(matches({ event_data: { $size: 2 } }, event)).toBe(true);
  });
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
