/** BSON values other programs stored, as JSON. */
import {
  Binary,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from "mongodb";
import { describe, expect, it } from "vitest";
import { shapeOf, toJson, toText } from "../../../src/backend/mongo/payload.ts";
import { type Json, parseJson } from "../../../src/event/json.ts";

const UUID_TEXT = "0e2f5e62-6f0a-4b4e-8a3b-1d0c7a6f9b11";
const VALUES: readonly (readonly [string, unknown, Json])[] = [
  ["a decimal a number can hold", Decimal128.fromString("12.50"), 12.5],
  ["a decimal of many digits", Decimal128.fromString("0.12345678901234567890"), "0.12345678901234567890"],
  ["a large whole decimal", Decimal128.fromString("9007199254740993"), 9007199254740993n],
  ["a decimal that is no number", Decimal128.fromString("NaN"), null],
  ["NaN", Number.NaN, null],
  ["infinity", Number.NEGATIVE_INFINITY, null],
  ["a small int64", Long.fromNumber(5), 5],
  ["a large int64", Long.fromString("-9223372036854775808"), -9223372036854775808n],
  ["a driver's number", [new Int32(5), new Double(1.5)], [5, 1.5]],
  ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["an invalid date", new Date(Number.NaN), null],
  ["an object id", new ObjectId("65a1b2c3d4e5f60718293a4b"), "65a1b2c3d4e5f60718293a4b"],
  ["bytes", new Binary(Buffer.from("abc")), "YWJj"],
  ["a UUID", new UUID(UUID_TEXT), UUID_TEXT],
  ["a UUID as bytes", new Binary(Buffer.from(UUID_TEXT.replaceAll("-", ""), "hex"), 4), UUID_TEXT],
  ["a pattern", /a/i, "/a/i"],
  ["a timestamp", new Timestamp({ t: 1, i: 2 }), 4294967298],
  ["code", new Code("return 1"), "return 1"],
  [
    "a reference",
    new DBRef("runs", new ObjectId("65a1b2c3d4e5f60718293a4b")),
    { $ref: "runs", $id: "65a1b2c3d4e5f60718293a4b" },
  ],
  ["the ends of the order", [new MinKey(), new MaxKey()], [null, null]],
  ["values in depth", { a: [{ b: Long.fromNumber(1) }] }, { a: [{ b: 1 }] }],
];

describe("toJson", () => {
  it.each(VALUES)("reads %s", (_name, value, expected) => {
    expect(toJson(value)).toEqual(expected);
  });

  it("gives plain JSON back without a copy", () => {
    const value = { a: [1, "x", null, { b: true }] };
    expect(toJson(value)).toBe(value);
  });
});

describe("toText", () => {
  it.each([[1e20], [-(2 ** 53)], [2n ** 70n], [1.5], [1e308], ["number:1"], [{ a: [1e16, 10n ** 16n] }]])(
    "is read back exactly: %s",
    (value) => {
      expect(parseJson(toText(value as Json))).toEqual(value);
    },
  );
});

describe("shapeOf", () => {
  it("names what a server may refuse", () => {
    expect(shapeOf({ "": [[1]], $a: { "b.c": 1e305 }, z: -0 })).toEqual({
      unfit: false,
      wide: false,
      traits: new Set(["empty key", "nested array", "$ key", "dotted key", "huge number", "negative zero"]),
    });
    expect(shapeOf([1, 5e9])).toEqual({ unfit: false, wide: true, traits: undefined });
  });
});
