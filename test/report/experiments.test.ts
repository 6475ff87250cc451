/** When experiments ran, how they ended, and in which sessions they count. */
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import type { Interval } from "../../src/report/types.ts";
import { historyOf, micros, span, told, wrapped } from "./stream.ts";

const day = span("00:00", "23:59");
const W = { workcell_id: "W" };
const V = { workcell_id: "V" };
const X = { experiment_id: "X" };

async function experimentsOf(events: readonly Activity[], window: Interval = day) {
  return (await historyOf(events, window)).experiments;
}

describe("an experiment", () => {
  it("runs from its start to its end, pauses apart", async () => {
    const events = [
      told("08:00", "experiment_start", X, { experiment_name: "growth" }),
      told("09:00", "experiment_pause", X),
      told("09:30", "experiment_pause", X),
      told("10:00", "experiment_continued", X),
      told("10:30", "experiment_continued", X),
      told("11:00", "experiment_complete", X),
    ];
    const running = [span("08:00", "09:00"), span("10:00", "11:00")];
    expect(await experimentsOf(events)).toMatchObject([
      { id: "X", name: "growth", ...span("08:00", "11:00"), status: "completed", running },
    ]);
  });

  it("takes a step told again for what it is", async () => {
    const events = [
      wrapped("08:00", "experiment_start", {}, { experiment_id: "X", run_name: "run 1" }),
      wrapped("08:00:00.04", "experiment_start", {}, { experiment_id: "X", experiment_name: "growth" }),
      wrapped("09:00", "experiment_complete", {}, { experiment_id: "X" }),
      wrapped("09:00:00.04", "experiment_complete", {}, { experiment_id: "X" }),
    ];
    const [only, ...more] = await experimentsOf(events);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ name: "growth", ...span("08:00", "09:00"), running: [span("08:00", "09:00")] });
  });

  it("that begins and ends at one instant takes no time, in whichever order that is told", async () => {
    const events = [
      wrapped("08:00", "experiment_failed", {}, { experiment_id: "X" }),
      wrapped("08:00", "experiment_start", {}, { experiment_id: "X" }),
      wrapped("08:00", "experiment_complete", {}, { experiment_id: "X" }),
      wrapped("08:00", "experiment_start", {}, { experiment_id: "X" }),
    ];
    for (const order of ["0123", "3210", "1302", "1032", "0213", "2031"]) {
      const inOrder = events.map((event, place) => ({ ...event, _id: order[place]! }));
      expect(await experimentsOf(inOrder)).toMatchObject([{ id: "X", ...span("08:00", "08:00"), running: [] }]);
    }
    const once = [
      { ...events[1]!, _id: "0" },
      { ...events[2]!, _id: "1" },
      { ...events[3]!, _id: "2" },
    ];
    expect(await experimentsOf(once)).toMatchObject([{ ...span("08:00", "08:00"), starts: [micros("08:00")] }]);
    const later = [told("08:00", "experiment_complete", X), told("08:00:01", "experiment_start", X)];
    expect(await experimentsOf(later)).toMatchObject([{ status: "in_progress" }]);
  });

  it("failed if that is told within a minute of its end", async () => {
    const start = told("08:00", "experiment_start", X);
    const complete = told("09:00", "experiment_complete", X);
    const soon = await experimentsOf([start, complete, told("09:01", "experiment_failed", X)]);
    expect(soon).toMatchObject([{ status: "failed", end: micros("09:00") }]);
    const late = await experimentsOf([start, complete, told("09:01:01", "experiment_failed", X)]);
    expect(late).toMatchObject([{ status: "completed", end: micros("09:00") }]);
    const never = await experimentsOf([
      start,
      told("09:00", "experiment_failed", X),
      told("09:00:01", "experiment_complete", X),
    ]);
    expect(never).toMatchObject([{ status: "failed" }]);
  });

  it.each([
    ["experiment_cancelled", {}, "cancelled"],
    ["experiment_stop", {}, "cancelled"],
    ["experiment_failed", {}, "failed"],
    ["experiment_complete", { status: "ExperimentStatus.FAILED" }, "failed"],
    ["experiment_complete", { experiment: { status: "cancelled" } }, "cancelled"],
    ["experiment_complete", { status: "in_progress" }, "completed"],
  ])("that ends with %s %j is %s", async (type, data, status) => {
    expect(await experimentsOf([told("08:00", "experiment_start", X), told("09:00", type, X, data)])).toMatchObject([
      { status },
    ]);
  });

  it("that starts again after its end has another run", async () => {
    const events = [
      told("08:00", "experiment_start", X),
      told("09:00", "experiment_complete", X),
      told("10:00", "experiment_start", X),
      told("11:00", "experiment_failed", X),
    ];
    const running = [span("08:00", "09:00"), span("10:00", "11:00")];
    expect(await experimentsOf(events)).toMatchObject([{ ...span("08:00", "11:00"), status: "failed", running }]);
  });

  it("goes on to the window's end where no end is told", async () => {
    const events = [
      told("08:00", "experiment_start", X),
      told("09:00", "experiment_start", { experiment_id: "Y" }),
      told("10:00", "experiment_pause", X),
    ];
    expect(await experimentsOf(events)).toMatchObject([
      { id: "X", end: null, status: "paused", running: [span("08:00", "10:00")] },
      { id: "Y", end: null, status: "in_progress", running: [span("09:00", "23:59")] },
    ]);
  });

  it("that began before the window is cut to it, and one that ended before it is not there", async () => {
    const events = [
      told("06:00", "experiment_start", { experiment_id: "Y" }),
      told("07:00", "experiment_complete", { experiment_id: "Y" }),
      told("08:00", "experiment_start", X),
      told("11:00", "experiment_complete", X),
    ];
    expect(await experimentsOf(events, span("09:00", "10:00"))).toMatchObject([
      { id: "X", start: micros("08:00"), end: null, status: "in_progress", running: [span("09:00", "10:00")] },
    ]);
    expect(await experimentsOf(events, span("11:00", "12:00"))).toEqual([]);
  });

  it("without a start is none", async () => {
    expect(
      await experimentsOf([told("08:00", "experiment_pause", X), told("09:00", "experiment_complete", X)]),
    ).toEqual([]);
  });

  it.each([
    [{ experiment_name: " ", name: "plain" }, "plain"],
    [{ experiment: { name: "inner", run_name: "run" } }, "inner"],
    [{ experiment: { experiment_design: { experiment_name: "design" }, run_name: "run" } }, "design"],
    [{ experiment: { run_name: "run" } }, "run"],
    [{ run_name: "run" }, null],
  ])("is named by %j", async (data, name) => {
    expect(await experimentsOf([told("08:00", "experiment_start", X, data)])).toMatchObject([{ name }]);
  });

  it.each([
    [{}, { experiment_id: 7 }, "7"],
    [{}, { experiment: { experiment_id: "I" } }, "I"],
    [{}, { experiment: { _id: "J" } }, "J"],
    [X, { experiment_id: "I" }, "X"],
  ])("bears the id of %j %j", async (source, data, id) => {
    expect(await experimentsOf([told("08:00", "experiment_start", source, data)])).toMatchObject([{ id }]);
  });
});

