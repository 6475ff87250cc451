import { describe, expect, it } from "vitest";
import { EventStoreError } from "../../../src/errors.ts";
import type { SelectorOptions } from "../../../src/event/selector/limits.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { DateValue, OidValue } from "../../../src/event/selector/selector.ts";

const UTC: SelectorOptions = { naiveTimezone: "UTC" };

function refused(selector: unknown, options: SelectorOptions = UTC): EventStoreError {
  try {
    parseSelector(selector, options);
  } catch (error) {
    expect(error).toBeInstanceOf(EventStoreError);
    return error as EventStoreError;
  }
  throw new Error(`accepted ${String(selector)}`);
}

function testsOf(condition: unknown): unknown {
  const { root } = parseSelector({ a: condition }, UTC);
  return root.op === "field"
    ? root.test
    : root.op === "and"
      ? root.children.map((c) => c.op === "field" && c.test)
      : root;
}

const at = (iso: string) => new DateValue(BigInt(Date.parse(iso)) * 1000n);

describe("accepted syntax", () => {
  it.each([
    [5, { op: "eq", value: 5 }],
    [null, { op: "eq", value: null }],
    [{ $eq: { b: [1, { c: "x" }] } }, { op: "eq", value: { b: [1, { c: "x" }] } }],
    [{}, { op: "eq", value: {} }],
    [10n, { op: "eq", value: 10 }],
    [2n ** 60n, { op: "eq", value: 2n ** 60n }],
    [{ $ne: 1 }, { op: "not", tests: [{ op: "eq", value: 1 }] }],
    [{ $nin: [1] }, { op: "not", tests: [{ op: "in", values: [1], regexes: [] }] }],
    [{ $in: [1, /x/i] }, { op: "in", values: [1], regexes: [{ pattern: "x", flags: "i" }] }],
    [
      { $gt: 1, $lte: 2 },
      [
        { op: "gt", value: 1 },
        { op: "lte", value: 2 },
      ],
    ],
    [
      { $not: { $gt: 1, $lt: 3 } },
      {
        op: "not",
        tests: [
          { op: "gt", value: 1 },
          { op: "lt", value: 3 },
        ],
      },
    ],
    [/a\/b/s, { op: "regex", regex: { pattern: "a\\/b", flags: "s" } }],
    [
      { $regex: "x", $options: "si" },
      { op: "regex", regex: { pattern: "x", flags: "is" } },
    ],
    [
      { $options: "m", $regex: /x/ },
      { op: "regex", regex: { pattern: "x", flags: "m" } },
    ],
    [{ $not: { $regex: /x/i } }, { op: "not", tests: [{ op: "regex", regex: { pattern: "x", flags: "i" } }] }],
    [{ $exists: 0 }, { op: "exists", value: false }],
    [{ $size: 0 }, { op: "size", value: 0 }],
    [{ $mod: [4.9, -1.9] }, { op: "mod", divisor: 4, remainder: -1 }],
    [{ $type: "number" }, { op: "type", types: new Set(["double", "int", "long"]) }],
    [{ $type: [1, "bool"] }, { op: "type", types: new Set(["double", "bool"]) }],
    [{ $all: [] }, { op: "all", tests: [] }],
    [
      { $all: [1, /x/] },
      {
        op: "all",
        tests: [
          { op: "eq", value: 1 },
          { op: "regex", regex: { pattern: "x", flags: "" } },
        ],
      },
    ],
    [{ $elemMatch: { $gt: 1 } }, { op: "elemMatchTests", tests: [{ op: "gt", value: 1 }] }],
    [{ $elemMatch: {} }, { op: "elemMatchNode", node: { op: "and", children: [] } }],
    [{ $date: "2025-01-01T00:00:00+01:00" }, { op: "eq", value: at("2024-12-31T23:00:00Z") }],
    [{ $gt: { $date: 5 } }, { op: "gt", value: new DateValue(5000n) }],
    [{ $in: [{ $date: { $numberLong: "-5" } }] }, { op: "in", values: [new DateValue(-5000n)], regexes: [] }],
    [new Date(7), { op: "eq", value: new DateValue(7000n) }],
    [{ $oid: "65A1B2C3D4E5F60718293A4B" }, { op: "eq", value: new OidValue("65a1b2c3d4e5f60718293a4b") }],
    [{ b: { $oid: "65a1b2c3d4e5f60718293a4b" } }, { op: "eq", value: { b: new OidValue("65a1b2c3d4e5f60718293a4b") } }],
  ])("%o", (condition, expected) => expect(testsOf(condition)).toEqual(expected));

  it("reads the empty selector as one that accepts everything", () => {
    expect(parseSelector({})).toEqual({ root: { op: "and", children: [] }, fields: new Set() });
  });

  it("splits dotted paths and collects the fields they begin with, through logic but not through elements", () => {
    const elements = { $elemMatch: { inner: 1 } };
    const parsed = parseSelector({
      "source.node_id": "x",
      $or: [{ $nor: [{ alert: true }] }, { "event_data.a": elements }],
    });
    expect(parsed.fields).toEqual(new Set(["source", "alert", "event_data"]));
    expect(parsed.root).toMatchObject({ op: "and", children: [{ path: ["source", "node_id"] }, { op: "or" }] });
  });

  it("takes objects without a prototype and from other realms' JSON", () => {
    expect(parseSelector(Object.assign(Object.create(null), { a: 1 })).fields).toEqual(new Set(["a"]));
  });
});

