import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOffset, parseJson, stringifyJson } from "../../src/event/json.ts";

describe("parseJson and stringifyJson", () => {
  it("agrees with JSON on everything JSON can do", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(stringifyJson(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it("keeps integers beyond 2^53 digit by digit", () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.string(), (big, text) => {
        const json = `{"a":[${big}],"b":${JSON.stringify(text)},"c":{"d":-${2n ** 64n}}}`;
        expect(stringifyJson(parseJson(json))).toBe(json);
      }),
    );
  });

  it("leaves long digit runs in strings, fractions and exponents alone", () => {
    const text = '{"s":"12345678901234567890","f":0.12345678901234567,"e":12345678901234567890e3,"n":1234567890123456}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("reads Python's NaN and Infinity as null, outside strings only", () => {
    expect(parseJson('{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN, Infinity"}')).toEqual({
      a: null,
      b: [null, null],
      c: "NaN, Infinity",
    });
    expect(parseJson('[NaN,12345678901234567890,"NaN"]')).toEqual([null, 12345678901234567890n, "NaN"]);
  });

  it("never takes a sender's text for an integer", () => {
    const text = '["\\u0001int:5", 12345678901234567890]';
    expect(parseJson(text)).toEqual(["\u0001int:5", 12345678901234567890n]);
  });

  it("keeps __proto__ an ordinary key and the last of equal keys", () => {
    expect(Object.keys(parseJson('{"__proto__":{"x":1},"a":1,"a":2}') as object)).toEqual(["__proto__", "a"]);
    expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
  });

  it("says where malformed text went wrong", () => {
    const offset = (text: string) => {
      try {
        parseJson(text);
      } catch (error) {
        return errorOffset(error, text);
      }
      return undefined;
    };
    expect(offset('{"a":1,}')).toBe(7);
    expect(offset("{} {}")).toBe(3);
    expect(offset("{")).toBe(1);
  });
});
