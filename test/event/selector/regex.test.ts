import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { createEvent } from "../../../src/event/parse.ts";
import { matches } from "../../../src/event/selector/matches.ts";
import { compileRegex, literalOf } from "../../../src/event/selector/regex.ts";

const event = (message: unknown) => createEvent({ _id: "e", event_type: "log_error", event_data: { message } });
const finds = (condition: unknown, message: unknown) => matches({ "event_data.message": condition }, event(message));

describe("$regex", () => {
  it.each<[unknown, unknown[], unknown[]]>([
    [{ $regex: "clot" }, ["a clot", "clot", ["x", "clots"]], ["CLOT", 5, null, [["clot"]], { clot: 1 }]],
    [{ $regex: "^clot" }, ["clots"], ["a clot", "x\nclot"]],
    [{ $regex: "^clot$" }, ["clot"], ["clots", "clot\n"]],
    [{ $regex: "clot", $options: "i" }, ["A CLOT"], ["blot"]],
    [{ $regex: "^b$", $options: "m" }, ["a\nb\nc"], ["a\nbc"]],
    [{ $regex: "^b", $options: "m" }, ["a\nbc"], ["ab"]],
    [{ $regex: "a.b" }, ["axb"], ["a\nb"]],
    [{ $regex: "a.b", $options: "s" }, ["a\nb"], ["ab"]],
    [{ $regex: "A.B", $options: "ims" }, ["a\nb"], []],
    [{ $regex: "a\\.b\\*" }, ["xa.b*y"], ["axb*"]],
    [{ $regex: "^(?:a|b)+c?$" }, ["abab", "bc"], ["", "c"]],
    [{ $regex: "" }, ["", "x"], [5, null]],
    [{ $regex: "é|😀" }, ["caf\u00e9", "😀"], ["e"]],
    [/\u0041[\d]/, ["A1"], ["a1"]],
    [/(?<year>\d{4})/, ["in 2025"], ["in 20"]],
    [{ $not: { $regex: "x" } }, ["y", 5], ["x"]],
  ])("%o", (condition, accepted, rejected) => {
    for (const message of accepted) expect([message, finds(condition, message)]).toEqual([message, true]);
    for (const message of rejected) expect([message, finds(condition, message)]).toEqual([message, false]);
  });

  it("keeps no state between two uses", () => {
    for (let i = 0; i < 3; i++) expect(finds(/o[a-z]/, "clots")).toBe(true);
  });

  it("stays linear on patterns that ruin backtracking engines", () => {
    const begun = performance.now();
    for (const $regex of ["(a+)+$", "^(a|a)*$", "(.*a){12}b", "(a?){50}a{50}c"]) {
      expect(finds({ $regex }, `${"a".repeat(50_000)}!`)).toBe(false);
    }
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe("literalOf", () => {
  it.each([
    ["clot", { text: "clot", anchored: "none", exact: true }],
    ["^clot", { text: "clot", anchored: "start", exact: true }],
    ["^a\\.b$", { text: "a.b", anchored: "whole", exact: true }],
    ["clot$", { text: "clot", anchored: "none", exact: false }],
    ["clot.*pressure", { text: "pressure", anchored: "none", exact: false }],
    ["ab?cd+e{2}", { text: "cd", anchored: "none", exact: false }],
    ["(foo|bar)_done", { text: "_done", anchored: "none", exact: false }],
    ["(foo)?x", { text: "x", anchored: "none", exact: false }],
    ["foo|bar", undefined],
    ["[abc]", undefined],
    ["(?i)clot", undefined],
    ["(?i:x)clot", undefined],
    ["\\Qa.b\\E", undefined],
    ["a*", undefined],
  ])("finds in %s what every match must hold", (pattern, expected) => {
    expect(literalOf({ pattern, flags: "" })).toEqual(expected);
  });

  it("promises nothing when case does not count, and no anchor when lines do", () => {
    expect(literalOf({ pattern: "clot", flags: "i" })).toBeUndefined();
    expect(literalOf({ pattern: "^clot", flags: "m" })).toEqual({ text: "clot", anchored: "none", exact: false });
    expect(literalOf({ pattern: "clot", flags: "ms" })).toEqual({ text: "clot", anchored: "none", exact: true });
  });

  it("never leaves out a text the bare regular expression finds, nor adds one", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "ab",
      "\\.",
      ".",
      "a?",
      "b*",
      "a+",
      "b{2}",
      "[ab]",
      "(a|b)",
      "(ab)?",
      "^",
      "$",
      "|",
      "\\d",
      "1",
      "(?:b)",
      "\\-",
      "[^a]",
      "a{0,1}",
      "(a(b|1)a)",
    );
    const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", ".", "1", "-", "\n"), maxLength: 8 }), {
      minLength: 20,
      maxLength: 20,
    });
    const flags = fc.constantFrom("", "", "m", "s", "i", "ims");
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), flags, texts, (pieces, given, candidates) => {
        const pattern = pieces.join("");
        const bits =
          (given.includes("i") ? RE2JS.CASE_INSENSITIVE : 0) |
          (given.includes("m") ? RE2JS.MULTILINE : 0) |
          (given.includes("s") ? RE2JS.DOTALL : 0);
        let bare: RE2JS;
        try {
          bare = RE2JS.compile(pattern, bits);
        } catch {
          return;
        }
        const ours = compileRegex({ pattern, flags: given });
        for (const text of candidates)
          expect([pattern, text, ours(text)]).toEqual([pattern, text, bare.matcher(text).find()]);
      }),
      { numRuns: process.env.FUZZ ? 50_000 : 1000 },
    );
  }, 300_000);
});
