/** The report by session as CSV. Source: MADSci 0.7.1, spec section 12.3. */
import { BLANK, type CsvOptions, csvLines, float, type Row } from "./csv.ts";
import type { SessionsReport } from "./sessions-shape.ts";

/**
 * Lines of the CSV, each with its end.
 * @since 0.1.0
 */
export function sessionsCsv(report: SessionsReport, options: CsvOptions = {}): Iterable<string> {
  return csvLines(rows(report), options);
}

function* rows(report: SessionsReport): Generator<Row> {
  yield "=== UTILIZATION REPORT ===";
  yield BLANK;
  yield* metadata(report);
  yield* summary(report);
  yield* sessions(report);
  yield* nodes(report);
}

function* metadata({ report_metadata: metadata }: SessionsReport): Generator<Row> {
  yield "Report Metadata";
  yield ["Generated At", metadata.generated_at];
  yield ["Analysis Start", metadata.analysis_start];
  yield ["Analysis End", metadata.analysis_end];
  yield ["Total Sessions", metadata.total_sessions];
  yield ["Analysis Duration (hours)", float(metadata.analysis_duration_hours)];
  yield BLANK;
}

function* summary({ overall_summary: summary }: SessionsReport): Generator<Row> {
  yield "Overall Summary";
  yield ["Total Sessions", summary.total_sessions];
  yield ["Total System Runtime (hours)", float(summary.total_system_runtime_hours)];
  yield ["Total Active Time (hours)", float(summary.total_active_time_hours)];
  yield ["Average System Utilization (%)", float(summary.average_system_utilization_percent)];
  yield ["Total Experiments", summary.total_experiments];
  yield ["Nodes Tracked", summary.nodes_tracked];
  yield BLANK;
}

function* sessions({ session_details: sessions }: SessionsReport): Generator<Row> {
  if (sessions.length === 0) return;
  yield "=== SESSION DETAILS ===";
  yield "Session Type,Session Name,Start Time,End Time,Duration (hours),System Utilization (%),Total Experiments,Nodes Active";
  for (const session of sessions) {
    yield [
      session.session_type,
      session.session_name,
      session.start_time,
      session.end_time,
      float(session.duration_hours),
      float(session.system_utilization_percent),
      session.total_experiments,
      session.nodes_active,
    ];
  }
  yield BLANK;
}

function* nodes({ overall_summary: { node_summary: nodes } }: SessionsReport): Generator<Row> {
  const entries = Object.entries(nodes);
  if (entries.length === 0) return;
  yield "=== NODE SUMMARY ===";
  yield "Node ID,Average Utilization (%),Total Busy Time (hours),Sessions Active";
  for (const [id, node] of entries)
    yield [id, float(node.average_utilization_percent), float(node.total_busy_time_hours), node.sessions_active];
}
