/** The report by author of workflows. Its totals and its rows are made of the same workflows. */
import type { Told } from "./history.ts";
import { round } from "./number.ts";
import type { Pace } from "./pace.ts";
import { naiveUtc } from "./time-text.ts";
import type { Workflow } from "./types.ts";
import type { UserRow, UsersReport, WorkflowRow, WorkflowTotals } from "./users-shape.ts";

const UNKNOWN_AUTHOR = "Unknown Author";

export async function usersReport(told: Told): Promise<UsersReport> {
  const { workflows } = told.history;
  const totals = workflowTotals(workflows);
  const byAuthor = workflowsByAuthor(workflows);
  const users: Record<string, UserRow> = Object.create(null);
  for (const [author, own] of byAuthor)
    users[author] = { ...userTotals(author, own), workflows: await workflowRows(own, told.pace) };
  return {
    report_metadata: {
      generated_at: told.generatedAt,
      analysis_start: naiveUtc(told.from),
      analysis_end: naiveUtc(told.to),
      total_workflows: workflows.length,
      total_users: byAuthor.size,
      workflows_with_authors: totals.workflows_with_known_authors,
      workflows_without_authors: workflows.length - totals.workflows_with_known_authors,
      skipped_events: told.skipped,
    },
    system_summary: totals,
    user_utilization: users,
  };
}

/** In order of their first workflow. */
export function workflowsByAuthor(workflows: readonly Workflow[]): Map<string, Workflow[]> {
  const byAuthor = new Map<string, Workflow[]>();
  for (const workflow of workflows) {
    const author = workflow.author ?? UNKNOWN_AUTHOR;
    const known = byAuthor.get(author);
    if (known) known.push(workflow);
    else byAuthor.set(author, [workflow]);
  }
  return byAuthor;
}

export function workflowTotals(workflows: readonly Workflow[]): WorkflowTotals {
  const { runtime, average } = durations(workflows);
  const known = workflows.filter(({ author }) => author !== null).length;
  return {
    total_workflows: workflows.length,
    total_runtime_hours: runtime,
    average_workflow_duration_hours: average,
    completion_rate_percent: percent(count(workflows, "completed"), workflows.length),
    workflows_with_known_authors: known,
    author_attribution_rate_percent: percent(known, workflows.length),
  };
}

export function userTotals(author: string, workflows: readonly Workflow[]): Omit<UserRow, "workflows"> {
  const { runtime, average, shortest, longest } = durations(workflows);
  const completed = count(workflows, "completed");
  return {
    author,
    total_workflows: workflows.length,
    completed_workflows: completed,
    failed_workflows: count(workflows, "failed"),
    cancelled_workflows: count(workflows, "cancelled"),
    total_runtime_hours: runtime,
    average_workflow_duration_hours: average,
    shortest_workflow_hours: shortest,
    longest_workflow_hours: longest,
    completion_rate_percent: percent(completed, workflows.length),
  };
}

async function workflowRows(workflows: readonly Workflow[], pace: Pace): Promise<WorkflowRow[]> {
  const rows: WorkflowRow[] = [];
  for (const workflow of workflows) {
    const pause = pace();
    if (pause) await pause;
    rows.push(workflowRow(workflow));
  }
  return rows;
}

function workflowRow({ id, name, start, end, durationSeconds, status }: Workflow): WorkflowRow {
  return {
    workflow_id: id,
    workflow_name: name ?? "Unknown",
    start_time: start === null ? null : naiveUtc(start),
    end_time: end === null ? null : naiveUtc(end),
    duration_hours: durationSeconds === null ? null : durationSeconds / 3600,
    status,
  };
}

const count = (workflows: readonly Workflow[], status: string) =>
  workflows.reduce((sum, workflow) => sum + (workflow.status === status ? 1 : 0), 0);

const percent = (part: number, whole: number) => (whole === 0 ? 0 : round((part / whole) * 100, 2));

function durations(workflows: readonly Workflow[]) {
  let [known, seconds, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { durationSeconds } of workflows) {
    if (durationSeconds === null) continue;
    known++;
    seconds += durationSeconds;
    least = Math.min(least, durationSeconds);
    most = Math.max(most, durationSeconds);
  }
  if (known === 0) return { runtime: 0, average: 0, shortest: null, longest: null };
  return {
    runtime: round(seconds / 3600, 2),
    average: round(seconds / 3600 / known, 3),
    shortest: round(least / 3600, 3),
    longest: round(most / 3600, 3),
  };
}
