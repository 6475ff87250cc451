/**
 * ISO 8601 in the notations Python's `fromisoformat` takes beyond those of an event: basic (`20250610T130000`) and week dates
 * (`2025-W24-2`). Here they become the usual one; anything else stays as it is.
 */
import { wallMs } from "../event/instant.ts";

const BASIC_DATE = /^(\d{4})(\d\d)(\d\d)(?=$|\D)/;
const WEEK_DATE = /^(\d{4})-?W(\d\d)(?:-?([1-7]))?(?=$|[^\d-])/;
const BASIC_CLOCK = /^(\d\d)(\d\d)?(\d\d)?(?=$|[.,Zz+-])/;
const HOUR_OFFSET = /([+-]\d\d)$/;
const DAY_MS = 86_400_000;

export function extendedIso(text: string): string {
  const dated = text.replace(BASIC_DATE, "$1-$2-$3").replace(WEEK_DATE, weekDate);
  if (dated.length < 12) return dated;
  const clock = dated.slice(11).replace(BASIC_CLOCK, (_, h, m = "00", s = "00") => `${h}:${m}:${s}`);
  return dated.slice(0, 11) + clock.replace(HOUR_OFFSET, (offset) => `${offset}:00`);
}

/** Week 1 is the one with January 4th; a week that the year does not have stays as written, and is refused. */
function weekDate(text: string, year: string, week: string, day = "1"): string {
  const fourth = wallMs([Number(year), 1, 4], [0, 0, 0]);
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS;
  const found = monday + ((Number(week) - 1) * 7 + Number(day) - 1) * DAY_MS;
  const thursday = new Date(monday + (Number(week) - 1) * 7 * DAY_MS + 3 * DAY_MS);
  if (Number(week) < 1 || thursday.getUTCFullYear() !== Number(year)) return text;
  return new Date(found).toISOString().slice(0, 10);
}
