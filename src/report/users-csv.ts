/** The report by author as CSV; the workflows themselves are not in it. Source: MADSci 0.7.1, spec section 12.3. */
import { BLANK, type Cell, type CsvOptions, csvLines, float, type Row } from "./csv.ts";
import type { UserRow, UsersReport } from "./users-shape.ts";

/**
 * Lines of the CSV, each with its end.
 * @since 0.1.0
 */
export function usersCsv(report: UsersReport, options: CsvOptions = {}): Iterable<string> {
  return csvLines(rows(report), options);
}

function* rows(report: UsersReport): Generator<Row> {
  const { report_metadata: metadata, user_utilization: users } = report;
  yield "=== DETAILED USER UTILIZATION REPORT ===";
  yield BLANK;
  yield "Report Metadata";
  yield ["Generated At", metadata.generated_at];
  yield ["Analysis Start", metadata.analysis_start];
  yield ["Analysis End", metadata.analysis_end];
  yield ["Total Users", metadata.total_users];
  yield ["Total Workflows", metadata.total_workflows];
  yield BLANK;
  yield* summary(report);
  yield "=== USER DETAILS ===";
  yield "Author,Total Workflows,Completed,Failed,Cancelled,Total Runtime (hours),Avg Duration (hours),Completion Rate (%),Shortest (hours),Longest (hours)";
  for (const user of Object.values(users)) yield userRow(user);
}

function* summary({ system_summary: summary, user_utilization: users }: UsersReport): Generator<Row> {
  const timed = Object.values(users).some(isTimed);
  const share = (percent: number): Cell => (summary.total_workflows === 0 ? percent : float(percent));
  yield "System Summary";
  yield ["Total Workflows", summary.total_workflows];
  yield ["Total Runtime (hours)", float(summary.total_runtime_hours)];
  yield ["Average Workflow Duration (hours)", lengthOf(summary.average_workflow_duration_hours, timed)];
  yield ["Completion Rate (%)", share(summary.completion_rate_percent)];
  yield ["Author Attribution Rate (%)", share(summary.author_attribution_rate_percent)];
  yield BLANK;
}

function userRow(user: UserRow): readonly Cell[] {
  return [
    user.author,
    user.total_workflows,
    user.completed_workflows,
    user.failed_workflows,
    user.cancelled_workflows,
    lengthOf(user.total_runtime_hours, isTimed(user)),
    lengthOf(user.average_workflow_duration_hours, isTimed(user)),
    float(user.completion_rate_percent),
    float(user.shortest_workflow_hours),
    float(user.longest_workflow_hours),
  ];
}

/** Whether the length of any workflow is known: MADSci has a whole 0 where none is. */
const isTimed = (user: UserRow): boolean => user.shortest_workflow_hours !== null;
const lengthOf = (hours: number, timed: boolean): Cell => (timed ? float(hours) : hours);
