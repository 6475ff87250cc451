import { describe, expect, it } from "vitest";
import type { Event } from "../../src/event/event.ts";
import { EventStore } from "../../src/index.ts";
import { periods, type ReportSource, sessions, users } from "../../src/report/index.ts";
import { now, storeOf, windowOf } from "./golden.ts";

const a = "a-single-workcell-day";
const WORKCELL = "01JXBJ5Z00C2BYE2DYKJ73PX8J";

const event = (event_type: string, event_timestamp: string, more: Partial<Event> = {}): Event => ({
  _id: `${event_type}-${event_timestamp}`,
  event_type,
  log_level: 20,
  alert: false,
  event_timestamp,
  source: { workcell_id: WORKCELL },
  event_data: {},
  trace_id: null,
  span_id: null,
  archived: false,
  archived_at: null,
  ...more,
});
const start = event("workcell_start", "2025-06-10T08:00:00");
const stop = event("workcell_stop", "2025-06-10T12:00:00");
const hours = async (source: ReportSource, options = {}) =>
  (await sessions(source, options)).overall_summary.total_session_hours;

describe("a source", () => {
  it("may be a store, its events one by one, or pages of its activities: the report is the same", async () => {
    await using store = await storeOf(a);
    const window = windowOf(a);
    const [from, to] = [new Date(window.from), new Date(window.to)];
    const bounds = { from: BigInt(from.getTime()) * 1000n, to: BigInt(to.getTime()) * 1000n };
    const expected = await periods(store, { from, to, now });
    const oldest = () => store.find({ order: "oldest" });
    expect(await periods(oldest(), { ...window, now })).toEqual(expected);
    expect(await periods(store.activities(bounds), { ...bounds, now })).toEqual(expected);
    const all: Event[] = [];
    for await (const one of oldest()) all.push(one);
    expect(await periods(all, { ...window, now })).toEqual(expected);
    expect(await periods([all.slice(0, 300), all.slice(300)], { ...window, now })).toEqual(expected);
  });

  it("that is a store keeps nothing of one instant back: it has its order already", async () => {
    const instant = BigInt(Date.UTC(2025, 5, 10)) * 1000n;
    let read = 0;
    const readBefore: number[] = [];
    const activity = (n: number) => ({
      ...{ _id: `E${String(n).padStart(4, "0")}`, instant, log_level: 20, source: {}, event_data: {} },
      get event_type() {
        read++;
        return "workcell_start";
      },
    });
    const store = {
      span: async () => ({ first: instant, last: instant }),
      activities: async function* () {
        for (let page = 0; page < 3; page++) {
          readBefore.push(read);
          yield Array.from({ length: 10 }, (_, n) => activity(page * 10 + n));
        }
      },
    };
    await sessions(store);
    const each = read / 30;
    expect(readBefore).toEqual([0, 9 * each, 19 * each]);
  });

  it("gives the window where none is asked for, as a store does", async () => {
    await using store = await storeOf(a);
    const whole = await sessions(store.find({ order: "oldest" }), { now });
    expect(whole).toEqual(await sessions(store, { now }));
    expect(whole.report_metadata.analysis_start).toBe("2025-06-10T12:56:11.123456");
  });

  it("gives the window by all of its events, not only those that count", async () => {
    await using store = await EventStore.open("memory:", { naiveTimezone: "UTC" });
    await store.append([{ event_type: "log_info", event_timestamp: "2025-06-01T00:00:00Z" }, start, stop]);
    await store.archive({ before: "2025-06-02T00:00:00Z" });
    const { report_metadata } = await sessions(store, { now });
    expect(report_metadata).toMatchObject({
      analysis_start: "2025-05-31T23:59:00",
      analysis_end: "2025-06-10T12:01:00",
    });
  });

  it("must come in order of time", async () => {
    await expect(hours([stop, start])).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  });

  it("has archived events counted, unless they are not wanted", async () => {
    const archived = [start, event("workcell_stop", "2025-06-10T09:00:00", { archived: true }), stop];
    expect(await hours(archived)).toBe(1);
    expect(await hours(archived, { includeArchived: false })).toBe(4);
    await using store = await EventStore.open("memory:", { naiveTimezone: "UTC" });
    await store.append([start, stop]);
    await store.archive({ ids: [stop._id] });
    expect(await hours(store)).toBe(4);
    expect(await hours(store, { includeArchived: false, to: "2025-06-10T13:00:00" })).toBe(5);
  });

  it("has naive times read in the zone it is told", async () => {
    const { session_details } = await sessions([start, stop], { naiveTimezone: "America/Chicago" });
    expect(session_details[0]?.start_time).toBe("2025-06-10T13:00:00");
  });

  it("may hold an event whose time cannot be read: it is counted", async () => {
    const report = await sessions([start, event("workcell_stop", "soon"), stop]);
    expect(report.report_metadata.skipped_events).toBe(1);
    expect(report.overall_summary.total_session_hours).toBe(4);
  });

  it("may be empty", async () => {
    const report = await users([], { now });
    expect(report.report_metadata).toMatchObject({ analysis_start: "2025-11-30T00:00:00", total_workflows: 0 });
  });

  it.each([undefined, null, 5, {}])("is refused where it is none: %j", async (source) => {
    await expect(sessions(source as unknown as ReportSource)).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  });
});

