/** The users report as a table; the bar is a user's share of all runtime. */
import type { UserRow, UsersReport } from "../report/index.ts";
import type { Cell, Grid, GridLook } from "./report-grid.ts";
import { BAR, heading, hours, number, type Place, percent, percentOf, section, spare, text } from "./report-words.ts";

const COUNTS = [number("WORKFLOWS"), number("DONE"), number("FAILED"), number("CANCELLED"), number("OTHER")];
const COLUMNS = [text("USER"), number("RUNTIME"), number("SHARE"), BAR, ...COUNTS, spare(number("MEAN"), 1)];

interface Counts {
  readonly total_workflows: number;
  readonly completed_workflows: number;
  readonly failed_workflows: number;
  readonly cancelled_workflows: number;
}

export function usersText(report: UsersReport, place: Place, look: GridLook): string {
  const { analysis_start, analysis_end } = report.report_metadata;
  const grid = userGrid(report);
  const table = grid.rows.length === 0 ? "\nno workflows\n" : section(grid, look);
  return heading("Users", [analysis_start, analysis_end], place) + table;
}

function userGrid({ user_utilization }: UsersReport): Grid {
  const users = Object.values(user_utilization).map((user) => ({ user, ...lengthsOf(user) }));
  users.sort((a, b) => b.runtime - a.runtime);
  const runtime = users.reduce((sum, one) => sum + one.runtime, 0);
  const told = users.reduce((sum, one) => sum + one.told, 0);
  const counts = users.map(({ user }) => user).reduce(added, NONE);
  const withOthers = others(counts) > 0;
  const rows = users.map(({ user, ...own }): Cell[] => {
    const share = percentOf(own.runtime, runtime);
    const cells = [hours(own.runtime), percent(share), share / 100, ...countCells(user, withOthers)];
    return [user.author, ...cells, mean(own)];
  });
  const sums = ["all", hours(runtime), "", null, ...countCells(counts, withOthers), mean({ runtime, told })];
  return { columns: COLUMNS, rows: rows.length === 0 ? [] : [...rows, sums] };
}

interface Lengths {
  /** Hours of all workflows that tell their length. */
  readonly runtime: number;
  /** How many those are. */
  readonly told: number;
}

/** The row's own sum and mean are rounded: of short workflows nothing would be left. */
function lengthsOf({ workflows }: UserRow): Lengths {
  const lengths = workflows.flatMap(({ duration_hours }) => duration_hours ?? []);
  return { runtime: lengths.reduce((sum, length) => sum + length, 0), told: lengths.length };
}

const mean = ({ runtime, told }: Lengths) => hours(told === 0 ? null : runtime / told);

const NONE: Counts = { total_workflows: 0, completed_workflows: 0, failed_workflows: 0, cancelled_workflows: 0 };

function added(a: Counts, b: Counts): Counts {
  return {
    total_workflows: a.total_workflows + b.total_workflows,
    completed_workflows: a.completed_workflows + b.completed_workflows,
    failed_workflows: a.failed_workflows + b.failed_workflows,
    cancelled_workflows: a.cancelled_workflows + b.cancelled_workflows,
  };
}

/** The others still run, or ended in a way of their own. */
const others = (counts: Counts) =>
  counts.total_workflows - counts.completed_workflows - counts.failed_workflows - counts.cancelled_workflows;

function countCells(counts: Counts, withOthers: boolean): string[] {
  const { total_workflows, completed_workflows, failed_workflows, cancelled_workflows } = counts;
  const cells = [total_workflows, completed_workflows, failed_workflows, cancelled_workflows].map(String);
  return [...cells, withOthers ? `${others(counts)}` : ""];
}
