import { expect, it } from "vitest";
import { usersReport } from "../../src/report/users-report.ts";
import { at, told, workflow } from "./hand-made.ts";

const done = (id: string, author: string | null, hours: number) =>
  workflow(id, { author, status: "completed", start: at(1), end: at(1 + hours), durationSeconds: hours * 3600 });

it("has one row per author, in order of the first workflow, unknown ones together", async () => {
  const workflows = [done("1", "Ada", 1), workflow("2"), done("3", "Grace", 2), workflow("4", { author: "Ada" })];
  const report = await usersReport(told({ workflows }));
  expect(Object.keys(report.user_utilization)).toEqual(["Ada", "Unknown Author", "Grace"]);
  expect(report.report_metadata).toMatchObject({
    total_workflows: 4,
    total_users: 3,
    workflows_with_authors: 3,
    workflows_without_authors: 1,
  });
  expect(report.user_utilization.Ada).toMatchObject({ total_workflows: 2, completion_rate_percent: 50 });
});

it("takes durations only of workflows that have one", async () => {
  const workflows = [done("1", "Ada", 1), done("2", "Ada", 0.25), workflow("3", { author: "Ada" })];
  const { user_utilization } = await usersReport(told({ workflows }));
  expect(user_utilization.Ada).toMatchObject({
    total_runtime_hours: 1.25,
    average_workflow_duration_hours: 0.625,
    shortest_workflow_hours: 0.25,
    longest_workflow_hours: 1,
  });
});

it("has nulls and zeros where no workflow has a duration", async () => {
  const { user_utilization, system_summary } = await usersReport(told({ workflows: [workflow("1")] }));
  expect(user_utilization["Unknown Author"]).toEqual({
    author: "Unknown Author",
    total_workflows: 1,
    completed_workflows: 0,
    failed_workflows: 0,
    cancelled_workflows: 0,
    total_runtime_hours: 0,
    average_workflow_duration_hours: 0,
    shortest_workflow_hours: null,
    longest_workflow_hours: null,
    completion_rate_percent: 0,
    workflows: [
      {
        workflow_id: "1",
        workflow_name: "Unknown",
        start_time: null,
        end_time: null,
        duration_hours: null,
        status: "started",
      },
    ],
  });
  expect(system_summary.author_attribution_rate_percent).toBe(0);
});

it("keeps an author called __proto__ or constructor as data", async () => {
  const workflows = [done("1", "__proto__", 1), done("2", "constructor", 1)];
  const report = JSON.parse(JSON.stringify(await usersReport(told({ workflows }))));
  expect(Object.keys(report.user_utilization)).toEqual(["__proto__", "constructor"]);
});