describe("options", () => {
  /** Fails as soon as somebody reads of it. */
  const untouched: ReportSource = {
    [Symbol.asyncIterator]: () => {
      throw new Error("was read");
    },
  };
  const day = { from: "2025-06-10", to: "2025-06-11" };

  it.each([
    [{ ...day, timezone: "Mars/Olympus" }, "timezone", "Mars/Olympus"],
    [{ ...day, timezone: 5 }, "timezone", "must be a text"],
    [{ ...day, analysisType: "yearly" }, "analysisType", "hourly, daily, weekly, monthly"],
    [{ from: "2000-01-01", to: "2025-01-01", analysisType: "hourly" }, "analysisType", "10000"],
    [{ from: "2025-06-11", to: "2025-06-10" }, "to", "before its end"],
    [{ ...day, experimentsLimit: -1 }, "experimentsLimit", "whole number"],
    [{ ...day, experimentsOffset: 0.5 }, "experimentsOffset", "whole number"],
    [{ ...day, includeUsers: "no" }, "includeUsers", "true or false"],
  ])("are refused by name before anything is read: %j", async (options, name, words) => {
    await expect(periods(untouched, options as object)).rejects.toMatchObject({
      code: "EVT_INVALID_OPTION",
      message: expect.stringContaining(words),
      issues: [{ loc: [name], msg: expect.stringContaining(words) }],
    });
  });

  it("that nobody knows are refused", async () => {
    await expect(sessions(untouched, { since: "2025" } as object)).rejects.toThrow(
      'unknown option "since" of sessions',
    );
    await expect(users(untouched, { timezone: "UTC" } as object)).rejects.toThrow('unknown option "timezone"');
    await expect(sessions(untouched, { naiveTimezone: "Mars" })).rejects.toThrow("naiveTimezone");
  });

  it("take a zone in any case and tell it as it was asked for", async () => {
    const { summary_metadata } = await periods([], { ...day, timezone: "america/chicago" });
    expect(summary_metadata).toMatchObject({ user_timezone: "america/chicago", total_periods: 2 });
  });

  it("may ask for all time", async () => {
    const all = { from: "0001-01-01", to: "9999-12-31T23:59:59.999999" };
    const { report_metadata, session_details } = await sessions([start], all);
    expect(report_metadata.analysis_end).toBe("9999-12-31T23:59:59.999999");
    expect(session_details[0]?.end_time).toMatch(/^9999-12-31T23:59:59/);
  });

  it("stop a report by a signal, with its reason", async () => {
    const gone = new Error("the caller hung up");
    await using store = await storeOf(a);
    for (const source of [store, store.find({ order: "oldest" })] as const)
      await expect(sessions(source, { signal: AbortSignal.abort(gone) })).rejects.toBe(gone);
    const stopper = new AbortController();
    const endless = (async function* () {
      for (;;) {
        yield start;
        stopper.abort(gone);
      }
    })();
    await expect(sessions(endless, { ...day, signal: stopper.signal })).rejects.toBe(gone);
  });
});
