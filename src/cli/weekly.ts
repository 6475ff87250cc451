/** Hours of the week as people write them: `mon-fri 22:00-06:00 Europe/Berlin`, `sat,sun 00:00-24:00`, `daily 12:00-13:00`. */
import type { Weekly } from "../alert/incident.ts";
import { localZone } from "../event/zone.ts";
import { usageError } from "./exit.ts";

const DAYS: readonly string[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const ALL = [0, 1, 2, 3, 4, 5, 6];
const FORM = /^(\S+)\s+(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)(?:\s+(\S+))?$/;

/** Without a zone, that of this computer. Whoever keeps it checks times and zone. @throws EventStoreError `EVT_INVALID_OPTION` */
export function readWeekly(text: string): Weekly {
  const [, days, from = "", to = "", timezone = localZone()] = FORM.exec(text.trim()) ?? [];
  const read = days === undefined ? undefined : daysIn(days.toLowerCase());
  if (read === undefined)
    throw usageError('--weekly takes days, hours and a time zone, like "mon-fri 22:00-06:00 Europe/Berlin"');
  return { days: read, from: from.padStart(5, "0"), to: to.padStart(5, "0"), timezone };
}

/** `mon-fri 22:00-06:00 Europe/Berlin` */
export function weeklyText({ days, from, to, timezone }: Weekly): string {
  return `${daysText(days)} ${from}-${to} ${timezone}`;
}

function daysIn(text: string): number[] | undefined {
  if (text === "daily") return ALL;
  const parts = text.split(",").map((part) => part.split("-").map(dayOf));
  if (parts.some((part) => part.includes(-1) || part.length > 2)) return undefined;
  return [...new Set(parts.flatMap(([first = 0, last = first]) => between(first, last)))];
}

function dayOf(word: string): number {
  const name = word.slice(0, 3);
  const isName = /^(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:day)?$/.test(word);
  return isName ? DAYS.indexOf(name) : -1;
}

/** A week has no end: `fri-mon` is four days. */
function between(first: number, last: number): number[] {
  return ALL.slice(0, ((last - first + 7) % 7) + 1).map((step) => (first + step) % 7);
}

/** A row of at least three days as `mon-fri`, others one by one. */
function daysText(days: readonly number[]): string {
  if (days.length === 7) return "daily";
  const start = days.find((day) => !days.includes((day + 6) % 7)) ?? 0;
  const row = between(start, (start + days.length - 1) % 7);
  if (days.length < 3 || row.some((day) => !days.includes(day))) return days.map((day) => DAYS[day]).join(",");
  return `${DAYS[start]}-${DAYS[row.at(-1) ?? start]}`;
}