describe("in sessions", () => {
  const starts = [told("08:00", "workcell_start", W), told("08:00", "workcell_start", V)];
  const run = (source: Activity["source"]) => [
    told("09:00", "experiment_start", { ...X, ...source }),
    told("10:00", "experiment_complete", X),
  ];

  const counts = async (events: readonly Activity[]) => {
    const { sessions } = await historyOf(events, day);
    return Object.fromEntries(
      sessions.map(({ session, experiments, active }) => [session.id, [experiments.length, active.length]]),
    );
  };

  it("counts where its own events say it runs", async () => {
    expect(await counts([...starts, ...run(W)])).toEqual({ W: [1, 1], V: [0, 0] });
  });

  it("counts where workflows and actions ran for it", async () => {
    const work = told("09:30", "workflow_start", { ...X, ...V }, { workflow_id: "F" });
    expect(await counts([...starts, ...run({}), work])).toEqual({ W: [0, 0], V: [1, 1] });
    // Its own word weighs more.
    expect(await counts([...starts, ...run(W), work])).toEqual({ W: [1, 1], V: [0, 0] });
  });

  it("counts everywhere it runs where nobody says", async () => {
    expect(await counts([...starts, ...run({})])).toEqual({ W: [1, 1], V: [1, 1] });
  });

  it("counts in the lab's sessions wherever it runs", async () => {
    const lab = told("07:00", "lab_start", { lab_id: "L" });
    expect(await counts([lab, ...starts, ...run(W)])).toEqual({ L: [1, 1], W: [1, 1], V: [0, 0] });
  });

  it("outside every session counts in none, but for the lab", async () => {
    const events = [told("12:00", "workcell_start", W), ...run({})];
    const { sessions, experiments } = await historyOf(events, day);
    expect(sessions.map((share) => share.experiments)).toEqual([[]]);
    expect(experiments).toHaveLength(1);
  });

  it("counts where it starts, however short it is, and not where it ends as a session starts", async () => {
    const stop = told("10:00", "workcell_stop", W);
    const again = told("10:00", "workcell_start", W, { name: "two" });
    const short = [told("10:00", "experiment_start", X), told("10:00", "experiment_complete", X)];
    const { sessions } = await historyOf(
      [
        told("08:00", "workcell_start", W),
        ...run({}).slice(0, 1),
        stop,
        again,
        run({})[1]!,
        ...short.map((activity) => ({ ...activity, source: { experiment_id: "Y" } })),
      ],
      day,
    );
    expect(sessions.map((share) => share.experiments.map(({ id }) => id))).toEqual([["X"], ["Y"]]);
  });

  it("counts where it starts as a session does, beside one that goes on", async () => {
    const events = [
      told("08:00", "workcell_start", V),
      told("10:00", "workcell_start", W),
      told("10:00", "experiment_start", X),
      told("10:00", "experiment_complete", X),
    ];
    expect(await counts(events)).toEqual({ V: [1, 0], W: [1, 0] });
  });

  it("comes by its first start, also where that was before the window", async () => {
    const run = (id: string, start: string, end: string) => [
      told(start, "experiment_start", { experiment_id: id }),
      told(end, "experiment_complete", { experiment_id: id }),
    ];
    const events = [...run("Z", "01:00", "02:00"), ...run("X", "08:00", "09:00"), ...run("Z", "10:00", "11:00")];
    const { sessions } = await historyOf(events, span("05:00", "12:00"));
    expect(sessions.map(({ experiments }) => experiments.map(({ id }) => id))).toEqual([["Z", "X"]]);
  });

  it("is active for the union of its experiments", async () => {
    const events = [
      told("08:00", "workcell_start", W),
      told("09:00", "experiment_start", { experiment_id: "A" }),
      told("09:30", "experiment_start", { experiment_id: "B" }),
      told("10:00", "experiment_complete", { experiment_id: "A" }),
      told("11:00", "experiment_complete", { experiment_id: "B" }),
      told("10:30", "workcell_stop", W),
    ];
    const { sessions } = await historyOf(events, day);
    expect(sessions[0]?.active).toEqual([span("09:00", "10:30")]);
  });
});
