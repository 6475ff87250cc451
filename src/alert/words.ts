/** Spans and times in words, as incidents give their reasons. */

/** Reason of an incident that only says what every message does. */
export const MATCHED = "an event matched";

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** `15 min`, `1 h 30 min`, `250 ms`; at most two units. */
export function spanWords(ms: number): string {
  const parts: string[] = [];
  let rest = Math.round(ms);
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return parts.slice(0, 2).join(" ") || `${rest} ms`;
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}

const clocks = new Map<string, Intl.DateTimeFormat>();
const MAX_CLOCKS = 100;

/** `14:05` in the zone. */
export function clockWords(ms: number, timezone: string): string {
  let clock = clocks.get(timezone);
  if (!clock) {
    if (clocks.size >= MAX_CLOCKS) clocks.clear();
    clock = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });
    clocks.set(timezone, clock);
  }
  return clock.format(ms);
}
