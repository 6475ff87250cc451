import { expect, it } from "vitest";
import { formatInstant } from "../../src/event/instant.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { givenWindow, spannedWindow } from "../../src/report/window.ts";

const utc = { from: undefined, to: undefined, zone: zoneReader("UTC") };
const text = (window: ReturnType<typeof givenWindow>) =>
  window && [formatInstant(window.from), formatInstant(window.to)];

it("is the data's span and a minute on either side where no end is given", () => {
  expect(givenWindow(utc)).toBeUndefined();
  const span = { first: 1_749_556_631_123_456n, last: 1_749_592_050_500_000n };
  const expected = ["2025-06-10T11:56:11.123456Z", "2025-06-10T21:48:30.500000Z"];
  expect(text(spannedWindow(span, new Date(0)))).toEqual(expected);
});

it("has years of four digits, however early and late events are", () => {
  const ends = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] as const;
  const [first, last] = ends.map((end) => BigInt(Date.parse(end)) * 1000n) as [bigint, bigint];
  expect(text(spannedWindow({ first, last }, new Date(0)))).toEqual(ends);
  expect(text(spannedWindow({ first: first - 1n, last: last + 1000n }, new Date(0)))).toEqual(ends);
});

it("is the last day where there is no data", () => {
  const expected = ["2025-11-30T00:00:00Z", "2025-12-01T00:00:00Z"];
  expect(text(spannedWindow(undefined, new Date("2025-12-01")))).toEqual(expected);
});

it("is a day from, or up to, the only end given", () => {
  const day = ["2025-06-10T05:00:00Z", "2025-06-11T05:00:00Z"];
  expect(text(givenWindow({ ...utc, from: "2025-06-10T05:00:00" }))).toEqual(day);
  expect(text(givenWindow({ ...utc, to: new Date("2025-06-11T05:00:00Z") }))).toEqual(day);
});

it.each([
  ["2025-06-10", "2025-06-10T00:00:00Z"],
  ["20250610", "2025-06-10T00:00:00Z"],
  ["20250610T0530", "2025-06-10T05:30:00Z"],
  ["20250610T053000.25Z", "2025-06-10T05:30:00.250000Z"],
  ["2025-06-10T05", "2025-06-10T05:00:00Z"],
  ["2025-06-10T05:30:00-0500", "2025-06-10T10:30:00Z"],
  ["2025-06-10T05:30-05", "2025-06-10T10:30:00Z"],
  ["2025-06-10 05:30:00+05:30", "2025-06-10T00:00:00Z"],
  ["2025-W24-2", "2025-06-10T00:00:00Z"],
  ["2025W242T0530", "2025-06-10T05:30:00Z"],
  ["2025-W24", "2025-06-09T00:00:00Z"],
  ["2020-W53-7", "2021-01-03T00:00:00Z"],
  ["2025-W01-1", "2024-12-30T00:00:00Z"],
])("reads %s as Python does", (written, meant) => {
  expect(text(givenWindow({ ...utc, from: written }))?.[0]).toBe(meant);
});

it("reads naive times in the zone it is told", () => {
  const chicago = { ...utc, zone: zoneReader("America/Chicago") };
  expect(text(givenWindow({ ...chicago, from: "2025-06-10T00:00:00" }))?.[0]).toBe("2025-06-10T05:00:00Z");
});

it.each(["tomorrow", "", "2025-13-01", "2025-W53-1", "2025-W00-1", "2025-06-31", "2025-06-10T25:00", "2025-06"])(
  "refuses %j by the option's name",
  (written) => {
    expect(() => givenWindow({ ...utc, from: written })).toThrow(
      expect.objectContaining({
        code: "EVT_INVALID_OPTION",
        message: expect.stringContaining("from is no time"),
        issues: [expect.objectContaining({ loc: ["from"] })],
      }),
    );
  },
);

it("refuses an empty and a reversed window, and a Date that is none", () => {
  const [early, late] = ["2025-06-10T05:00:00", "2025-06-10T05:00:00.000001"];
  expect(givenWindow({ ...utc, from: early, to: late })).toBeDefined();
  const message = "before its end: 2025-06-10T05:00:00.000001Z is not before 2025-06-10T05:00:00Z";
  expect(() => givenWindow({ ...utc, from: late, to: early })).toThrow(message);
  expect(() => givenWindow({ ...utc, from: early, to: early })).toThrow("before its end");
  expect(() => givenWindow({ ...utc, from: new Date(Number.NaN) })).toThrow("from is no time");
});
