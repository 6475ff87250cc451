/** Floods: few thousand events that mean millions of rows end the report, not the process; many of a kind take time in line. */
import { expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import { type AnalysisType, periods, sessions, users } from "../../src/report/index.ts";
import { HOUR, micros, told } from "./stream.ts";

const BEGIN = micros("2025-06-10T00:00");
const SECOND = 1_000_000;
const many = (count: number, event: (n: number) => Activity | Activity[]) =>
  Array.from({ length: count }, (_, n) => event(n)).flat();
const spanning = (ms: number) => ({ from: BigInt(BEGIN), to: BigInt(BEGIN + ms) });
const DAY = spanning(24 * HOUR);
const W = { workcell_id: "W" };

const starts = (count: number, nodes?: string[]) =>
  many(count, (n) => told(BEGIN + (n + 1) * SECOND, "workcell_start", W, nodes === undefined ? {} : { nodes }));

/** Each is listed in each of the sessions. */
const FLOODS: [string, Activity[]][] = [
  [
    "nodes of one workcell",
    [...many(600, (n) => told(BEGIN + n, "node_start", { ...W, node_id: `N${n}` })), ...starts(500)],
  ],
  [
    "experiments without end",
    [...many(600, (n) => told(BEGIN + n, "experiment_start", { experiment_id: `E${n}` })), ...starts(500)],
  ],
];

it.each(FLOODS)(
  "sessions with very many %s are refused, and users are told all the same",
  async (_, events) => {
    const refusal = {
      code: "EVT_INVALID_OPTION",
      message: "the sessions of this window have more than 250000 nodes and experiments: shorten the window",
      issues: [expect.objectContaining({ loc: ["to"] })],
    };
    await expect(sessions(events, DAY)).rejects.toThrow(expect.objectContaining(refusal));
    await expect(periods(events, DAY)).rejects.toThrow(expect.objectContaining(refusal));
    const done = told(BEGIN + HOUR, "workflow_complete", W, { workflow_id: "F", status: "completed" });
    expect((await users([...events, done], DAY)).system_summary.total_workflows).toBe(1);
    expect((await sessions(events, spanning(300 * SECOND))).session_details.length).toBeGreaterThan(290);
  },
  60_000,
);

it("nodes of one name, and workcells that all name it, are refused when they are too many", async () => {
  const nodes = many(600, (n) => told(BEGIN + n, "node_start", { node_id: `N${n}` }, { node_name: "arm" }));
  const cells = many(500, (n) =>
    told(BEGIN + SECOND + n, "workcell_start", { workcell_id: `W${n}` }, { nodes: ["arm"] }),
  );
  await expect(sessions([...nodes, ...cells], DAY)).rejects.toThrow("more than 250000 nodes");
}, 60_000);

it.each([
  ["hourly", 500, true],
  ["daily", 500, false],
] as [AnalysisType, number, boolean][])(
  "%s rows of %d nodes in 1 200 hours: refused %s",
  async (analysisType, count, refused) => {
    const nodes = many(count, (n) => told(BEGIN + n, "node_start", { node_id: `N${n}` }));
    const report = periods(nodes, { ...spanning(1200 * HOUR), analysisType });
    if (!refused) return expect((await report).summary_metadata.total_periods).toBeGreaterThan(49);
    const message = `analysis_type "${analysisType}" makes more than 500000 rows for the nodes and workcells of this window: shorten the window, or take longer periods`;
    await expect(report).rejects.toThrow(
      expect.objectContaining({
        code: "EVT_INVALID_OPTION",
        message,
        issues: [expect.objectContaining({ loc: ["analysisType"] })],
      }),
    );
  },
  60_000,
);

it("workcells with a node each take time in line with their number", async () => {
  const events = many(10_000, (n) => [
    told(BEGIN + n * 2, "workcell_start", { workcell_id: `W${n}` }),
    told(BEGIN + n * 2 + 1, "node_start", { workcell_id: `W${n}`, node_id: `N${n}` }),
  ]);
  const { session_details } = await sessions(events, DAY);
  expect(session_details.map(({ nodes_active }) => nodes_active)).toEqual(Array(10_000).fill(1));
}, 30_000);
