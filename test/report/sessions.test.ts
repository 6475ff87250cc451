/** When labs and workcells were there: starts, stops, crashes, and the edges of the window. */
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import type { Interval } from "../../src/report/types.ts";
import { HOUR, historyOf, micros, span, told, wrapped } from "./stream.ts";

const W = { workcell_id: "W", manager_id: "W" };
const day = span("00:00", "23:59");

async function sessionsOf(events: readonly Activity[], window: Interval = day) {
  return (await historyOf(events, window)).sessions.map(({ session }) => session);
}

describe("a workcell's session", () => {
  it("lasts from its start to its stop and bears its name", async () => {
    const nodes = { arm: "http://arm:2000/" };
    const events = [
      told("08:00", "workcell_start", W, { manager_name: " cell ", nodes }),
      told("09:30", "workcell_stop", W),
    ];
    const told1 = { id: "W", type: "workcell", name: "cell", startedBeforeWindow: false, endedBy: "stop" };
    expect(await sessionsOf(events)).toEqual([{ ...told1, ...span("08:00", "09:30"), nodeNames: new Set(["arm"]) }]);
  });

  it("ends where it starts again, if it crashed", async () => {
    const events = [
      told("08:00", "workcell_start", W, { name: "one" }),
      told("10:00", "workcell_start", W, { name: "two" }),
      told("12:00", "workcell_stop", W),
    ];
    expect(await sessionsOf(events)).toMatchObject([
      { ...span("08:00", "10:00"), name: "one", endedBy: "restart" },
      { ...span("10:00", "12:00"), name: "two", endedBy: "stop" },
    ]);
  });

  it("takes no restart from the engine's word, which comes later and brings the name", async () => {
    const events = [
      told("08:00", "workcell_start", W, { nodes: null }),
      wrapped("08:05", "workcell_start", W, { workcell_name: "cell" }),
      told("12:00", "workcell_stop", W),
    ];
    expect(await sessionsOf(events)).toMatchObject([{ ...span("08:00", "12:00"), name: "cell", endedBy: "stop" }]);
  });

  it("takes the typed start for the same within a minute of the wrapped one, and for another after it", async () => {
    const start = wrapped("08:00", "workcell_start", W, { workcell_name: "cell" });
    const nodes = ["arm", "reader"];
    const soon = await sessionsOf([start, told("08:01", "workcell_start", W, { manager_name: "other", nodes })]);
    expect(soon).toMatchObject([{ ...span("08:00", "23:59"), name: "cell", nodeNames: new Set(nodes) }]);
    const late = await sessionsOf([start, told("08:01:00.000001", "workcell_start", W, { nodes })]);
    expect(late.map(({ endedBy }) => endedBy)).toEqual(["restart", "window"]);
  });

  it("starts afresh after a stop, even at its instant", async () => {
    const events = [
      told("08:00", "workcell_start", W),
      told("09:00", "workcell_stop", W),
      told("09:00", "workcell_start", W),
      told("10:00", "workcell_stop", W),
    ];
    const sessions = [
      { ...span("08:00", "09:00"), endedBy: "stop" },
      { ...span("09:00", "10:00"), endedBy: "stop" },
    ];
    expect(await sessionsOf(events)).toMatchObject(sessions);
    // Which of the two has the lower id, and so comes first, does not matter.
    const [first, stop, start, last] = events as [Activity, Activity, Activity, Activity];
    expect(await sessionsOf([first, { ...stop, _id: start._id }, { ...start, _id: stop._id }, last])).toMatchObject(
      sessions,
    );
  });

  it("does not end at the instant at which it starts", async () => {
    const events = [told("08:00", "workcell_start", W), told("08:00", "workcell_stop", W)];
    expect(await sessionsOf(events)).toMatchObject([span("08:00", "23:59")]);
  });

  it("is stopped by any id the stop bears", async () => {
    const start = told("08:00", "workcell_start", W);
    for (const stop of [
      told("09:00", "workcell_stop", { manager_id: "W" }),
      told("09:00", "workcell_stop", {}, { workcell_id: "W" }),
      told("09:00", "workcell_stop", { workcell_id: "V" }, { manager_id: "W" }),
    ])
      expect(await sessionsOf([start, stop])).toMatchObject([span("08:00", "09:00")]);
    const other = told("09:00", "workcell_stop", { workcell_id: "V" });
    expect(await sessionsOf([start, other])).toMatchObject([span("08:00", "23:59")]);
  });

  it("overlaps those of other workcells and the lab's", async () => {
    const events = [
      told("07:00", "lab_start", { lab_id: "L" }, { lab_name: "lab" }),
      told("08:00", "workcell_start", W),
      told("08:30", "workcell_start", { workcell_id: "V" }),
      told("09:00", "workcell_stop", W),
      told("10:00", "workcell_stop", { workcell_id: "V" }),
      told("11:00", "lab_stop", { lab_id: "L" }),
    ];
    expect(await sessionsOf(events)).toMatchObject([
      { id: "L", type: "lab", name: "lab", ...span("07:00", "11:00") },
      { id: "W", type: "workcell", ...span("08:00", "09:00") },
      { id: "V", type: "workcell", ...span("08:30", "10:00") },
    ]);
  });

  it("without any id is one of the system, called by its start", async () => {
    const events = [told("08:00:00.5", "workcell_start"), told("09:00", "workcell_stop")];
    const id = `system_${Date.UTC(2025, 5, 10, 8) / 1000}`;
    expect(await sessionsOf(events)).toMatchObject([{ id, type: "system", ...span("08:00:00.5", "09:00") }]);
  });

  it("opens with what can be read of a start that cannot be read as a whole", async () => {
    const { sessions, skipped } = await historyOf([told("08:00", "workcell_start", W, "restarted")], day);
    expect(sessions.map(({ session }) => session)).toMatchObject([{ id: "W", name: null, ...span("08:00", "23:59") }]);
    expect(skipped).toBe(1);
  });
});

