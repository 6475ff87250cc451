/** When backups are made by themselves; time is moved by the pauses. */
import { describe, expect, it } from "vitest";
import { isCron, nextTimes, startSchedule, zonedText } from "../../src/backup/schedule.ts";

interface World {
  /** When a backup was made. */
  readonly made: string[];
  readonly troubles: unknown[];
}

interface Given {
  readonly cron?: string;
  readonly zone?: string;
  readonly start: string;
  /** The clock's last time. */
  readonly end: string;
  readonly newest?: string;
  readonly random?: number;
  /** Of backups others make, by the time at which they are there. */
  readonly others?: readonly string[];
  readonly fails?: boolean;
  readonly tookMs?: number;
}

async function lived(given: Given): Promise<World> {
  const { cron = "0 3 * * *", zone = "UTC", others = [], random = 0, tookMs = 0 } = given;
  const world: World = { made: [], troubles: [] };
  const endMs = Date.parse(given.end);
  let nowMs = Date.parse(given.start);
  const iso = () => new Date(nowMs).toISOString();
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const schedule = startSchedule({
    ...{ cron, zone, now: () => new Date(nowMs), random: () => random },
    newest: async () => {
      const there = [...others.filter((time) => time <= iso()), ...(given.newest ? [given.newest] : [])];
      const last = [...there, ...(given.fails ? [] : world.made)].sort().at(-1);
      return last === undefined ? undefined : new Date(last);
    },
    run: async () => {
      world.made.push(iso());
      nowMs += tookMs;
      if (given.fails) throw new Error("disk full");
    },
    onTrouble: (error) => world.troubles.push(error),
    pause: async (ms, signal) => {
      nowMs += ms;
      if (nowMs <= endMs) return;
      end();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  await ended;
  await schedule.close();
  return world;
}

const DAY = { newest: "2026-03-04T03:00:01.000Z", start: "2026-03-04T12:00:00.000Z" };

describe("a schedule", () => {
  it("makes a backup at each of its times", async () => {
    const { made } = await lived({ ...DAY, end: "2026-03-07T00:00:00.000Z" });
    expect(made).toEqual(["2026-03-05T03:00:00.000Z", "2026-03-06T03:00:00.000Z"]);
  });

  it("reads its times in its zone, also when clocks are put on", async () => {
    const { made } = await lived({
      ...{ zone: "Europe/Berlin", newest: "2026-03-28T03:00:00.000Z", start: "2026-03-28T12:00:00.000Z" },
      end: "2026-03-31T00:00:00.000Z",
    });
    expect(made).toEqual(["2026-03-29T01:00:00.000Z", "2026-03-30T01:00:00.000Z"]);
  });

  it("makes up a missed one at start, once, however many were missed", async () => {
    const { made } = await lived({
      ...{ newest: "2026-02-01T03:00:00.000Z", start: "2026-03-04T12:00:00.000Z" },
      end: "2026-03-05T00:00:00.000Z",
    });
    expect(made).toEqual(["2026-03-04T12:00:00.000Z"]);
  });

  it("begins with a backup where there is none", async () => {
    const { made } = await lived({ start: "2026-03-04T12:00:00.000Z", end: "2026-03-05T00:00:00.000Z" });
    expect(made).toEqual(["2026-03-04T12:00:00.000Z"]);
  });

  it("leaves out a time for which another process has made one", async () => {
    const { made } = await lived({
      ...{ ...DAY, random: 1, others: ["2026-03-05T03:00:04.000Z"] },
      end: "2026-03-07T00:00:00.000Z",
    });
    expect(made).toEqual(["2026-03-06T03:00:30.000Z"]);
  });

  it("jitters by a tenth of its span at most", async () => {
    const { made } = await lived({
      ...{ cron: "* * * * *", random: 1, newest: "2026-03-04T12:00:00.000Z", start: "2026-03-04T12:00:30.000Z" },
      end: "2026-03-04T12:02:30.000Z",
    });
    expect(made).toEqual(["2026-03-04T12:01:06.000Z", "2026-03-04T12:02:06.000Z"]);
  });

  it("takes no notice of a backup from the future", async () => {
    const { made } = await lived({
      ...{ newest: "2027-01-01T00:00:00.000Z", start: "2026-03-04T12:00:00.000Z" },
      end: "2026-03-05T12:00:00.000Z",
    });
    expect(made).toEqual(["2026-03-05T03:00:00.000Z"]);
  });

  it("goes on after a failure, and tells of it", async () => {
    const { made, troubles } = await lived({ ...DAY, end: "2026-03-07T00:00:00.000Z", fails: true });
    expect([made.length, troubles]).toEqual([2, [new Error("disk full"), new Error("disk full")]]);
  });

  it("leaves out times that pass while a backup is made", async () => {
    const { made } = await lived({
      ...{ cron: "0 * * * *", newest: "2026-03-04T12:00:00.000Z", start: "2026-03-04T12:30:00.000Z" },
      ...{ tookMs: 2.5 * 3_600_000, end: "2026-03-04T16:30:00.000Z" },
    });
    expect(made).toEqual(["2026-03-04T13:00:00.000Z", "2026-03-04T16:00:00.000Z"]);
  });

  it("ends while it waits, and keeps no process alive", async () => {
    const never = () => Promise.reject(new Error("not now"));
    const newest = async () => new Date();
    const facts = { cron: "0 3 * * *", zone: "UTC", newest, run: never, onTrouble: () => {} };
    await startSchedule({ ...facts, now: () => new Date() }).close();
  });
});

it.each([
  ["0 3 * * *", true],
  ["*/5 * * * * *", true],
  ["@daily", true],
  ["0 3 * *", false],
  ["61 3 * * *", false],
  ["0 0 30 2 *", false],
  ["daily", false],
  ["0 0 3 * * * 2099", false],
  ["", false],
])("%j is a cron line that comes true: %s", (line, expected) => {
  expect(isCron(line)).toBe(expected);
});

it.each([
  ["2026-07-04T01:00:00Z", "Europe/Berlin", "2026-07-04T03:00:00+02:00 (01:00:00 UTC)"],
  ["2026-01-01T02:30:00Z", "America/New_York", "2025-12-31T21:30:00-05:00 (02:30:00 UTC)"],
  ["2026-01-01T00:00:00Z", "Asia/Kolkata", "2026-01-01T05:30:00+05:30 (00:00:00 UTC)"],
  ["2026-01-01T00:00:00Z", "UTC", "2026-01-01T00:00:00Z"],
])("%s in %s is told as %s", (time, zone, text) => {
  expect(zonedText(new Date(time), zone)).toBe(text);
});

it("tells the next times", () => {
  const from = new Date("2026-03-04T12:00:00Z");
  const times = nextTimes("0 3 * * 1", "UTC", { from, count: 2 });
  expect(times.map((time) => time.toISOString())).toEqual(["2026-03-09T03:00:00.000Z", "2026-03-16T03:00:00.000Z"]);
});
