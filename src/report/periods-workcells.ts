/** Workcells (and labs) by period: one row where one or more of its sessions were open. */
import type { Allowance } from "./allowance.ts";
import type { Bucket } from "./calendar.ts";
import type { Told } from "./history.ts";
import { cut, total, union, unionOf } from "./interval.ts";
import { workcellDisplay, workcellName } from "./names.ts";
import { hours, percentage, round } from "./number.ts";
import { rowHead } from "./period-row.ts";
import { startsIn } from "./periods-experiments.ts";
import { meanUtilization, peakOf } from "./periods-peak.ts";
import type { AnalysisType, PeriodWorkcellTotals, WorkcellPeriod } from "./periods-shape.ts";
import type { Experiment, LabHistory, SessionShare } from "./types.ts";

type Series = Readonly<Record<string, readonly WorkcellPeriod[]>>;

/** @throws EventStoreError `EVT_INVALID_OPTION` for more rows than are allowed */
export async function workcellSeries(
  { history, pace }: Told,
  buckets: readonly Bucket[],
  allowance: Allowance,
): Promise<Series> {
  const series: Record<string, WorkcellPeriod[]> = Object.create(null);
  for (const [id, shares] of sharesById(history)) {
    const open = union(shares.map(({ session }) => session));
    const active = unionOf(shares.map((share) => share.active));
    const own = [...new Map(shares.flatMap((share) => share.experiments.map((one) => [one.id, one]))).values()];
    const starts = startsIn(own, buckets);
    const attributed = startsIn(own.filter(isKnownOf(id)), buckets);
    const rows: WorkcellPeriod[] = [];
    for (const [index, bucket] of buckets.entries()) {
      const pause = pace();
      if (pause) await pause;
      const runtime = total(cut(open, bucket));
      if (runtime === 0) continue;
      allowance.take(1);
      const used = total(cut(active, bucket));
      rows.push({
        ...rowHead(bucket, index),
        utilization: percentage(used, runtime),
        experiments: starts[index]!,
        runtime_hours: hours(runtime),
        active_time_hours: hours(used),
        attributed: false,
        attributed_experiments: attributed[index]!,
      });
    }
    if (rows.length > 0) series[id] = rows;
  }
  return series;
}

export function workcellSummary(
  history: LabHistory,
  series: Series,
  type: AnalysisType,
): Readonly<Record<string, PeriodWorkcellTotals>> {
  const summary: Record<string, PeriodWorkcellTotals> = Object.create(null);
  for (const [id, shares] of sharesById(history)) {
    const rows = series[id];
    if (rows === undefined) continue;
    const name = workcellName({ id, name: shares.find(({ session }) => session.name !== null)?.session.name ?? null });
    const sum = (key: "experiments" | "runtime_hours" | "active_time_hours") =>
      rows.reduce((all, row) => all + row[key], 0);
    summary[id] = {
      workcell_id: id,
      workcell_name: name,
      display_name: workcellDisplay(name, id),
      average_utilization: meanUtilization(rows),
      ...peakOf(rows, type),
      total_experiments: sum("experiments"),
      total_runtime_hours: round(sum("runtime_hours"), 2),
      total_active_time_hours: round(sum("active_time_hours"), 2),
    };
  }
  return summary;
}

/** In order of their first session; the session of a window without any belongs to nobody. */
function sharesById({ sessions }: LabHistory): Map<string, SessionShare[]> {
  const byId = new Map<string, SessionShare[]>();
  for (const share of sessions) {
    if (share.session.type === "default_analysis") continue;
    const known = byId.get(share.session.id);
    if (known) known.push(share);
    else byId.set(share.session.id, [share]);
  }
  return byId;
}

const isKnownOf = (id: string) => (experiment: Experiment) => experiment.workcells.has(id);
