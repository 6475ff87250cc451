/** The comparison finds what it is there to find. */
import { expect, it } from "vitest";
import { differences, unexcused } from "./golden.ts";

const theirs = { a: 1.5, list: [{ name: "x" }], none: null };
const paths = (ours: unknown) => differences(ours, theirs).map(({ path }) => path);

it("takes equal values, numbers to a relative 1e-9, and documented keys at the end", () => {
  expect(paths({ a: 1.5 + 1e-10, list: [{ name: "x" }], none: null, skipped_events: 0 })).toEqual([]);
});

it.each([
  ["a number", { ...theirs, a: 1.50001 }, ".a"],
  ["a text", { ...theirs, list: [{ name: "y" }] }, ".list[0].name"],
  ["a length", { ...theirs, list: [] }, ".list"],
  ["null and 0", { ...theirs, none: 0 }, ".none"],
  ["an order of keys", { list: theirs.list, a: 1.5, none: null }, "{keys}"],
  ["a key nobody documented", { ...theirs, more: 1 }, "{keys}"],
  ["a new key among theirs", { skipped_events: 0, ...theirs }, "{keys}"],
])("finds %s that differs", (_, ours, path) => {
  expect(paths(ours)).toEqual([path]);
});

it("finds a key that is missing", () => {
  expect(paths({ a: 1.5, none: null })).toContain(".list");
});

it("excuses a path only as far as it was told", () => {
  const found = differences({ ...theirs, a: 1.6 }, theirs);
  expect(unexcused(found, [{ at: /^\.a$/, why: "rounded", within: 0.1 }])).toEqual([]);
  expect(unexcused(found, [{ at: /^\.a$/, why: "rounded", within: 0.05 }])).toEqual(found);
  expect(unexcused(found, [{ at: /^\.b$/, why: "another" }])).toEqual(found);
  expect(unexcused(found, [{ at: /^\.a$/, why: "was null", theirs: null }])).toEqual(found);
});
