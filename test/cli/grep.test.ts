import { describe, expect, test } from "vitest";
import { grep } from "../../src/cli/grep.ts";
import { EventStoreError } from "../../src/errors.ts";

describe("grep", () => {
  const event_data = {
    message: "Clot in line 3",
    plate: "P-17",
    pressure: 2.4,
    count: 12345678901234567890n,
    deep: [{ tip: { ok: true, note: null } }],
  };

  test.each([
    "clot",
    "CLOT",
    "p-17",
    "plate=P-17",
    "pressure",
    "2.4",
    "12345678901234567890",
    "ok=true",
    "null",
    "/^P-\\d+$/",
    "/^p-\\d+$/i",
    "/^tip$/",
    "/line \\d/",
  ])("%s is found", (wanted) => {
    expect(grep(wanted)({ event_data })).toBe(true);
  });

  test.each(["valve", "/^p-\\d+$/", "/^line/", "3 P", "c.ot"])("%s is not", (wanted) => {
    expect(grep(wanted)({ event_data })).toBe(false);
  });

  test("data may be a text, a list or nothing", () => {
    expect(grep("hello")({ event_data: "well, Hello" })).toBe(true);
    expect(grep("b")({ event_data: ["a", "b"] })).toBe(true);
    expect(grep("x")({ event_data: null })).toBe(false);
  });

  test.each(["", "/(/", "/a/g", `/${"a".repeat(257)}/`, "/(?=a)/"])("%j is refused", (wanted) => {
    expect(() => grep(wanted)).toThrow(EventStoreError);
  });

  test("a pattern made to be slow is not", () => {
    expect(grep("/(a+)+$/")({ event_data: `${"a".repeat(5000)}b` })).toBe(false);
  });
});
