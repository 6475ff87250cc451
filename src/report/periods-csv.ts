/** The report by period as CSV. Source: MADSci 0.7.1, spec section 12.3. */
import { BLANK, type CsvOptions, csvLines, float, floatOrZero, type Row } from "./csv.ts";
import type { PeriodsReport } from "./periods-shape.ts";

/**
 * Lines of the CSV, each with its end.
 * @since 0.1.0
 */
export function periodsCsv(report: PeriodsReport, options: CsvOptions = {}): Iterable<string> {
  return csvLines(rows(report), options);
}

function* rows(report: PeriodsReport): Generator<Row> {
  yield "=== UTILIZATION PERIODS REPORT ===";
  yield BLANK;
  yield* metadata(report);
  yield* metrics(report);
  yield* series(report);
  yield* nodes(report);
  yield* workcells(report);
  yield* users(report);
  yield* experiments(report);
}

function* metadata({ summary_metadata: metadata }: PeriodsReport): Generator<Row> {
  yield "Metadata";
  yield ["Analysis Type", metadata.analysis_type];
  yield ["Generated At", metadata.generated_at];
  yield ["Period Start", metadata.period_start];
  yield ["Period End", metadata.period_end];
  yield ["User Timezone", metadata.user_timezone];
  yield ["Total Periods", metadata.total_periods];
  yield BLANK;
}

function* metrics({ key_metrics: metrics, summary_metadata: { analysis_type } }: PeriodsReport): Generator<Row> {
  // Of months it is a quotient, and so never MADSci's whole 0.
  const divided = analysis_type === "monthly" && metrics.total_runtime_hours > 0;
  yield "Key Metrics";
  yield ["Average Utilization (%)", (divided ? float : floatOrZero)(metrics.average_utilization)];
  yield ["Peak Utilization (%)", floatOrZero(metrics.peak_utilization)];
  yield ["Peak Period", metrics.peak_period];
  yield ["Total Experiments", metrics.total_experiments];
  yield ["Total Runtime (hours)", floatOrZero(metrics.total_runtime_hours)];
  yield ["Total Active Time (hours)", floatOrZero(metrics.total_active_time_hours)];
  yield ["Active Periods", metrics.active_periods];
  yield ["Total Periods", metrics.total_periods];
  yield BLANK;
}

function* series({ time_series: { system } }: PeriodsReport): Generator<Row> {
  yield "=== TIME SERIES DATA ===";
  yield "Period Number,Period Type,Period Display,Date,Start Time,Utilization (%),Experiments,Runtime (hours)";
  for (const period of system) {
    yield [
      period.period_number,
      period.period_type,
      period.period_display,
      period.date,
      period.start_time,
      floatOrZero(period.utilization),
      period.experiments,
      floatOrZero(period.runtime_hours),
    ];
  }
  yield BLANK;
}

function* nodes({ node_summary: nodes, summary_metadata: { analysis_type } }: PeriodsReport): Generator<Row> {
  const list = Object.values(nodes);
  yield "=== NODE SUMMARY ===";
  if (list.length > 0)
    yield "Node ID,Node Name,Display Name,Average Utilization (%),Peak Utilization (%),Peak Period,Total Busy (hours)";
  else if (analysis_type === "daily") yield "No node activity detected during this daily analysis period";
  else yield "No node data available for this time period";
  for (const node of list) {
    yield [
      node.node_id,
      node.node_name,
      node.display_name,
      floatOrZero(node.average_utilization),
      floatOrZero(node.peak_utilization),
      node.peak_period,
      floatOrZero(node.total_busy_hours),
    ];
  }
  yield BLANK;
}

function* workcells({ workcell_summary: workcells }: PeriodsReport): Generator<Row> {
  const list = Object.values(workcells);
  if (list.length === 0) return;
  yield "=== WORKCELL SUMMARY ===";
  yield "Workcell ID,Workcell Name,Display Name,Average Utilization (%),Peak Utilization (%),Peak Period,Total Experiments,Total Runtime (hours),Total Active Time (hours)";
  for (const workcell of list) {
    yield [
      workcell.workcell_id,
      workcell.workcell_name,
      workcell.display_name,
      floatOrZero(workcell.average_utilization),
      floatOrZero(workcell.peak_utilization),
      workcell.peak_period,
      workcell.total_experiments,
      floatOrZero(workcell.total_runtime_hours),
      floatOrZero(workcell.total_active_time_hours),
    ];
  }
  yield BLANK;
}

function* users({ user_utilization: users }: PeriodsReport): Generator<Row> {
  if (users === undefined) return;
  yield "=== USER UTILIZATION ===";
  yield "Author,Total Workflows,Total Runtime (hours),Completion Rate (%),Average Workflow Duration (hours)";
  for (const user of users.top_users) {
    yield [
      user.author,
      user.total_workflows,
      floatOrZero(user.total_runtime_hours),
      float(user.completion_rate_percent),
      floatOrZero(user.average_workflow_duration_hours),
    ];
  }
  yield BLANK;
}

function* experiments({ experiment_details: { experiments, total_experiments } }: PeriodsReport): Generator<Row> {
  if (total_experiments === 0) return;
  yield "=== EXPERIMENT DETAILS ===";
  yield "Experiment ID,Experiment Name,Start Time,End Time,Status,Duration (hours),Duration Display";
  for (const experiment of experiments) {
    yield [
      experiment.experiment_id,
      experiment.experiment_name,
      experiment.start_time,
      experiment.end_time,
      experiment.status,
      float(experiment.duration_hours),
      experiment.duration_display,
    ];
  }
  const more = total_experiments - experiments.length;
  if (more > 0) yield `... and ${more} more experiments`;
  yield BLANK;
}
