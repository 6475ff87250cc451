import { expect, it } from "vitest";
import { sessionsReport } from "../../src/report/sessions-report.ts";
import { experiment, held, node, session, share, span, told } from "./hand-made.ts";

const arm = node("01JXBJ5Z00CTHCC3WFW2K2D597", { name: "arm", up: [span(1, 9)], busy: [span(2, 4)] });

it("counts time once in totals of the system, and per session as well as a sum", async () => {
  const [first, second] = [experiment("e1", [2, 5]), experiment("e2", [4, 7])];
  const { overall_summary: all } = await sessionsReport(
    told({
      sessions: [held(session("w1", [1, 6]), [first]), held(session("w2", [3, 8]), [first, second])],
      experiments: [first, second],
    }),
  );
  expect(all.total_system_runtime_hours).toBe(7);
  expect(all.total_session_hours).toBe(10);
  expect(all.total_active_time_hours).toBe(5);
  // 3 and 5 of 5 and 5 hours, not the mean of rounded values.
  expect(all.average_system_utilization_percent).toBe(80);
  expect(all.total_experiments).toBe(2);
});

it("counts a node in each of its sessions, its time once", async () => {
  const sessions = [
    held(session("w1", [1, 6]), [], [share(arm, { up: [span(1, 6)] })]),
    held(session("w2", [3, 9]), [], [share(arm, { up: [span(3, 9)], busy: [span(3, 4)] })]),
  ];
  const report = await sessionsReport(told({ sessions, nodes: [arm] }));
  expect(report.overall_summary.node_summary[arm.id]).toEqual({
    average_utilization_percent: 25,
    total_busy_time_hours: 2,
    sessions_active: 2,
  });
  expect(report.overall_summary.nodes_tracked).toBe(1);
});

it("leaves out of the summary a node that no session lists", async () => {
  const report = await sessionsReport(told({ sessions: [held(session("w1", [1, 6]))], nodes: [arm] }));
  expect(report.overall_summary.node_summary).toEqual({});
});

it("tells a node's time as up, busy, idle, in error and down", async () => {
  const sick = share(arm, { up: [span(2, 5)], busy: [span(2, 2.5)], error: [span(4, 5)], state: "error" });
  const report = await sessionsReport(told({ sessions: [held(session("w1", [1, 6]), [], [sick])], nodes: [arm] }));
  const details = report.session_details[0]!.node_utilizations[arm.id]!;
  expect(details).toMatchObject({
    display_name: "arm (W2K2D597)",
    utilization_percent: 16.7,
    state: "error",
    busy_time_hours: 0.5,
    idle_time_hours: 2.5,
    error_time_hours: 1,
    inactive_time_hours: 2,
    up_time_hours: 3,
    raw_hours: { busy: 0.5, idle: 2.5, total: 5 },
  });
});

it("calls sessions by their own name, else by type and id", async () => {
  const id = "01JXBJ5Z00C2BYE2DYKJ73PX8J";
  const sessions = [
    held(session(id, [1, 2], { name: "bio" })),
    held(session(id, [2, 3])),
    held(session(id, [3, 4], { type: "lab" })),
    held(session("system_1749517200", [4, 5], { type: "system" })),
    held(session("analysis_1", [0, 24], { type: "default_analysis" })),
  ];
  const { session_details } = await sessionsReport(told({ sessions }));
  const names = ["bio", "Workcell KJ73PX8J", "Lab KJ73PX8J", "System 49517200", "Complete Database Analysis"];
  expect(session_details.map(({ session_name }) => session_name)).toEqual(names);
});

it("keeps a key called __proto__ as data", async () => {
  const trap = node("__proto__", { name: "__proto__", up: [span(1, 2)] });
  const sessions = [held(session("w1", [1, 6]), [], [share(trap)])];
  const report = JSON.parse(JSON.stringify(await sessionsReport(told({ sessions, nodes: [trap] }))));
  expect(Object.keys(report.overall_summary.node_summary)).toEqual(["__proto__"]);
  expect(Object.keys(report.session_details[0].node_utilizations)).toEqual(["__proto__"]);
});
