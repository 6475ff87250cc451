import { describe, expect, it } from "vitest";
import { EventStoreError } from "../../../src/errors.ts";
import type { SelectorOptions } from "../../../src/event/selector/limits.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { DateValue, OidValue } from "../../../src/event/selector/selector.ts";

const UTC: SelectorOptions = { naiveTimezone: "UTC" };

function caught(run: () => unknown): EventStoreError {
  try {
    run();
  } catch (error) {
    if (error instanceof EventStoreError) return error;
  }
  throw new Error("no refusal");
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
    const error = caught(() => parseSelector({ $or: [{}, { event_timestamp: { $gte: "yesterday" } }] }));
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