describe("the window", () => {
  const events = [
    told("08:00", "workcell_start", W),
    told("10:00", "workcell_stop", W),
    told("12:00", "workcell_start", W),
    told("14:00", "workcell_stop", W),
  ];

  it("finds a session that began before it, and cuts one that goes on after it", async () => {
    expect(await sessionsOf(events, span("09:00", "13:00"))).toMatchObject([
      { ...span("09:00", "10:00"), startedBeforeWindow: true, endedBy: "stop" },
      { ...span("12:00", "13:00"), startedBeforeWindow: false, endedBy: "window" },
    ]);
  });

  it("is half open", async () => {
    expect(await sessionsOf(events, span("10:00", "12:00"))).toMatchObject([{ type: "default_analysis" }]);
    const cut = await sessionsOf(events, span("08:00", "10:00"));
    expect(cut).toMatchObject([{ ...span("08:00", "10:00"), startedBeforeWindow: false, endedBy: "window" }]);
    expect((await historyOf(events, span("08:00", "10:00"))).events).toBe(1);
  });

  it("is one session where no other overlaps it, called by its start", async () => {
    const start = micros("00:00:00.75");
    const [only, ...more] = await sessionsOf([], { start, end: start + HOUR });
    expect(more).toEqual([]);
    expect(only).toEqual({
      id: `analysis_${Date.UTC(2025, 5, 10) / 1000}`,
      type: "default_analysis",
      name: null,
      start,
      end: start + HOUR,
      startedBeforeWindow: false,
      endedBy: "window",
      nodeNames: new Set(),
    });
  });

  it("refuses events that do not come in order, but takes those of one instant in any", async () => {
    const { sweep } = await import("../../src/report/sweep.ts");
    const read = (activities: readonly Activity[]) =>
      sweep(
        (async function* () {
          yield activities;
        })(),
        day,
      );
    await expect(read([events[1]!, events[0]!])).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await expect(read([events[1]!, events[0]!])).rejects.toThrow("must come in order of time");
    const [first, second] = [told("08:00", "workcell_start", W), told("08:00", "workcell_stop", W)];
    expect(await read([second, first])).toEqual(await read([first, second]));
  });
});
