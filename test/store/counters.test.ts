/** What counters say of events. */
import { expect, it } from "vitest";
import { Counters } from "../../src/store/counters.ts";

it("names an unknown type so that nothing in it is hidden or turns what follows", () => {
  const warnings: string[] = [];
  new Counters((message) => warnings.push(message)).unknownType("a\u202eb\u200bc\u0085\u2028é");
  expect(warnings).toEqual([
    expect.stringMatching(/^event type "a\\u\{202e\}b\\u\{200b\}c\\u\{85\}\\u\{2028\}é" is not one MADSci knows/),
  ]);
});
