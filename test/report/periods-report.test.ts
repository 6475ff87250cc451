import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buckets } from "../../src/report/calendar.ts";
import { type PeriodsOptions, resolvePeriods } from "../../src/report/options.ts";
import { periodsReport } from "../../src/report/periods-report.ts";
import type { LabHistory } from "../../src/report/types.ts";
import { experiment, held, node, session, share, span, told, workflow } from "./hand-made.ts";

function reportOf(history: Partial<LabHistory>, options: PeriodsOptions = {}) {
  const resolved = resolvePeriods({ timezone: "UTC", analysisType: "hourly", ...options });
  return periodsReport(told(history), buckets(span(0, 24), resolved.analysisType, resolved.timezone), resolved);
}

describe("system", () => {
  const two = [experiment("e1", [2, 4.5]), experiment("e2", [4, 6])];
  const sessions = [held(session("w1", [1.5, 5]), [two[0]!]), held(session("w2", [4, 6]), [two[1]!])];

  it("has the time within each period, once", async () => {
    const { time_series } = await reportOf({ sessions, experiments: two });
    const rows = time_series.system.slice(0, 7);
    expect(rows.map((row) => row.runtime_hours)).toEqual([0, 0.5, 1, 1, 1, 1, 0]);
    expect(rows.map((row) => row.active_time_hours)).toEqual([0, 0, 1, 1, 1, 1, 0]);
    expect(rows.map((row) => row.utilization)).toEqual([0, 0, 100, 100, 100, 100, 0]);
  });

  it("counts an experiment where it starts, and as active wherever it runs", async () => {
    const { time_series, key_metrics } = await reportOf({ sessions, experiments: two });
    expect(time_series.system.slice(0, 7).map((row) => row.experiments)).toEqual([0, 0, 1, 0, 1, 0, 0]);
    expect(time_series.system.slice(0, 7).map((row) => row.experiments_active)).toEqual([0, 0, 1, 1, 2, 1, 0]);
    expect(key_metrics).toMatchObject({ total_experiments: 2, total_experiments_active: 2, active_periods: 4 });
  });

  it("counts an experiment from before the window as active only, and one on a boundary once", async () => {
    const old = experiment("e0", [-5, 1], { running: [span(0, 1)] });
    const edge = experiment("e1", [2, 3]);
    const instant = experiment("e2", [5, 5], { running: [] });
    const { time_series, key_metrics } = await reportOf({ experiments: [old, edge, instant] });
    expect(time_series.system.slice(0, 6).map((row) => row.experiments)).toEqual([0, 0, 1, 0, 0, 1]);
    expect(time_series.system.slice(0, 6).map((row) => row.experiments_active)).toEqual([1, 0, 1, 0, 0, 1]);
    expect(key_metrics).toMatchObject({ total_experiments: 2, total_experiments_active: 3 });
  });

  it("does not count an experiment in a period in which it pauses all the time", async () => {
    const paused = experiment("e1", [1, 6], { running: [span(1, 2.5), span(2.7, 3.5), span(5, 6)] });
    const { time_series } = await reportOf({ experiments: [paused] });
    expect(time_series.system.slice(0, 7).map((row) => row.experiments_active)).toEqual([0, 1, 1, 1, 0, 1, 0]);
  });

  it("tells the first of the highest as peak, and none where nothing ran", async () => {
    const { key_metrics } = await reportOf({ sessions, experiments: two });
    expect(key_metrics).toMatchObject({ peak_utilization: 100, peak_period: "2025-06-10 02:00" });
    expect(key_metrics.peak_context).toBe("Peak utilization in 2025-06-10 02:00");
    const idle = await reportOf({ sessions: [held(session("w1", [0, 24]))] });
    expect(idle.key_metrics).toMatchObject({
      peak_utilization: 0,
      peak_period: null,
      peak_context: "No peak data available",
      average_utilization: 0,
    });
  });

  it("averages over active periods, by month over all time", async () => {
    const half = [experiment("e1", [1, 1.5])];
    const idleToo = { sessions: [held(session("w1", [1, 3]), half)], experiments: half };
    expect((await reportOf(idleToo)).key_metrics.average_utilization).toBe(50);
    expect((await reportOf(idleToo, { analysisType: "monthly" })).key_metrics.average_utilization).toBe(25);
  });
});

