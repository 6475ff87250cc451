/**
 * The report by period: everything that has a length is cut to each period, everything that happens is counted where it begins.
 *
 * So the periods' values add up to those of the window, whatever the periods are.
 */
import { rowsAllowance } from "./allowance.ts";
import type { Bucket } from "./calendar.ts";
import type { Told } from "./history.ts";
import { cut, total, union, unionOf } from "./interval.ts";
import { hours, percentage, round } from "./number.ts";
import type { ResolvedPeriods } from "./options.ts";
import { rowHead } from "./period-row.ts";
import { activeIn, experimentDetails, startsIn } from "./periods-experiments.ts";
import { nodeSeries, nodeSummary } from "./periods-nodes.ts";
import { meanUtilization, peakOf } from "./periods-peak.ts";
import type { KeyMetrics, PeriodsReport, SystemPeriod } from "./periods-shape.ts";
import { trends } from "./periods-trends.ts";
import { periodUsers } from "./periods-users.ts";
import { workcellSeries, workcellSummary } from "./periods-workcells.ts";
import { naiveUtc } from "./time-text.ts";

const METHOD = "session_based_analysis_with_experiment_details_refactored";

export async function periodsReport(
  told: Told,
  buckets: readonly Bucket[],
  options: ResolvedPeriods,
): Promise<PeriodsReport> {
  const { history } = told;
  const system = await systemSeries(told, buckets);
  const allowance = rowsAllowance(options.analysisType);
  const nodes = await nodeSeries(told, buckets, { analysisType: options.analysisType, allowance });
  const workcells = await workcellSeries(told, buckets, allowance);
  return {
    summary_metadata: {
      analysis_type: options.analysisType,
      generated_at: told.generatedAt,
      period_start: naiveUtc(told.from),
      period_end: naiveUtc(told.to),
      user_timezone: options.timezone,
      total_periods: buckets.length,
      method: METHOD,
      skipped_events: told.skipped,
    },
    key_metrics: keyMetrics(system, history.experiments.length, options),
    ...(options.includeUsers && { user_utilization: periodUsers(history.workflows) }),
    node_summary: nodeSummary(history, nodes, options.analysisType),
    workcell_summary: workcellSummary(history, workcells, options.analysisType),
    trends: trends(system),
    experiment_details: experimentDetails(history.experiments, options),
    time_series: { system, nodes, workcells },
  };
}

async function systemSeries({ history, pace }: Told, buckets: readonly Bucket[]): Promise<SystemPeriod[]> {
  const open = union(history.sessions.map(({ session }) => session));
  const active = unionOf(history.sessions.map((share) => share.active));
  const starts = startsIn(history.experiments, buckets);
  const running = activeIn(history.experiments, buckets);
  const series: SystemPeriod[] = [];
  for (const [index, bucket] of buckets.entries()) {
    const pause = pace();
    if (pause) await pause;
    const runtime = total(cut(open, bucket));
    const used = total(cut(active, bucket));
    series.push({
      ...rowHead(bucket, index),
      start_time: bucket.startTime,
      start_time_utc: naiveUtc(bucket.start),
      utilization: percentage(used, runtime),
      experiments: starts[index]!,
      runtime_hours: hours(runtime),
      active_time_hours: hours(used),
      experiments_active: running[index]!,
    });
  }
  return series;
}

function keyMetrics(series: readonly SystemPeriod[], experiments: number, options: ResolvedPeriods): KeyMetrics {
  const active = series.filter((period) => period.active_time_hours > 0);
  const runtime = sum(series, "runtime_hours");
  const used = sum(series, "active_time_hours");
  const monthly = options.analysisType === "monthly";
  return {
    average_utilization: monthly ? round(percentage(used, runtime), 2) : meanUtilization(active),
    ...peakOf(active, options.analysisType),
    total_experiments: sum(series, "experiments"),
    total_runtime_hours: round(runtime, 2),
    total_active_time_hours: round(used, 2),
    active_periods: active.length,
    total_periods: series.length,
    total_experiments_active: experiments,
  };
}

function sum<K extends string>(rows: readonly Readonly<Record<K, number>>[], key: K): number {
  return rows.reduce((all, row) => all + row[key], 0);
}
