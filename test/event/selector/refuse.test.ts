import { describe, expect, it } from "vitest";
import { EventStoreError } from "../../../src/errors.ts";
import type { SelectorOptions } from "../../../src/event/selector/limits.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";

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
