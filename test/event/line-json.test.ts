import { describe, expect, it } from "vitest";
import { readLine } from "../../src/event/line-json.ts";
import { isTooNested, scanHead } from "../../src/event/line-long.ts";
import { timeText, ulidTimeText } from "../../src/event/line-time.ts";

describe("readLine", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    [' \ufeff {"a":1} ', undefined],
    ['\ufeff{"a":NaN,"b":-Infinity,"c":"NaN"}', { a: null, b: null, c: "NaN" }],
    ['{"a":9007199254740993}', { a: 9007199254740993n }],
    ['{"a":[{"b":-9007199254740993}]}', { a: [{ b: -9007199254740993n }] }],
    ['{"a":1,"a":2}', { a: 2 }],
    ["[1]", undefined],
    ["{", undefined],
    ['{"a":"\\u12"}', undefined],
    ["text", undefined],
    ["", undefined],
  ])("reads %j", (text, expected) => {
    expect(readLine(text)?.fields).toEqual(expected);
  });

  it("counts keys and levels", () => {
    expect(readLine('{"a":{"b":[{"c":1},{"d":2}]}}')).toMatchObject({ keys: 4, depth: 4 });
  });

  it.each([
    ["escaped quotes without an end", `{"a":"${'\\"'.repeat(500_000)}}`],
    ["the same behind a long integer", `{"n":9007199254740993,"a":"${'\\"'.repeat(500_000)}}`],
    ["the same in a string that ends", `{"n":9007199254740993,"a":"${'\\"'.repeat(450_000)}"}`],
    ["an escaped line separator", `{"n":NaN,"a":"\\\u2028${'\\"'.repeat(450_000)}"}`],
    ["one endless number", `{"n":${"9".repeat(1_000_000)}}`],
    ["nesting", `{"a":${"[".repeat(500_000)}${"]".repeat(500_000)}}`],
    ["nesting around a long integer", `{"a":${"[".repeat(400_000)}9007199254740993${"]".repeat(400_000)}}`],
    ["empty objects", `{"a":[${"{},".repeat(340_000)}{}]}`],
  ])("takes no more than moments for a megabyte of %s", (_name, text) => {
    const start = performance.now();
    expect(() => readLine(text)).not.toThrow();
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe("scanHead", () => {
  it("finds what begins a long line", () => {
    const line = `{"level":50,"time":1735787045123,"ctx":"\\"msg\\":1","msg":"a \\"b\\" c","blob":"${"x".repeat(5000)}"}`;
    expect(scanHead(line, ["level", "time", "msg", "gone"])).toEqual({
      level: 50,
      time: 1735787045123,
      msg: 'a "b" c',
    });
  });

  it("keeps the beginning of a message that ends too late, also within an escape", () => {
    expect(scanHead(`{"msg":"${"\\u00e9".repeat(2000)}`, ["msg"])).toEqual({ msg: expect.stringMatching(/^é{600,}$/) });
    expect(scanHead(`{"msg":"x${"\\\\".repeat(5000)}`, ["msg"])).toEqual({
      msg: expect.stringMatching(/^x\\{2000,}$/),
    });
  });

  it("looks into objects only, and no further than 4 KiB", () => {
    expect(scanHead("plain text", ["msg"])).toBeUndefined();
    expect(scanHead(`{"a":"${"x".repeat(5000)}","msg":"late"}`, ["msg"])).toEqual({});
  });
});

describe("isTooNested", () => {
  const nested = (levels: number, text = "") => `{"s":"${text}","a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  it("counts levels, not brackets in texts or side by side", () => {
    expect(isTooNested(nested(100_000))).toBe(true);
    expect(isTooNested(nested(900, '[\\"['.repeat(50_000)))).toBe(false);
    expect(isTooNested(`{"a":[${"[],".repeat(50_000)}[]]}`)).toBe(false);
    expect(isTooNested("[".repeat(100_000))).toBe(false);
  });
});

describe("times", () => {
  it.each([
    [1735787045000, "2025-01-02T03:04:05Z"],
    [1735787045007, "2025-01-02T03:04:05.007000Z"],
    [1735787045.25, "2025-01-02T03:04:05.250000Z"],
    [253402300799999, "9999-12-31T23:59:59.999000Z"],
    [253402300800000, undefined],
    [-1000, "1969-12-31T23:43:20Z"],
    ["2025-01-02T03:04:05.123Z", "2025-01-02T03:04:05.123000Z"],
    ["2025-01-02T03:04:05.456Z", "2025-01-02T03:04:05.456000Z"],
    ["2025-01-02T03:04:05.000Z", "2025-01-02T03:04:05Z"],
    ["2025-01-02T03:04:05.12xZ", undefined],
    ["9999-12-31T23:59:59-12:00", undefined],
    ["0001-01-01T00:00:00+12:00", undefined],
    ["x".repeat(100), undefined],
  ])("reads %j as %s", (value, expected) => {
    expect(timeText(value)).toBe(expected);
  });

  it("tells the time of a ULID", () => {
    expect(ulidTimeText("01ARZ3NDEKTSV4RRFFQ69G5FAV")).toBe("2016-07-30T23:54:10.259000Z");
    expect(ulidTimeText("7ZZZZZZZZZTSV4RRFFQ69G5FAV")).toBe("9999-12-31T23:59:59.999000Z");
  });
});
