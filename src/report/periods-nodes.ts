/** Nodes by period: in each that has some of its up time within the sessions that list it. */
import type { Allowance } from "./allowance.ts";
import type { Bucket } from "./calendar.ts";
import type { Told } from "./history.ts";
import { cut, total } from "./interval.ts";
import { sharesByNode, together } from "./listed-nodes.ts";
import { nodeDisplay } from "./names.ts";
import { hours, percentage, round } from "./number.ts";
import { rowHead } from "./period-row.ts";
import { meanUtilization, peakOf } from "./periods-peak.ts";
import type { AnalysisType, NodePeriod, PeriodNodeTotals } from "./periods-shape.ts";
import type { LabHistory, Micros, Spans } from "./types.ts";

type Series = Readonly<Record<string, readonly NodePeriod[]>>;

interface SeriesOptions {
  readonly analysisType: AnalysisType;
  readonly allowance: Allowance;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for more rows than are allowed */
export async function nodeSeries(
  { history, pace }: Told,
  buckets: readonly Bucket[],
  { analysisType: type, allowance }: SeriesOptions,
): Promise<Series> {
  const series: Record<string, NodePeriod[]> = Object.create(null);
  for (const shares of sharesByNode(history)) {
    const times = { up: together(shares, "up"), busy: together(shares, "busy"), error: together(shares, "error") };
    const rows: NodePeriod[] = [];
    for (const [index, bucket] of buckets.entries()) {
      const pause = pace();
      if (pause) await pause;
      const up = total(cut(times.up, bucket));
      if (up === 0) continue;
      allowance.take(1);
      rows.push({ ...rowHead(bucket, index), ...used(times, bucket, up, type) });
    }
    if (rows.length > 0) series[shares[0]!.node.id] = rows;
  }
  return series;
}

type Times = Readonly<Record<"up" | "busy" | "error", Spans>>;

function used({ busy, error }: Times, bucket: Bucket, up: Micros, type: AnalysisType) {
  const busyTime = total(cut(busy, bucket));
  return {
    utilization: percentage(busyTime, up),
    busy_hours: type === "hourly" ? hours(busyTime) : round(hours(busyTime), 3),
    busy_time_hours: hours(busyTime),
    up_time_hours: hours(up),
    error_time_hours: hours(total(cut(error, bucket))),
  };
}

export function nodeSummary(
  history: LabHistory,
  series: Series,
  type: AnalysisType,
): Readonly<Record<string, PeriodNodeTotals>> {
  const summary: Record<string, PeriodNodeTotals> = Object.create(null);
  for (const shares of sharesByNode(history)) {
    const { node } = shares[0]!;
    const rows = series[node.id];
    if (rows === undefined) continue;
    summary[node.id] = {
      node_id: node.id,
      node_name: node.name,
      display_name: nodeDisplay(node),
      average_utilization: meanUtilization(rows),
      ...peakOf(rows, type),
      total_busy_hours: round(
        rows.reduce((sum, row) => sum + row.busy_time_hours, 0),
        2,
      ),
    };
  }
  return summary;
}