describe("trends", () => {
  const day = (...lengths: readonly number[]) => {
    const runs = lengths.map((length, hour) => experiment(`e${hour}`, [hour, hour + length]));
    return reportOf({ sessions: [held(session("w1", [0, 24]), runs)], experiments: runs });
  };

  it.each([
    [[0.5, 0.2, 1], "increasing", 100],
    [[0.5, 1, 0.25], "decreasing", -50],
    [[0.5, 1, 0.52], "stable", 4],
  ] as const)("compare the first period with the last: %j is %s", async (lengths, direction, change) => {
    const { utilization_trend } = (await day(...lengths)).trends;
    expect(utilization_trend).toMatchObject({ direction, change_percent: change, active_periods_analyzed: 3 });
  });

  it("need two periods", async () => {
    expect((await day(0.5)).trends.utilization_trend).toEqual({ direction: "insufficient_data", change_percent: 0 });
  });

  it("are stable where the first period had no start", async () => {
    const carried = experiment("e0", [-1, 1], { running: [span(0, 1)] });
    const next = experiment("e1", [1, 2]);
    const { trends } = await reportOf({
      sessions: [held(session("w1", [0, 24]), [carried, next])],
      experiments: [carried, next],
    });
    expect(trends.experiment_trend).toMatchObject({ direction: "stable", change_percent: 0, first_value: 0 });
  });
});

describe("nodes and workcells", () => {
  const arm = node("n1", { name: "arm", up: [span(1, 4)], busy: [span(1, 1.5), span(3, 4)], error: [span(2, 3)] });
  const own = experiment("e1", [1, 2], { workcells: new Set(["w1"]) });
  const any = experiment("e2", [2, 3]);
  const day = {
    sessions: [
      held(
        session("w1", [1, 3], { name: "bio" }),
        [own, any],
        [share(arm, { up: [span(1, 3)], busy: [span(1, 1.5)] })],
      ),
      held(session("w2", [1.5, 2.5]), [any]),
      held(session("w1", [3, 4], { name: "other" }), [], [share(arm, { up: [span(3, 4)], busy: [span(3, 4)] })]),
    ],
    experiments: [own, any],
    nodes: [arm],
  };

  it("tell a node's periods only while it is up, sessions of all workcells together", async () => {
    const { time_series, node_summary } = await reportOf(day);
    expect(time_series.nodes.n1?.map(({ period_number, utilization }) => [period_number, utilization])).toEqual([
      [2, 50],
      [3, 0],
      [4, 100],
    ]);
    expect(time_series.nodes.n1?.[1]).toMatchObject({ busy_hours: 0, up_time_hours: 1, error_time_hours: 1 });
    expect(node_summary.n1).toMatchObject({
      average_utilization: 50,
      peak_utilization: 100,
      peak_period: "2025-06-10 03:00",
      total_busy_hours: 1.5,
    });
  });

  it("have one row per workcell and period, however many sessions", async () => {
    const { time_series, workcell_summary } = await reportOf(day, { analysisType: "daily" });
    expect(time_series.workcells.w1).toEqual([
      {
        period_number: 1,
        period_type: "day",
        period_display: "2025-06-10",
        date: "2025-06-10",
        utilization: (2 / 3) * 100,
        experiments: 2,
        runtime_hours: 3,
        active_time_hours: 2,
        attributed: false,
        attributed_experiments: 1,
      },
    ]);
    expect(workcell_summary.w1).toMatchObject({ workcell_name: "bio", display_name: "bio (w1)", total_experiments: 2 });
    expect(workcell_summary.w2).toMatchObject({ workcell_name: "Workcell w2", display_name: "Workcell w2" });
  });

  it("round busy hours to three decimals, but for hours", async () => {
    const third = node("n1", { up: [span(1, 2)], busy: [span(1, 1 + 1 / 3)] });
    const history = { sessions: [held(session("w1", [1, 2]), [], [share(third)])], nodes: [third] };
    const { time_series } = await reportOf(history, { analysisType: "daily" });
    expect(time_series.nodes.n1?.[0]).toMatchObject({ busy_hours: 0.333, busy_time_hours: 1 / 3 });
    expect((await reportOf(history)).time_series.nodes.n1?.[0]?.busy_hours).toBe(1 / 3);
  });

  it("call a window without sessions nobody's workcell", async () => {
    const all = session("analysis_1", [0, 24], { type: "default_analysis" });
    const { workcell_summary, time_series } = await reportOf({ sessions: [held(all)] });
    expect(workcell_summary).toEqual({});
    expect(time_series.system[0]?.runtime_hours).toBe(1);
  });
});

