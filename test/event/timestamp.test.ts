import { describe, expect, it } from "vitest";
import { formatInstant } from "../../src/event/instant.ts";
import { parseTimestamp, type Timestamp } from "../../src/event/timestamp.ts";
import { zoneReader } from "../../src/event/zone.ts";

const utc = zoneReader("UTC");
const read = (input: string | number, zone = utc) => parseTimestamp(input, zone) as Timestamp;
const instant = (input: string | number, zone?: string) =>
  formatInstant(read(input, zone ? zoneReader(zone) : utc).instant);

describe("parseTimestamp", () => {
  it.each([
    ["2025-01-01T10:00:00", "2025-01-01T10:00:00"],
    ["2025-01-01T10:00:00Z", "2025-01-01T10:00:00Z"],
    ["2025-01-01T10:00:00+00:00", "2025-01-01T10:00:00Z"],
    ["2025-01-01T10:00:00-00:00", "2025-01-01T10:00:00Z"],
    ["2025-01-01t10:00:00z", "2025-01-01T10:00:00Z"],
    ["2025-01-01T10:00Z", "2025-01-01T10:00:00Z"],
    ["2025-01-01T10:00", "2025-01-01T10:00:00"],
    ["2025-01-01 10:00:00.5+05:30", "2025-01-01T10:00:00.500000+05:30"],
    ["2025-01-01T10:00:00-0800", "2025-01-01T10:00:00-08:00"],
    ["2025-01-01T10:00:00,5Z", "2025-01-01T10:00:00.500000Z"],
    ["2025-01-01_10:00:00Z", "2025-01-01T10:00:00Z"],
    ["2025-01-01", "2025-01-01T00:00:00"],
    ["2025-01-01T10:00:00.123456789", "2025-01-01T10:00:00.123456"],
    ["2025-01-01T10:00:00.000Z", "2025-01-01T10:00:00Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
    ["1735725600", "2025-01-01T10:00:00Z"],
    ["1735725600.5", "2025-01-01T10:00:00.500000Z"],
    [1735725600.25, "2025-01-01T10:00:00.250000Z"],
    [1735725600000, "2025-01-01T10:00:00Z"],
    [1735725600123.456, "2025-01-01T10:00:00.123456Z"],
    [20000000000, "2603-10-11T11:33:20Z"],
    [20000000001, "1970-08-20T11:33:20.001000Z"],
    [-1.5, "1969-12-31T23:59:58.500000Z"],
  ])("keeps %j as %s", (input, text) => {
    expect(read(input).text).toBe(text);
  });

  it.each([
    "20250101T000000Z",
    "2025-01-01T24:00:00",
    "2025-01-01 10:00:00 +0000",
    "2025-W01-1",
    "2025-001",
    "",
    "2025-02-29",
    "2025-01-01T10:00:00+24:00",
    "now",
    "2025-1-1",
    "2025-13-01",
    "2025-01-01T10:60:00",
    "10000-01-01T00:00:00Z",
    "2025/01/01",
    "0000-01-01",
    "2025-01-01T10:00:60",
    1e30,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])("refuses %j with a reason", (input) => {
    expect(typeof parseTimestamp(input, utc)).toBe("string");
  });

  it("derives the instant to the microsecond, also where a double could not hold it", () => {
    expect(read("9999-12-31T23:59:59.999999Z").instant).toBe(253_402_300_799_999_999n);
    expect(instant("2603-10-11T13:33:20.000001+02:00")).toBe("2603-10-11T11:33:20.000001Z");
    expect(instant("1969-12-31T23:59:59.999999Z")).toBe("1969-12-31T23:59:59.999999Z");
  });

  it("reads naive text in the given zone, daylight saving included", () => {
    expect(instant("2025-07-01T12:00:00", "America/Chicago")).toBe("2025-07-01T17:00:00Z");
    expect(instant("2025-01-01T12:00:00", "America/Chicago")).toBe("2025-01-01T18:00:00Z");
    expect(instant("2025-01-01T12:00:00.000007", "Asia/Kathmandu")).toBe("2025-01-01T06:15:00.000007Z");
  });

  it("takes the first of two equal readings and the old offset inside a gap, as Python does", () => {
    expect(instant("2025-11-02T01:30:00", "America/Chicago")).toBe("2025-11-02T06:30:00Z");
    expect(instant("2025-03-09T02:30:00", "America/Chicago")).toBe("2025-03-09T08:30:00Z");
    expect(instant("2025-04-06T01:45:00", "Australia/Lord_Howe")).toBe("2025-04-05T14:45:00Z");
  });
});
