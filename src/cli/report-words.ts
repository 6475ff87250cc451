/** Numbers and times of reports in the words of their tables. */
import { parseTimestamp } from "../event/timestamp.ts";
import type { WallClock } from "../report/wall-clock.ts";
import { type Column, type Grid, type GridLook, gridText } from "./report-grid.ts";

const DAY_MS = 86_400_000;

export const text = (title: string): Column => ({ title });
export const number = (title: string): Column => ({ title, kind: "right" });
export const BAR: Column = { title: "", kind: "bar" };

/** `4.35 h`, `152.8 h`; a dash where a server does not tell. */
export function hours(value: number | null | undefined): string {
  if (typeof value !== "number") return "-";
  return `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)} h`;
}

/** `37.5 %` */
export function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

/** `2025-06-10 08:00`, as the clock on the wall shows what the report tells in UTC. */
function wallTime(naiveUtc: string, clock: WallClock): string {
  const read = parseTimestamp(naiveUtc, (wallMs) => wallMs);
  if (typeof read === "string") return naiveUtc;
  const wall = clock.read(Number(read.instant));
  return new Date(Math.floor(wall / 1000)).toISOString().slice(0, -8).replace("T", " ");
}

/** From when to when: the end without the day if that is the one it began on. */
export function wallSpan([start, end]: readonly [string, string], { clock, withYear }: Times): [string, string] {
  const [from, to] = [wallTime(start, clock), end === "" ? "" : wallTime(end, clock)];
  const skip = withYear ? 0 : 5;
  return [from.slice(skip), to.slice(from.slice(0, 10) === to.slice(0, 10) ? 11 : skip)];
}

export interface Times {
  readonly clock: WallClock;
  readonly withYear: boolean;
}

/** Of a window of less than a year the heading tells the year, and rows need not. */
export function timesOf(start: string, end: string, { clock }: Place): Times {
  return { clock, withYear: Date.parse(`${end}Z`) - Date.parse(`${start}Z`) > 300 * DAY_MS };
}

/** Where a report looks: what it is of, from when to when, on whose clock. */
export interface Place {
  readonly clock: WallClock;
  readonly zone: string;
}

export function heading(what: string, [start, end]: readonly [string, string], { clock, zone }: Place): string {
  return `${what}, ${wallTime(start, clock)} to ${wallTime(end, clock)}, ${zone}\n`;
}

/** A blank line and the grid; nothing where it has no rows. */
export function section(grid: Grid, look: GridLook): string {
  return grid.rows.length === 0 ? "" : `\n${gridText(grid, look)}`;
}