describe("time fields", () => {
  const operandOf = (field: string, condition: unknown, zone = "America/Chicago") => {
    const { root } = parseSelector({ [field]: condition }, { naiveTimezone: zone });
    return root.op === "field" && "value" in root.test ? root.test.value : root;
  };

  it.each(["event_timestamp", "archived_at", "received_at"])("%s reads text in any notation as an instant", (field) => {
    for (const text of ["2025-01-01T10:00:00Z", "2025-01-01 04:00:00", "2025-01-01T11:00:00+01:00", "1735725600"]) {
      expect(operandOf(field, { $gte: text })).toEqual(at("2025-01-01T10:00:00Z"));
      expect(operandOf(field, text)).toEqual(at("2025-01-01T10:00:00Z"));
    }
    expect(operandOf(field, { $lt: { $date: "2025-01-01T04:00" } })).toEqual(at("2025-01-01T10:00:00Z"));
    expect(operandOf(field, { $eq: new Date(5) })).toEqual(new DateValue(5000n));
  });

  it("keeps microseconds", () => {
    expect(operandOf("event_timestamp", "1970-01-01T00:00:00.000001Z")).toEqual(new DateValue(1n));
  });

  it("leaves null, numbers and booleans as they are", () => {
    for (const value of [null, 5, true]) expect(operandOf("event_timestamp", { $gte: value })).toBe(value);
  });

  it("reads instants within lists and negations", () => {
    const parsed = parseSelector({ event_timestamp: { $not: { $in: ["2025-01-01T00:00:00Z"] } } });
    expect(JSON.stringify(parsed.root, (_, v) => (typeof v === "bigint" ? `${v}` : v))).toContain("1735689600000000");
  });

  it("leaves fields of the same name elsewhere as text", () => {
    expect(operandOf("event_data.event_timestamp", "soon")).toBe("soon");
    expect(() => parseSelector({ event_data: { $elemMatch: { event_timestamp: "soon" } } })).not.toThrow();
  });

  it("refuses text that is no timestamp, naming the field and the fix", () => {
    const error = refused({ $or: [{}, { event_timestamp: { $gte: "yesterday" } }] });
    expect(error.message).toBe(
      'invalid selector: $or[1].event_timestamp.$gte: "yesterday" is not a timestamp (input is too short); compare with an ' +
        "ISO 8601 date and time like 2025-01-01T10:00:00Z, or use $regex for text",
    );
    expect(error.issues).toEqual([
      {
        type: "selector_error",
        loc: ["$or", 1, "event_timestamp", "$gte"],
        msg: expect.any(String),
        input: "yesterday",
      },
    ]);
  });
});

