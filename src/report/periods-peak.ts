/** The best of several periods, and the mean of them. */
import { round } from "./number.ts";
import type { AnalysisType, Peak } from "./periods-shape.ts";

interface Rated {
  readonly utilization: number;
  readonly period_display: string;
}

const WORDS = { hourly: "in", daily: "on", weekly: "during", monthly: "in" } as const satisfies Record<
  AnalysisType,
  string
>;

/** The first of the highest; without any there is none. */
export function peakOf(rows: readonly Rated[], type: AnalysisType): Peak {
  let best: Rated | undefined;
  for (const row of rows) if (best === undefined || row.utilization > best.utilization) best = row;
  if (best === undefined) return { peak_utilization: 0, peak_period: null, peak_context: "No peak data available" };
  return {
    peak_utilization: round(best.utilization, 2),
    peak_period: best.period_display,
    peak_context: `Peak utilization ${WORDS[type]} ${best.period_display}`,
  };
}

/** To two decimals; 0 of nothing. */
export function meanUtilization(rows: readonly Rated[]): number {
  if (rows.length === 0) return 0;
  return round(rows.reduce((sum, { utilization }) => sum + utilization, 0) / rows.length, 2);
}
