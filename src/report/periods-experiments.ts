/** Experiments by period: how many start, how many are under way, and the list of them. */
import { durationDisplay } from "./duration.ts";
import { hours } from "./number.ts";
import type { ResolvedPeriods } from "./options.ts";
import type { ExperimentRow, PeriodsReport } from "./periods-shape.ts";
import { countUntil } from "./sorted.ts";
import { naiveUtc } from "./time-text.ts";
import type { Experiment, Interval, Micros } from "./types.ts";

/** How many of `experiments` start in each of `periods`, which tile the window. */
export function startsIn(experiments: readonly Experiment[], periods: readonly Interval[]): number[] {
  const counts = periods.map(() => 0);
  for (const { start } of experiments) {
    const index = firstEndingAfter(periods, start);
    if (index < periods.length && periods[index]!.start <= start) counts[index]!++;
  }
  return counts;
}

/** How many different ones of `experiments` start or run in each of `periods`. */
export function activeIn(experiments: readonly Experiment[], periods: readonly Interval[]): number[] {
  // Where one appears, and where it is gone: their running sum is the number under way.
  const changes = new Array<number>(periods.length + 1).fill(0);
  for (const { start, running } of experiments) {
    let counted = 0;
    for (const span of [{ start, end: start + 1 }, ...running]) {
      const first = Math.max(counted, firstEndingAfter(periods, span.start));
      const after = Math.max(first, firstStartingAt(periods, span.end));
      changes[first]!++;
      changes[after]!--;
      counted = after;
    }
  }
  let under = 0;
  return periods.map((_, index) => {
    under += changes[index]!;
    return under;
  });
}

/** Index of the first period that is not over at `instant`. */
const firstEndingAfter = (periods: readonly Interval[], instant: Micros) =>
  countUntil(periods, ({ end }) => end <= instant);

const firstStartingAt = (periods: readonly Interval[], instant: Micros) =>
  countUntil(periods, ({ start }) => start < instant);

/** One page of the experiments, by start, then id. */
export function experimentDetails(
  experiments: readonly Experiment[],
  { experimentsLimit, experimentsOffset }: ResolvedPeriods,
): PeriodsReport["experiment_details"] {
  const page = experiments.slice(experimentsOffset, experimentsOffset + experimentsLimit);
  return { total_experiments: experiments.length, experiments: page.map(experimentRow) };
}

function experimentRow({ id, name, start, end, status }: Experiment): ExperimentRow {
  return {
    experiment_id: id,
    experiment_name: name ?? "Unknown Experiment",
    start_time: naiveUtc(start),
    end_time: end === null ? null : naiveUtc(end),
    status,
    duration_hours: end === null ? null : hours(end - start),
    duration_display: durationDisplay(end === null ? null : end - start),
  };
}