const REFUSALS: [what: string, selector: unknown, place: string, words: RegExp][] = [
  ["null", null, "", /must be an object/],
  ["an array", [], "", /must be an object/],
  ["text", "{}", "", /must be an object/],
  ["a Map", new Map([["a", 1]]), "", /must be an object/],
  ...["$where", "$expr", "$jsonSchema", "$text", "$comment", "$function", "$rand", "$nearSphere", "$alwaysTrue"].map(
    (name): [string, unknown, string, RegExp] => [
      name,
      { [name]: "x" },
      name,
      /is not supported; accepted here are \$and, \$or, \$nor/,
    ],
  ),
  ["$not at the top", { $not: { a: 1 } }, "$not", /stands behind a field/],
  ["$gt at the top", { $gt: 1 }, "$gt", /stands behind a field/],
  ["$where behind a field", { a: { $where: "1" } }, "a.$where", /not supported here; accepted here are \$all, /],
  ["$near behind a field", { a: { $near: [1, 2] } }, "a.$near", /not supported here/],
  ["$and behind a field", { a: { $and: [{}] } }, "a.$and", /beside field names/],
  ["inherited names", { a: { $toString: 1 } }, "a.$toString", /not supported/],
  ["operators beside fields", { a: { $gt: 1, b: 2 } }, "a", /"\$gt" and field "b" cannot stand in one object/],
  ["fields beside operators", { a: { b: 2, $gt: 1 } }, "a", /"\$gt" and field "b"/],
  ["empty $and", { $and: [] }, "$and", /at least one selector/],
  ["empty $or", { $or: [] }, "$or", /at least one selector/],
  ["empty $nor", { $nor: [] }, "$nor", /at least one selector/],
  ["$or of an object", { $or: { a: 1 } }, "$or", /array/],
  ["$or of scalars", { $or: [{}, 5] }, "$or[1]", /must be an object/],
  ["$in of a scalar", { a: { $in: 5 } }, "a.$in", /\$in takes an array/],
  ["$nin of an object", { a: { $nin: { 0: 1 } } }, "a.$nin", /\$nin takes an array/],
  ["$all of text", { a: { $all: "x" } }, "a.$all", /\$all takes an array/],
  ["operators inside $in", { a: { $in: [1, { $gt: 1 }] } }, "a.$in[1].$gt", /not accepted inside a value/],
  ["operators inside $all", { a: { $all: [{ $gt: 1 }] } }, "a.$all[0].$gt", /not accepted inside a value/],
  ["operators inside a value", { a: { $eq: { b: { $gt: 1 } } } }, "a.$eq.b.$gt", /not accepted inside a value/],
  ["values beside $elemMatch in $all", { a: { $all: [{ $elemMatch: {} }, 1] } }, "a.$all", /not both/],
  ["$not of a scalar", { a: { $not: 5 } }, "a.$not", /use \$ne/],
  ["$not of null", { a: { $not: null } }, "a.$not", /use \$ne/],
  ["empty $not", { a: { $not: {} } }, "a.$not", /object of operators/],
  ["$not of fields", { a: { $not: { b: 1 } } }, "a.$not", /object of operators/],
  ["$not of a date", { a: { $not: { $date: 5 } } }, "a.$not", /object of operators/],
  ["an unknown type name", { a: { $type: "decimal" } }, "a.$type", /does not know "decimal"; use double, string/],
  ["a type of binary data", { a: { $type: 5 } }, "a.$type", /does not know 5/],
  ["an inherited type name", { a: { $type: "toString" } }, "a.$type", /does not know/],
  ["no types", { a: { $type: [] } }, "a.$type", /at least one/],
  ["$mod without remainder", { a: { $mod: [2] } }, "a.$mod", /\[divisor, remainder\]/],
  ["$mod with three numbers", { a: { $mod: [2, 1, 0] } }, "a.$mod", /\[divisor, remainder\]/],
  ["$mod of text", { a: { $mod: ["2", 0] } }, "a.$mod", /two numbers/],
  ["$mod by 0", { a: { $mod: [0.9, 0] } }, "a.$mod", /must not be 0/],
  ["$mod by infinity", { a: { $mod: [Number.POSITIVE_INFINITY, 0] } }, "a.$mod", /two numbers/],
  ["negative $size", { a: { $size: -1 } }, "a.$size", /whole number/],
  ["fractional $size", { a: { $size: 1.5 } }, "a.$size", /whole number/],
  ["$size of text", { a: { $size: "1" } }, "a.$size", /whole number/],
  ["$exists of text", { a: { $exists: "yes" } }, "a.$exists", /true or false/],
  ["$options alone", { a: { $options: "i" } }, "a.$options", /needs a \$regex/],
  ["option x", { a: { $regex: "x", $options: "ix" } }, "a.$regex", /flag "x" is not supported; use i, m and s/],
  ["option g", { a: { $regex: "x", $options: "g" } }, "a.$regex", /flag "g" is not supported/],
  ["RegExp flag u", { a: /x/u }, "a", /flag "u" is not supported/],
  ["RegExp flags beside $options", { a: { $regex: /x/i, $options: "m" } }, "a.$regex", /either/],
  ["$options of a number", { a: { $regex: "x", $options: 1 } }, "a.$regex", /i, m and s/],
  ["$regex of a number", { a: { $regex: 5 } }, "a.$regex", /takes text/],
  ["RegExp as $eq", { a: { $eq: /x/ } }, "a.$eq", /use \$regex/],
  ["RegExp as $ne", { a: { $ne: /x/ } }, "a.$ne", /use \$regex/],
  ["look-ahead", { a: { $regex: "a(?=b)" } }, "a.$regex", /no look-around/],
  ["look-behind", { a: { $regex: "(?<!a)b" } }, "a.$regex", /no look-around/],
  ["back-references", { a: { $regex: "(a)\\1" } }, "a.$regex", /no backreferences/],
  ["possessive quantifiers", { a: { $regex: "a++" } }, "a.$regex", /no possessive/],
  ["huge repeats", { a: { $regex: "a{1001}" } }, "a.$regex", /repeats up to 1000/],
  ["a broken pattern", { a: { $in: [1, /(?=x)/] } }, "a.$in[1]", /not accepted/],
  ["NUL in a pattern", { a: { $regex: "a\0" } }, "a.$regex", /NUL/],
  ["$elemMatch of an array", { a: { $elemMatch: [] } }, "a.$elemMatch", /object of conditions/],
  ["operators before fields in $elemMatch", { a: { $elemMatch: { $gt: 1, b: 1 } } }, "a.$elemMatch", /one object/],
  [
    "fields before operators in $elemMatch",
    { a: { $elemMatch: { b: 1, $gt: 1 } } },
    "a.$elemMatch.$gt",
    /stands behind a field/,
  ],
  ["__proto__", JSON.parse('{"__proto__": 1}'), "__proto__", /not accepted/],
  ["__proto__ on the way", { "a.__proto__.b": 1 }, "a.__proto__.b", /"__proto__" is not accepted/],
  ["__proto__ in a value", { a: JSON.parse('{"__proto__": 1}') }, "a.__proto__", /not accepted/],
  ["constructor", { "a.constructor": 1 }, "a.constructor", /not accepted/],
  ["prototype", { prototype: 1 }, "prototype", /not accepted/],
  ["an empty path", { "": 1 }, "", /empty segments/],
  ["an empty segment", { "a..b": 1 }, "a..b", /empty segments/],
  ["a dot at the end", { "a.": 1 }, "a.", /empty segments/],
  ["a $ segment", { "a.$where": 1 }, "a.$where", /must not start with \$/],
  ["NUL in a path", { "a\0b": 1 }, "a\ufffdb", /NUL/],
  ["undefined", { a: undefined }, "a", /undefined is not a value/],
  ["a function", { a: { $gt: () => 1 } }, "a.$gt", /function is not a value/],
  ["NaN", { a: Number.NaN }, "a", /finite/],
  ["infinity", { a: { $lt: Number.POSITIVE_INFINITY } }, "a.$lt", /finite/],
  ["a class instance", { a: new Map() }, "a", /plain objects/],
  ["half a surrogate pair", { a: "\ud83d" }, "a", /surrogate/],
  ["an invalid Date", { a: new Date(Number.NaN) }, "a", /invalid Date/],
  ["a bad $date", { a: { $date: "no" } }, "a.$date", /not a timestamp/],
  ["a fractional $date", { a: { $date: 1.5 } }, "a.$date", /\$date takes/],
  ["a bad $numberLong", { a: { $date: { $numberLong: "x" } } }, "a.$date", /\$date takes/],
  ["$numberLong alone", { a: { $numberLong: "5" } }, "a.$numberLong", /not supported/],
  ["a short $oid", { a: { $oid: "12" } }, "a.$oid", /24 hexadecimal digits/],
  ["$date beside other keys", { a: { $date: 5, b: 1 } }, "a", /one object/],
];

