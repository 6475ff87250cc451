/** The short list of users in a report by period. */
import type { PeriodUsers } from "./periods-shape.ts";
import type { Workflow } from "./types.ts";
import { userTotals, workflowsByAuthor, workflowTotals } from "./users-report.ts";

const TOP = 10;

export function periodUsers(workflows: readonly Workflow[]): PeriodUsers {
  const totals = workflowTotals(workflows);
  const rows = [...workflowsByAuthor(workflows)].map(([author, own]) => userTotals(author, own));
  const top = rows.toSorted((a, b) => b.total_runtime_hours - a.total_runtime_hours).slice(0, TOP);
  return {
    total_users: rows.length,
    author_attribution_rate_percent: totals.author_attribution_rate_percent,
    top_users: top.map((row) => ({
      author: row.author,
      total_workflows: row.total_workflows,
      total_runtime_hours: row.total_runtime_hours,
      completion_rate_percent: row.completion_rate_percent,
      average_workflow_duration_hours: row.average_workflow_duration_hours,
    })),
    system_totals: {
      total_workflows: totals.total_workflows,
      total_runtime_hours: totals.total_runtime_hours,
      completion_rate_percent: totals.completion_rate_percent,
    },
  };
}
