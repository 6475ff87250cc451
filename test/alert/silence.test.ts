/** Silences: when they hold, what they reach, and what is said when they end. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { windowEnd } from "../../src/alert/day-window.ts";
import type { Group } from "../../src/alert/group.ts";
import type { Silence, Weekly } from "../../src/alert/incident.ts";
import { readySilence, silenceHolds, silenceUntil } from "../../src/alert/silence.ts";
import { tick } from "../../src/alert/tick.ts";
import { unsilence } from "../../src/alert/unsilence.ts";
import { incidentOf } from "../../src/alert/view.ts";
import { quietWorld } from "../../src/alert/world.ts";
import { Bench, condition, DAY, HOUR, MINUTE, NODE, ruleOf, T0 } from "./lab.ts";

const steady = ruleOf({}, { resolveAfterMs: null });

function silence(change: Partial<Silence> = {}): Silence {
  return {
    silence_id: "s1",
    selector: { "source.node_id": NODE },
    starts_at: new Date(T0).toISOString(),
    ends_at: new Date(T0 + HOUR).toISOString(),
    author: "ada",
    comment: "maintenance",
    weekly: null,
    ...change,
  };
}

describe("silences", () => {
  const world = { silences: [readySilence(silence())] };
  it("events count and show, but nothing is said", () => {
    const bench = new Bench(steady, world)
      .event()
      .advance(10 * MINUTE)
      .event();
    expect(bench.said()).toEqual([]);
    expect(incidentOf(bench.group)).toMatchObject({ total: 2, silenced_by: "s1", state: "firing" });
  });
  it("their end gives each receiver one summary of all incidents under them, and then things go on", () => {
    const other = { ...ruleOf({}, { id: "q", receivers: ["ops", "boss"] }) };
    const benches = [new Bench(steady, world), new Bench(steady, world), new Bench(other, world)];
    for (const bench of benches) bench.event().advance(HOUR).tick();
    expect(benches.flatMap((bench) => bench.said())).toEqual([]);
    const rules = new Map([
      ["r", steady],
      ["q", { ...other, resolveAfterMs: null }],
    ]);
    const live = benches.map(({ group }) => group);
    const { groups, drafts } = unsilence(live, "s1", { rules, world: { ...quietWorld, ...world }, nowMs: T0 + HOUR });
    expect(drafts.map(({ occasion, receivers, others }) => [occasion, receivers[0], others.length])).toEqual([
      ["unsilenced", "ops", 1],
    ]);
    expect(groups).toHaveLength(2);
    const after = tick(groups[0] as Group, { rule: steady, world: quietWorld, nowMs: T0 + HOUR + MINUTE });
    expect(after.drafts).toEqual([]);
    expect(after.dueMs).toBe(T0 + HOUR + 4 * HOUR);
  });
  it("without a summary a group speaks for itself a minute after the end", () => {
    const bench = new Bench(steady, world).event().advance(2 * HOUR);
    expect(bench.said()).toEqual([`firing@${3600 + 60}`]);
  });
  it("ended by hand end at once; one that is gone keeps nothing quiet", () => {
    const bench = new Bench(steady, world).event().advance(10 * MINUTE);
    bench.world = {
      ...bench.world,
      silences: [readySilence(silence({ ends_at: new Date(bench.nowMs).toISOString() }))],
    };
    expect(
      bench
        .tick()
        .advance(2 * MINUTE)
        .said(),
    ).toEqual(["firing@660"]);
    const gone = new Bench(steady, world).event().advance(10 * MINUTE);
    gone.world = quietWorld;
    expect(gone.tick().said()).toEqual(["firing@600"]);
  });
  it("do not reach incidents their selector does not accept", () => {
    for (const selector of [
      { severity: "critical" },
      { rule: "x" },
      { "labels.source.node_id": "other" },
      { "event_data.message": /nothing/ },
    ]) {
      const bench = new Bench(steady, { silences: [readySilence(silence({ selector: selector as never }))] }).event();
      expect(bench.advance(MINUTE).said()).toEqual(["firing@30"]);
    }
  });
  it("may name rule, severity, state, labels and the newest event's fields", () => {
    for (const selector of [
      { severity: "error" },
      { rule: "r" },
      { state: "firing" },
      { "labels.source.node_id": NODE },
      { event_type: "node_error" },
      { "event_data.message": { $regex: "gripper" } },
      { log_level: { $gte: 40 } },
      {},
    ]) {
      const bench = new Bench(steady, {
        silences: [readySilence(silence({ selector: selector as Silence["selector"] }))],
      }).event();
      expect(bench.advance(MINUTE).said()).toEqual([]);
    }
  });
  it("reach an incident without events by its labels", () => {
    const rule = ruleOf({ kind: "absence", select: condition({}), withinMs: MINUTE, during: null, forgetMs: DAY });
    const bench = new Bench(rule, world).event().advance(30 * MINUTE);
    expect(bench.state).toBe("firing");
    expect(bench.said()).toEqual([]);
  });
});

describe("weekly silences", () => {
  it("may cover a whole day, to its end", () => {
    const sunday = { days: [0], from: "00:00", to: "24:00", timezone: "Europe/Berlin" };
    const one = silence({ starts_at: "2026-03-01T00:00:00Z", ends_at: "2026-04-30T00:00:00Z", weekly: sunday });
    const until = (iso: string) => silenceUntil(one, Date.parse(iso));
    // The night in which Berlin goes from +01:00 to +02:00.
    expect(until("2026-03-28T22:59:59.999Z")).toBeNull();
    expect(until("2026-03-28T23:00:00Z")).toBe(Date.parse("2026-03-29T22:00:00Z"));
    expect(until("2026-03-29T21:59:59.999Z")).toBe(Date.parse("2026-03-29T22:00:00Z"));
    expect(until("2026-03-29T22:00:00Z")).toBeNull();
  });
  const weekly: Weekly = { days: [1, 2], from: "22:00", to: "06:00", timezone: "Europe/Berlin" };
  const forMonths = silence({ starts_at: "2026-03-01T00:00:00.000Z", ends_at: "2026-12-01T00:00:00.000Z", weekly });
  it.each([
    ["2026-03-02T20:59:59.999Z", false],
    ["2026-03-02T21:00:00.000Z", true],
    ["2026-03-03T04:59:59.999Z", true],
    ["2026-03-03T05:00:00.000Z", false],
    ["2026-03-04T04:00:00.000Z", true],
    ["2026-03-04T22:00:00.000Z", false],
    ["2026-06-01T20:00:00.000Z", true],
    ["2026-06-01T19:59:59.999Z", false],
    ["2026-12-07T22:00:00.000Z", false],
  ])("at %s it is %s", (at, holds) => expect(silenceHolds(forMonths, Date.parse(at))).toBe(holds));
  it("follow the clocks over the change of daylight saving", () => {
    const night = { from: "01:00", to: "04:00", timezone: "Europe/Berlin" };
    const spring = Date.parse("2026-03-29T00:30:00Z");
    expect(windowEnd(night, spring)).toBe(Date.parse("2026-03-29T02:00:00Z"));
    const autumn = Date.parse("2026-10-24T23:30:00Z");
    expect(windowEnd(night, autumn)).toBe(Date.parse("2026-10-25T03:00:00Z"));
  });
  it("days that follow on each other are one window, as long as the silence lasts", () => {
    const always = silence({
      weekly: { days: [0, 1, 2, 3, 4, 5, 6], from: "00:00", to: "00:00", timezone: "UTC" },
      ends_at: new Date(T0 + 20 * DAY).toISOString(),
    });
    expect(silenceUntil(always, T0)).toBe(T0 + 20 * DAY);
  });
  it("hold exactly until they say they do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 * 24 * 60 }),
        fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"),
        (minute, timezone) => {
          const one = { ...forMonths, weekly: { ...weekly, timezone } };
          const atMs = T0 + minute * MINUTE;
          const untilMs = silenceUntil(one, atMs);
          if (untilMs === null) return;
          expect(silenceHolds(one, untilMs - 1)).toBe(true);
          expect(silenceHolds(one, untilMs)).toBe(false);
        },
      ),
      { numRuns: process.env.FUZZ ? 5000 : 200 },
    );
  });
});
