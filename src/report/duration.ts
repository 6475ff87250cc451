/** Lengths of time in the forms MADSci's reports tell them. Source: MADSci 0.7.1, spec sections 10 and 11.3. */
import { round, seconds as secondsOf } from "./number.ts";
import type { DurationParts } from "./sessions-shape.ts";
import type { Micros } from "./types.ts";

/** A length in every unit. Its words have one decimal. */
export function durationParts(length: Micros): DurationParts {
  const { seconds, minutes, hours, unit } = inUnits(secondsOf(length));
  const value = { seconds, minutes, hours }[unit];
  const display = oneDecimal(value) + unit[0];
  return { display, seconds, minutes, hours, primary_unit: unit, primary_value: value };
}

/** `45.6 minutes`; `Ongoing` for what has no length yet. */
export function durationDisplay(length: Micros | null): string {
  if (length === null) return "Ongoing";
  const parts = inUnits(secondsOf(length));
  return `${oneDecimal(parts[parts.unit])} ${parts.unit}`;
}

/** Seconds below a minute (and below nothing), minutes below an hour, else hours. */
function inUnits(seconds: number) {
  const unit = seconds < 60 ? "seconds" : seconds < 3600 ? "minutes" : "hours";
  return { seconds, minutes: seconds / 60, hours: seconds / 3600, unit } as const;
}

const oneDecimal = (value: number): string => round(value, 1).toFixed(1);
