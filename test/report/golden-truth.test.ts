/** The reports against totals that were computed independently, from the plan of each scenario. */
import { describe, expect, it } from "vitest";
import { periods, sessions, users } from "../../src/report/index.ts";
import { answerOf, now, SCENARIOS, storeOf, windowOf } from "./golden.ts";

const HOURS = 6; // decimals in truth.json

const truthOf = (scenario: string) => answerOf(scenario, "truth.json");

describe.each(SCENARIOS.filter((name) => truthOf(name).events > 0))("%s", (scenario) => {
  const truth = truthOf(scenario);

  it("has the true sessions, and their union and sum", async () => {
    await using store = await storeOf(scenario);
    const report = await sessions(store, { now });
    const told = report.session_details.filter(({ session_type }) => session_type !== "default_analysis");
    expect(
      told.map((row) => ({ id: row.session_id, start: row.start_time, end: row.end_time, hours: row.duration_hours })),
    ).toEqual(truth.sessions.map((row: { hours: number }) => ({ ...row, hours: expect.closeTo(row.hours, HOURS) })));
    if (told.length === 0) return expect(report.session_details).toHaveLength(1);
    expect(report.overall_summary.total_system_runtime_hours).toBeCloseTo(truth.session_union_hours, HOURS);
    expect(report.overall_summary.total_session_hours).toBeCloseTo(truth.session_sum_hours, HOURS);
  });

  it("has the true experiments and their time", async () => {
    await using store = await storeOf(scenario);
    const { overall_summary } = await sessions(store, { now });
    expect(overall_summary.total_experiments).toBe(truth.distinct_experiments_started);
    expect(overall_summary.total_active_time_hours).toBeCloseTo(truth.experiment_union_hours, HOURS);
  });

  it("has the true busy time of every node, by its name", async () => {
    await using store = await storeOf(scenario);
    const { overall_summary, session_details } = await sessions(store, { now });
    const names = new Map(
      session_details.flatMap((row) =>
        Object.values(row.node_utilizations).map((node) => [node.node_id, node.node_name] as const),
      ),
    );
    const told = Object.entries(overall_summary.node_summary).map(
      ([id, node]) => [id, { name: names.get(id), hours: node.total_busy_time_hours }] as const,
    );
    const wanted = Object.entries(truth.node_busy_hours as Record<string, { name: string; hours: number }>).map(
      ([id, node]) => [id, { ...node, hours: expect.closeTo(node.hours, HOURS) }],
    );
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(wanted));
  });

  it("has every workflow once", async () => {
    await using store = await storeOf(scenario);
    const { system_summary, user_utilization } = await users(store, { now });
    expect(system_summary.total_workflows).toBe(truth.distinct_workflows);
    const ids = Object.values(user_utilization).flatMap(({ workflows }) => workflows.map((row) => row.workflow_id));
    expect(new Set(ids).size).toBe(truth.distinct_workflows);
    expect(ids).toHaveLength(truth.distinct_workflows);
  });
});

describe.each(SCENARIOS)("%s", (scenario) => {
  it.each(["hourly", "daily", "weekly", "monthly"] as const)("adds up to the same, %s", async (analysisType) => {
    await using store = await storeOf(scenario);
    const options = { ...windowOf(scenario), now };
    const { overall_summary } = await sessions(store, options);
    for (const timezone of ["America/Chicago", "UTC", "Asia/Kathmandu"]) {
      const { time_series, key_metrics } = await periods(store, { ...options, analysisType, timezone });
      const { system, nodes } = time_series;
      const sum = <K extends string>(rows: readonly Readonly<Record<K, number>>[], key: K) =>
        rows.reduce((all, row) => all + row[key], 0);
      expect(sum(system, "runtime_hours")).toBeCloseTo(overall_summary.total_system_runtime_hours, 9);
      expect(sum(system, "active_time_hours")).toBeCloseTo(overall_summary.total_active_time_hours, 9);
      expect(sum(system, "experiments")).toBe(key_metrics.total_experiments);
      expect(Object.keys(nodes)).toEqual(Object.keys(overall_summary.node_summary));
      for (const [id, rows] of Object.entries(nodes)) {
        expect(sum(rows, "busy_time_hours")).toBeCloseTo(overall_summary.node_summary[id]!.total_busy_time_hours, 9);
        for (const row of rows) {
          expect(row.utilization).toBeGreaterThanOrEqual(0);
          expect(row.utilization).toBeLessThanOrEqual(100);
        }
      }
    }
  });
});

describe("malformed events", () => {
  it.each([
    ["k1-poison-workflow", 1],
    ["k2-poison-author", 2],
    ["k3-poison-session", 1],
    ["a-single-workcell-day", 0],
    ["h-current-emitters", 0],
  ])("of %s are counted: %d", async (scenario, skipped) => {
    await using store = await storeOf(scenario);
    expect((await sessions(store, { now })).report_metadata.skipped_events).toBe(skipped);
    expect((await users(store, { now })).report_metadata.skipped_events).toBe(skipped);
    expect((await periods(store, { now })).summary_metadata.skipped_events).toBe(skipped);
  });

  it("count as far as they can be read", async () => {
    await using store = await storeOf("k2-poison-author");
    const { user_utilization } = await users(store, { now });
    expect(user_utilization["Ada Lovelace"]?.total_workflows).toBe(1);
    expect(user_utilization["Unknown Author"]).toMatchObject({ total_workflows: 1, completed_workflows: 1 });
  });
});
