import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLine } from "../../src/event/line-json.ts";
import { scanEnds, TAIL_SIZE } from "../../src/event/line-long.ts";

const KEYS = ["level", "time", "msg"];
const scan = (line: string, messageKey = "msg") =>
  scanEnds({ head: line, tail: line.slice(-TAIL_SIZE), keys: KEYS, messageKey });
const LONG = "x".repeat(20_000);

describe("scanEnds", () => {
  it("reads the whole members at the beginning and the message at the end", () => {
    const fields = { level: 50, s: ',"a":1', o: { a: [1, { b: "}" }] }, n: null };
    expect(scan(JSON.stringify({ ...fields, t: LONG, msg: 'a "b",\\' }))).toEqual({ ...fields, msg: 'a "b",\\' });
    expect(scan(`\ufeff { "level" : 50 , "n" : NaN , "t" : "${LONG}" , "msg" : "m" } \r\n`)).toEqual({
      ...{ level: 50, n: null, msg: "m" },
    });
    expect(scan(`{"i":9007199254740993,"t":"${LONG}"}`)).toEqual({ i: 9007199254740993n });
  });

  it("takes no key of a nested object where the beginning is JSON", () => {
    expect(scan(`{"a":1,"o":{"level":50,"msg":"inner","t":"${LONG}","msg":"inner"}}`)).toEqual({ a: 1 });
    expect(scan(`{"a":1,"t":"${LONG},\\"msg\\":\\"no\\"}"}`)).toEqual({ a: 1 });
  });

  it("prefers a message among the leading fields, then the last member, then the beginning of a long one", () => {
    expect(scan(`{"msg":"first","a":1,"t":"${LONG}","msg":"last"}`)).toMatchObject({ msg: "first" });
    expect(scan(`{"a":1,"msg":"${LONG}","b":2}`)).toEqual({ a: 1, msg: expect.stringMatching(/^x{4000,}$/) });
    expect(scan(`{"msg":"${LONG}"}`)).toEqual({ msg: expect.stringMatching(/^x{4000,}$/) });
    expect(scan(`{"t":"${LONG}","msg":"last"}`)).toEqual({ msg: "last" });
    expect(scan(`{"t":"${LONG}","a.b*[\\"":"last"}`, 'a.b*["')).toEqual({ 'a.b*["': "last" });
  });

  it("finds what precedes broken JSON, and searches the rest", () => {
    expect(scan(`{"a":1,"b":2,"c":nope,"d":4,"level":50,"t":"${LONG}`)).toEqual({ a: 1, b: 2, level: 50 });
    expect(scan(`{"a":nope,"level":50,"t":"${LONG}`)).toEqual({ level: 50 });
    expect(scan("text")).toBeUndefined();
  });

  it("keeps own keys with the names of prototypes", () => {
    const fields = scan(`{"__proto__":{"x":1},"t":"${LONG}","__proto__":"m"}`, "__proto__") as object;
    expect(Object.keys(fields)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });

  it("agrees with the reading of the whole line on every leading member", () => {
    const members = fc.dictionary(fc.string({ unit: "binary", maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), {
      maxKeys: 8,
    });
    fc.assert(
      fc.property(members, (given) => {
        const { msg: _gone, t: _too, ...fields } = given;
        const line = JSON.stringify({ ...fields, t: LONG, msg: "m" });
        if (line.indexOf(LONG) > 8000) return;
        const { t: _long, ...expected } = readLine(line)?.fields ?? {};
        expect(scan(line)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["commas", `{${",".repeat(9000)}`],
    ["braces", "{".repeat(9000)],
    ["brackets", `{"a":1,"b":${"[".repeat(9000)}`],
    ["quotes", `{${'"'.repeat(9001)}`],
    ["escapes", `{"a":"${"\\".repeat(9001)}`],
    ["members that break late", `{${'"a":1,'.repeat(1300)}"a":x,${'"a":1,'.repeat(1000)}`],
    ["message keys", `{"t":"${LONG}${',"msg":"'.repeat(1000)}`],
    ["commas and blanks at the end", `{"t":"${LONG}"${",    ".repeat(1000)}`],
    ["escaped quotes at the end", `{"t":"${LONG}","msg":"${'\\"'.repeat(1500)}}`],
    ["control characters in the message", `{"t":"${LONG}","msg":"a\u0001b"}`],
  ])("is done in moments with %s", (_what, line) => {
    const start = performance.now();
    for (let i = 0; i < 10; i++) expect(() => scan(line)).not.toThrow();
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
