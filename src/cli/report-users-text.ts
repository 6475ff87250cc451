/** The users report as a table; the bar is a user's share of all runtime. */
import type { UserRow, UsersReport } from "../report/index.ts";
import type { Cell, Grid, GridLook } from "./report-grid.ts";
import { BAR, heading, hours, number, type Place, percent, section, text } from "./report-words.ts";

const DONE = [number("WORKFLOWS"), number("DONE"), number("FAILED"), number("CANCELLED"), number("MEAN")];

export function usersText(report: UsersReport, place: Place, look: GridLook): string {
  const { analysis_start, analysis_end } = report.report_metadata;
  const grid = userGrid(report);
  const table = grid.rows.length === 0 ? "\nno workflows\n" : section(grid, look);
  return heading("Users", [analysis_start, analysis_end], place) + table;
}

function userGrid({ user_utilization, system_summary: all }: UsersReport): Grid {
  const users = Object.values(user_utilization).sort((a, b) => b.total_runtime_hours - a.total_runtime_hours);
  const rows = users.map((user) => userRow(user, all.total_runtime_hours));
  const share = users.length === 0 ? [] : [totalRow(users, all)];
  return { columns: [text("USER"), number("RUNTIME"), number("SHARE"), BAR, ...DONE], rows: [...rows, ...share] };
}

function userRow(user: UserRow, runtime: number): Cell[] {
  const share = runtime > 0 ? Math.min(1, user.total_runtime_hours / runtime) : 0;
  const { total_workflows, completed_workflows, failed_workflows, cancelled_workflows } = user;
  const counts = [total_workflows, completed_workflows, failed_workflows, cancelled_workflows].map(String);
  const mean = hours(user.average_workflow_duration_hours);
  return [user.author, hours(user.total_runtime_hours), percent(share * 100), share, ...counts, mean];
}

function totalRow(users: readonly UserRow[], all: UsersReport["system_summary"]): Cell[] {
  const sum = (key: "completed_workflows" | "failed_workflows" | "cancelled_workflows") =>
    String(users.reduce((count, user) => count + user[key], 0));
  const counts = [
    `${all.total_workflows}`,
    sum("completed_workflows"),
    sum("failed_workflows"),
    sum("cancelled_workflows"),
  ];
  return ["all", hours(all.total_runtime_hours), "", null, ...counts, hours(all.average_workflow_duration_hours)];
}
