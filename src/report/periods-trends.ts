/** How use changes from the first to the last period with any. */
import { round } from "./number.ts";
import type { PeriodsReport, SystemPeriod, Trend } from "./periods-shape.ts";

/** Changes within this many percent count as none. */
const STABLE_PERCENT = 5;

export function trends(system: readonly SystemPeriod[]): PeriodsReport["trends"] {
  const active = system.filter(({ utilization }) => utilization > 0);
  return {
    utilization_trend: trend(active.map(({ utilization }) => utilization)),
    experiment_trend: trend(active.map(({ experiments }) => experiments)),
  };
}

function trend(values: readonly number[]): Trend {
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined || values.length < 2)
    return { direction: "insufficient_data", change_percent: 0 };
  const change = first === 0 ? 0 : ((last - first) / first) * 100;
  return {
    direction: change > STABLE_PERCENT ? "increasing" : change < -STABLE_PERCENT ? "decreasing" : "stable",
    change_percent: round(change, 2),
    first_value: round(first, 2),
    last_value: round(last, 2),
    active_periods_analyzed: values.length,
  };
}