describe("refusals", () => {
  it.each(REFUSALS)("names place and reason for %s", (_what, selector, place, words) => {
    const error = refused(selector);
    expect(error.code).toBe("EVT_INVALID_SELECTOR");
    expect(error.message.startsWith(place === "" ? "invalid selector: " : `invalid selector: ${place}: `)).toBe(true);
    expect(error.message).toMatch(words);
    expect(error.issues).toHaveLength(1);
    expect(error.issues[0]).toMatchObject({ type: "selector_error" });
    expect(() => JSON.stringify(error.issues)).not.toThrow();
  });
});

describe("limits", () => {
  const nested = (depth: number): unknown => {
    let selector: unknown = {};
    for (let i = 0; i < depth; i++) selector = { $and: [selector] };
    return selector;
  };
  const nestedArray = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
  const many = (length: number, entry: unknown = 1) => Array.from({ length }, () => entry);

  const ROWS: [what: string, accepted: unknown, refused: unknown, words: RegExp][] = [
    ["16 levels of conditions", nested(15), nested(16), /at most 16 deep/],
    ["16 levels of a value", { a: nestedArray(16) }, { a: nestedArray(17) }, /at most 16 deep/],
    ["200 conditions", { $or: many(199, { a: 1 }) }, { $or: many(200, { a: 1 }) }, /at most 200 conditions/],
    ["1000 entries of $in", { a: { $in: many(1000) } }, { a: { $in: many(1001) } }, /at most 1000 entries, not 1001/],
    ["1000 entries of $nin", { a: { $nin: many(1000) } }, { a: { $nin: many(1001) } }, /at most 1000 entries/],
    ["1000 entries of $all", { a: { $all: many(1000) } }, { a: { $all: many(1001) } }, /at most 1000 entries/],
    ["1000 elements of an array", { a: many(1000) }, { a: many(1001) }, /at most 1000 entries/],
    ["10 regular expressions", { a: { $in: many(10, /x/) } }, { a: { $in: many(11, /x/) } }, /at most 10 regular/],
    [
      "256 characters of a pattern",
      { a: { $regex: "x".repeat(256) } },
      { a: { $regex: "x".repeat(257) } },
      /256 characters/,
    ],
    ["256 characters of a path", { ["a".repeat(256)]: 1 }, { ["a".repeat(257)]: 1 }, /256 characters/],
    ["16 segments of a path", { [many(16, "a").join(".")]: 1 }, { [many(17, "a").join(".")]: 1 }, /16 segments/],
  ];
  it.each(ROWS)("accepts %s and no more", (_what, accepted, tooMuch, words) => {
    expect(() => parseSelector(accepted)).not.toThrow();
    expect(refused(tooMuch).message).toMatch(words);
  });

  it("can be set, each by name", () => {
    expect(refused({ a: { $in: [1, 2] } }, { limits: { maxEntries: 1 } }).message).toMatch(/at most 1 entries/);
    expect(() => parseSelector(nested(20), { limits: { maxDepth: 30 } })).not.toThrow();
    expect(refused({}, { limits: { maxDeep: 1 } as never }).code).toBe("EVT_INVALID_OPTION");
    expect(refused({}, { limits: { maxNodes: -1 } }).code).toBe("EVT_INVALID_OPTION");
    expect(refused({}, { naiveTimezone: "Mars/Base" }).code).toBe("EVT_INVALID_OPTION");
  });

  it("refuses a hundred thousand levels of anything without overflowing the stack", () => {
    let not: unknown = { $gt: 1 };
    let elemMatch: unknown = { $gt: 1 };
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++)
      [not, elemMatch, value] = [{ $not: not }, { $elemMatch: elemMatch }, { v: value }];
    const cyclic: { a?: unknown } = {};
    cyclic.a = cyclic;
    for (const selector of [
      nested(100_000),
      { a: not },
      { a: elemMatch },
      { a: value },
      { a: { $in: [value] } },
      { a: { $foo: value } },
      { $foo: value },
      cyclic,
    ]) {
      const error = refused(selector);
      expect(error.code).toBe("EVT_INVALID_SELECTOR");
      expect(JSON.stringify(error.issues).length).toBeLessThan(5000);
      expect(error.message.length).toBeLessThan(2000);
    }
  });
});
