/**
 * python-clocks.json is made with Python's zoneinfo: by zone, at instants of which half lie near a change of the clock: the
 * instant, the reading, and the starts of the hour, day, week and month, all in seconds.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buckets, bucketsInTurns } from "../../src/report/calendar.ts";
import { resolvePeriods } from "../../src/report/options.ts";
import type { AnalysisType } from "../../src/report/periods-shape.ts";
import type { Interval } from "../../src/report/types.ts";
import { wallClock } from "../../src/report/wall-clock.ts";

type Row = readonly [at: number, wall: number, hour: number, day: number, week: number, month: number];
const clocks: Readonly<Record<string, readonly Row[]>> = JSON.parse(
  readFileSync(join(import.meta.dirname, "python-clocks.json"), "utf8"),
);
const HOUR = 3_600e6;
const DAY = 24 * HOUR;
const TYPES = ["hourly", "daily", "weekly", "monthly"] as const satisfies readonly AnalysisType[];
const ZONES = Object.keys(clocks);

const micros = (text: string) => Date.parse(text) * 1000;
const window = (start: string, end: string): Interval => ({ start: micros(start), end: micros(end) });
const utc = (instant: number) => new Date(instant / 1000).toISOString().replace(/:00\.000Z$/, "Z");
const hoursOf = ({ start, end }: Interval) => (end - start) / HOUR;

describe("a calendar agrees with Python's on", () => {
  it.each(ZONES)("%s", (zone) => {
    const clock = wallClock(zone)!;
    const wrong = clocks[zone]!.filter(([at, wall, ...starts]) => {
      const found = TYPES.map((type) => {
        const back = type === "hourly" ? 4 * HOUR : 40 * DAY;
        return buckets({ start: at * 1e6 - back, end: at * 1e6 + 1 }, type, zone).at(-1)!.start / 1e6;
      });
      return clock.read(at * 1e6) !== wall * 1e6 || found.join() !== starts.join();
    });
    expect(wrong).toEqual([]);
  });
});

describe("the buckets of any window", () => {
  const start = fc.integer({ min: micros("1971-01-01T00:00Z"), max: micros("2037-01-01T00:00Z") });
  const windows = fc
    .tuple(start, fc.constantFrom(...TYPES), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([from, type, share]) => {
      const most = { hourly: 40 * DAY, daily: 400 * DAY, weekly: 900 * DAY, monthly: 3000 * DAY }[type];
      return { type, window: { start: from, end: from + 1 + Math.floor(share * most) } };
    });

  it("tile it, and start on the local clock's full hour or midnight unless the clock jumps over it", () => {
    fc.assert(
      fc.property(windows, fc.constantFrom(...ZONES), ({ type, window }, zone) => {
        const found = buckets(window, type, zone);
        const clock = wallClock(zone)!;
        expect(found[0]!.start).toBe(window.start);
        expect(found.at(-1)!.end).toBe(window.end);
        expect(found.every((bucket, at) => at === 0 || bucket.start === found[at - 1]!.end)).toBe(true);
        expect(found.every((bucket) => bucket.start < bucket.end)).toBe(true);
        expect(found.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(window.end - window.start);
        for (const { start, startTime } of found.slice(1)) {
          const meant = micros(`${startTime}Z`);
          const jumped = clock.read(start - 1) < meant && clock.read(start) > meant;
          expect(jumped || clock.read(start) === meant).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("are the same however the window is cut", () => {
    fc.assert(
      fc.property(windows, fc.constantFrom(...ZONES), fc.nat(), ({ type, window }, zone, seed) => {
        const at = window.start + (seed % (window.end - window.start));
        const whole = buckets(window, type, zone);
        const cuts = [
          ...buckets({ start: window.start, end: at }, type, zone),
          ...buckets({ start: at, end: window.end }, type, zone),
        ];
        const starts = (list: readonly Interval[]) => [...new Set([...list.map((b) => b.start), at])].sort();
        expect(starts(cuts)).toEqual(starts(whole));
      }),
      { numRuns: 200 },
    );
  });
});

describe("a day", () => {
  it.each([
    ["America/Chicago", "2025-03-09T06:00Z", 23],
    ["America/Chicago", "2025-11-02T05:00Z", 25],
    ["Australia/Lord_Howe", "2024-10-05T13:30Z", 23.5],
    ["Australia/Lord_Howe", "2024-04-06T13:00Z", 24.5],
    // At midnight the clock goes to one, or from one to midnight.
    ["America/Sao_Paulo", "2018-11-04T03:00Z", 23],
    ["Asia/Beirut", "2022-03-26T22:00Z", 23],
    ["America/Sao_Paulo", "2018-02-17T02:00Z", 25],
    ["America/Havana", "2024-11-03T04:00Z", 25],
    // A minute after midnight the clock goes back to the day before.
    ["America/St_Johns", "2006-10-29T02:30Z", 25],
  ])("of %s that starts %s has its true length", (zone, start, length) => {
    const days = buckets({ start: micros(start) - 1, end: micros(start) + 2 * DAY }, "daily", zone);
    expect(days.map((day) => utc(day.start))).toContain(start);
    expect(hoursOf(days[1]!)).toBe(length);
  });

  it("has no bucket where it never was", () => {
    const dates = buckets(window("2011-12-29T12:00Z", "2012-01-01T00:00Z"), "daily", "Pacific/Apia");
    expect(dates.map(({ date, start }) => [date, utc(start)])).toEqual([
      ["2011-12-29", "2011-12-29T12:00Z"],
      ["2011-12-31", "2011-12-30T10:00Z"],
      ["2012-01-01", "2011-12-31T10:00Z"],
    ]);
  });
});

describe("an hour", () => {
  const hourly = (zone: string, start: string, end: string) =>
    buckets(window(start, end), "hourly", zone).map((bucket) => [bucket.display, hoursOf(bucket)]);

  it("that comes twice is two", () => {
    expect(hourly("America/Chicago", "2025-11-02T05:30Z", "2025-11-02T09:00Z")).toEqual([
      ["2025-11-02 00:00", 0.5],
      ["2025-11-02 01:00", 1],
      ["2025-11-02 01:00", 1],
      ["2025-11-02 02:00", 1],
    ]);
  });

  it("that never comes is none", () => {
    expect(hourly("America/Chicago", "2025-03-09T07:00Z", "2025-03-09T09:00Z")).toEqual([
      ["2025-03-09 01:00", 1],
      ["2025-03-09 03:00", 1],
    ]);
  });

  it("is longer or shorter where the clock moves by half of one", () => {
    expect(hourly("Australia/Lord_Howe", "2024-04-06T14:00Z", "2024-04-06T16:30Z")).toEqual([
      ["2024-04-07 01:00", 1.5],
      ["2024-04-07 02:00", 1],
    ]);
    expect(hourly("Australia/Lord_Howe", "2024-10-05T14:30Z", "2024-10-05T17:00Z")).toEqual([
      ["2024-10-06 01:00", 1],
      ["2024-10-06 02:00", 0.5],
      ["2024-10-06 03:00", 1],
    ]);
  });

  it("is the clock's, whatever the offset", () => {
    expect(hourly("Asia/Kathmandu", "2025-06-10T00:00Z", "2025-06-10T01:30Z")).toEqual([
      ["2025-06-10 05:00", 0.25],
      ["2025-06-10 06:00", 1],
      ["2025-06-10 07:00", 0.25],
    ]);
  });
});

it.each([
  ["hourly", "period", "2025-03-05 06:00", "03/05 06:00", "2025-03-05", "2025-03-05T06:00:00"],
  ["daily", "day", "2025-03-05", "03-05", "2025-03-05", "2025-03-05T00:00:00"],
  ["weekly", "week", "Week of 2025-03-03", "Week 03/03", "2025-03-03", "2025-03-03T00:00:00"],
  ["monthly", "month", "March 2025", "Mar 2025", "2025-03", "2025-03-01T00:00:00"],
] as const)(
  "calls what is %s by the start of the whole unit, clipped or not",
  (analysis, type, display, short, date, startTime) => {
    const clipped = window("2025-03-05T12:20Z", "2025-03-05T12:40Z");
    expect(buckets(clipped, analysis, "America/Chicago")).toEqual([
      { ...clipped, type, display, short, date, startTime },
    ]);
  },
);

describe("a zone", () => {
  const day = window("2025-06-10T05:00Z", "2025-06-11T05:00Z");

  it("may be written in any case, and by an old name", () => {
    const want = buckets(day, "daily", "America/Chicago");
    expect(want).toHaveLength(1);
    for (const name of ["america/chicago", "AMERICA/CHICAGO", "US/Central"])
      expect(buckets(day, "daily", name)).toEqual(want);
  });

  it.each(["Mars/Olympus", "", "+05:00", "-05", "Factory"])("that is none is refused: %j", (name) => {
    expect(() => buckets(day, "daily", name)).toThrow(
      expect.objectContaining({
        code: "EVT_INVALID_OPTION",
        message: `user_timezone "${name}" is not a known IANA time zone`,
      }),
    );
  });
});

describe("periods are limited to 10 000", () => {
  const start = micros("2000-01-01T00:00Z");

  it("and not one fewer", () => {
    expect(buckets({ start, end: start + 10_000 * HOUR }, "hourly", "UTC")).toHaveLength(10_000);
    expect(buckets({ start, end: start + 10_000 * DAY }, "daily", "UTC")).toHaveLength(10_000);
  });

  it.each([
    ["hourly", 10_000 * HOUR + 1, 'analysis_type "hourly" makes some 10001 periods', 'take analysis_type "daily"'],
    ["hourly", 36_525 * DAY, 'analysis_type "hourly" makes some 876600 periods', 'take analysis_type "weekly"'],
    ["daily", 36_525 * DAY, 'analysis_type "daily" makes some 36525 periods', 'take analysis_type "weekly"'],
    ["monthly", 365_250 * DAY, 'analysis_type "monthly" makes some 12000 periods', "shorten the window"],
  ] as const)("and more of them refused at once: %s", (type, length, told, mend) => {
    const began = performance.now();
    expect(() => buckets({ start, end: start + length }, type, "America/Chicago")).toThrow(
      expect.objectContaining({
        code: "EVT_INVALID_OPTION",
        message: expect.stringMatching(new RegExp(`^${told} .*10000.*: .*${mend}$`)),
      }),
    );
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

it("has no period for an empty window", () => {
  for (const type of TYPES) expect(buckets({ start: 5, end: 5 }, type, "UTC")).toEqual([]);
});

describe("in turns", () => {
  const months: Interval = { start: micros("1200-01-01"), end: micros("2000-01-01") };
  const options = (signal?: AbortSignal) => ({
    ...resolvePeriods({ analysisType: "monthly", timezone: "America/Chicago", signal }),
  });

  it("has the same periods, and lets others have theirs in between", async () => {
    let others = 0;
    const timer = setInterval(() => {
      others++;
    }, 1);
    const found = await bucketsInTurns(months, options());
    clearInterval(timer);
    expect(found).toEqual(buckets(months, "monthly", "America/Chicago"));
    expect(others).toBeGreaterThan(1);
  });

  it("stops with the signal", async () => {
    await expect(bucketsInTurns(months, options(AbortSignal.abort(new Error("enough"))))).rejects.toThrow("enough");
  });
});