describe("lists", () => {
  const many = Array.from({ length: 60 }, (_, index) => experiment(`e${String(index).padStart(2, "0")}`, [1, 2]));

  it("hold fifty experiments, or the page asked for, and the number of all", async () => {
    const { experiment_details } = await reportOf({ experiments: many });
    expect(experiment_details.total_experiments).toBe(60);
    expect(experiment_details.experiments).toHaveLength(50);
    const page = await reportOf({ experiments: many }, { experimentsLimit: 5, experimentsOffset: 57 });
    expect(page.experiment_details.experiments.map((row) => row.experiment_id)).toEqual(["e57", "e58", "e59"]);
  });

  it("tell an experiment under way, and one that failed", async () => {
    const open = experiment("e1", [1, 3], { name: "Dye", end: null, status: "in_progress" });
    const failed = experiment("e2", [1, 3], { status: "failed" });
    const { experiments } = (await reportOf({ experiments: [open, failed] })).experiment_details;
    expect(experiments[0]).toMatchObject({
      experiment_name: "Dye",
      end_time: null,
      status: "in_progress",
      duration_hours: null,
      duration_display: "Ongoing",
    });
    expect(experiments[1]).toMatchObject({
      experiment_name: "Unknown Experiment",
      status: "failed",
      duration_hours: 2,
      duration_display: "2.0 hours",
    });
  });

  it("have the ten users with the most runtime, behind the key metrics, where asked for", async () => {
    const workflows = Array.from({ length: 12 }, (_, index) =>
      workflow(`w${index}`, { author: `u${index}`, durationSeconds: index * 3600, status: "completed" }),
    );
    const report = await reportOf({ workflows });
    expect(Object.keys(report).slice(1, 4)).toEqual(["key_metrics", "user_utilization", "node_summary"]);
    expect(report.user_utilization?.total_users).toBe(12);
    expect(report.user_utilization?.top_users.map(({ author }) => author)[0]).toBe("u11");
    expect(report.user_utilization?.top_users).toHaveLength(10);
    expect(await reportOf({ workflows }, { includeUsers: false })).not.toHaveProperty("user_utilization");
  });
});

describe("any history", () => {
  const hours = fc
    .tuple(fc.nat(2400), fc.nat(2400))
    .map(([a, b]) => [Math.min(a, b) / 100, Math.max(a, b) / 100] as const);
  const histories = fc
    .record({ runs: fc.array(hours, { maxLength: 6 }), open: fc.array(hours, { minLength: 1, maxLength: 4 }) })
    .map(({ runs, open }) => {
      const experiments = runs.map((run, index) => experiment(`e${index}`, run));
      // Within the session, as the sweep cuts it.
      const sessions = open.map((span, index) => {
        const inside = runs
          .map(([from, to]) => [Math.max(from, span[0]), Math.min(to, span[1])] as const)
          .filter(([from, to]) => from < to);
        return held(
          session(`w${index % 2}`, span),
          inside.map((run, number) => experiment(`e${number}`, run)),
        );
      });
      return { experiments, sessions };
    });
  const types = fc.constantFrom("hourly", "daily", "weekly", "monthly");
  const zones = fc.constantFrom("UTC", "America/Chicago", "Asia/Kolkata", "Australia/Lord_Howe");

  it("adds up to the same, whatever the periods", async () => {
    await fc.assert(
      fc.asyncProperty(histories, types, zones, async (history, analysisType, timezone) => {
        const whole = (await reportOf(history, { analysisType: "monthly" })).time_series.system[0]!;
        const { time_series } = await reportOf(history, { analysisType, timezone });
        const sum = (key: "runtime_hours" | "active_time_hours" | "experiments") =>
          time_series.system.reduce((all, row) => all + row[key], 0);
        expect(sum("runtime_hours")).toBeCloseTo(whole.runtime_hours, 9);
        expect(sum("active_time_hours")).toBeCloseTo(whole.active_time_hours, 9);
        expect(sum("experiments")).toBe(whole.experiments);
        for (const { utilization } of time_series.system) expect(utilization >= 0 && utilization <= 100).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
