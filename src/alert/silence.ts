/**
 * Silence: when one holds, and over which incidents.
 *
 * Its selector runs over {@link selectable} of view.ts: `rule`, `severity`, `state`, `labels.<path>`, and the fields of
 * the newest event (`event_type`, `log_level`, `source.*`, `event_data.*`).
 */
import type { StoredEvent } from "../event/event.ts";
import { compileMatcher, type EventMatcher } from "../event/selector/matches.ts";
import { parseSelector } from "../event/selector/parse.ts";
import { zoneReader } from "../event/zone.ts";
import { windowEnd } from "./day-window.ts";
import type { Silence } from "./incident.ts";

/** A silence ready to be asked. */
export interface ReadySilence {
  readonly silence: Silence;
  readonly matches: EventMatcher;
}

/** @throws EventStoreError `EVT_INVALID_SELECTOR` */
export function readySilence(silence: Silence): ReadySilence {
  const parsed = parseSelector(silence.selector, { naiveTimezone: "UTC" });
  return { silence, matches: compileMatcher(parsed, zoneReader("UTC")) };
}

export function silenceHolds(silence: Silence, nowMs: number): boolean {
  return silenceUntil(silence, nowMs) !== null;
}

/** When it stops holding, if it holds at `nowMs`. */
export function silenceUntil({ starts_at, ends_at, weekly }: Silence, nowMs: number): number | null {
  const endsMs = Date.parse(ends_at);
  if (nowMs < Date.parse(starts_at) || nowMs >= endsMs) return null;
  if (weekly === null) return endsMs;
  const windowMs = windowEnd(weekly, nowMs);
  return windowMs === null ? null : Math.min(endsMs, windowMs);
}

/** The silence that keeps a document quiet longest; the first of equals. */
export function silenceOver(silences: readonly ReadySilence[], document: StoredEvent, nowMs: number) {
  let found: { readonly id: string; readonly untilMs: number } | null = null;
  for (const { silence, matches } of silences) {
    const untilMs = silenceUntil(silence, nowMs);
    if (untilMs === null || (found && untilMs <= found.untilMs) || !matches(document)) continue;
    found = { id: silence.silence_id, untilMs };
  }
  return found;
}
