import { describe, expect, it } from "vitest";
import type { Event } from "../../../src/event/event.ts";
import { matches } from "../../../src/event/selector/matches.ts";
import { accepts, holding, MISSING, table } from "./tables.ts";

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
