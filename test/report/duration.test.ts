import { expect, it } from "vitest";
import { durationDisplay, durationParts } from "../../src/report/duration.ts";

it("tells a length in every unit, with the digits of MADSci", () => {
  expect(durationParts(10_458_548_635)).toEqual({
    display: "2.9h",
    seconds: 10458.548635,
    minutes: 174.30914391666664,
    hours: 2.905152398611111,
    primary_unit: "hours",
    primary_value: 2.905152398611111,
  });
});

it("has its keys in MADSci's order", () => {
  const keys = ["display", "seconds", "minutes", "hours", "primary_unit", "primary_value"];
  expect(Object.keys(durationParts(1))).toEqual(keys);
});

it.each([
  [0, "0.0s", "0.0 seconds"],
  [59_999_999, "60.0s", "60.0 seconds"],
  [60_000_000, "1.0m", "1.0 minutes"],
  [3_599_999_999, "60.0m", "60.0 minutes"],
  [3_600_000_000, "1.0h", "1.0 hours"],
  [2_735_644_336, "45.6m", "45.6 minutes"],
  [-90_000_000, "-90.0s", "-90.0 seconds"],
])("changes unit at a minute and at an hour: %d µs", (length, short, long) => {
  expect(durationParts(length).display).toBe(short);
  expect(durationDisplay(length)).toBe(long);
});

it("takes ties to even", () => {
  expect(durationParts(250_000).display).toBe("0.2s");
  expect(durationParts(750_000).display).toBe("0.8s");
});

it("has a word for what still goes on", () => {
  expect(durationDisplay(null)).toBe("Ongoing");
});
