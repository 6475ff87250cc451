import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { usersCsv } from "../../src/report/users-csv.ts";
import type { UserRow, UsersReport } from "../../src/report/users-shape.ts";

const file = join(import.meta.dirname, "golden/a-single-workcell-day/user.json");
const report: UsersReport = JSON.parse(readFileSync(file, "utf8"));

const untimed: UserRow = {
  author: "-Ada",
  total_workflows: 1,
  completed_workflows: 0,
  failed_workflows: 0,
  cancelled_workflows: 0,
  total_runtime_hours: 0,
  average_workflow_duration_hours: 0,
  shortest_workflow_hours: null,
  longest_workflow_hours: null,
  completion_rate_percent: 0,
  workflows: [],
};

it("has a whole 0, as MADSci, where no length is known, and a guarded name", () => {
  const lines = [...usersCsv({ ...report, user_utilization: { "-Ada": untimed } })];
  expect(lines.at(-1)).toBe("'-Ada,1,0,0,0,0,0,0.0,,\r\n");
});

it("has fractions where a length is known, be it none", () => {
  const instant = { ...untimed, shortest_workflow_hours: 0, longest_workflow_hours: 0 };
  const lines = [...usersCsv({ ...report, user_utilization: { "-Ada": instant } }, { formulaGuard: false })];
  expect(lines.at(-1)).toBe("-Ada,1,0,0,0,0.0,0.0,0.0,0.0,0.0\r\n");
});
