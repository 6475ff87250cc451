/** Numbers and times of reports in the words of their tables. */
import { parseTimestamp } from "../event/timestamp.ts";
import type { WallClock } from "../report/wall-clock.ts";
import { type Column, type Grid, type GridLook, gridText } from "./report-grid.ts";

const DAY_MS = 86_400_000;

export const text = (title: string): Column => ({ title });
export const number = (title: string): Column => ({ title, kind: "right" });
/** The same column, given up where a line is too narrow: the highest first. */
export const spare = (column: Column, rank: number): Column => ({ ...column, spare: rank });
export const BAR: Column = { title: "", kind: "bar" };

/** `4.35 h`, `152.8 h`, `<0.01 h`: only nothing is 0. A dash where a server does not tell. */
export function hours(value: number | null | undefined): string {
  if (typeof value !== "number") return "-";
  if (value > 0 && value < 0.005) return "<0.01 h";
  return `${value.toFixed(Math.abs(value) < 9.995 ? 2 : 1)} h`;
}

/** `37.5 %`, `<0.1 %`, `>99.9 %`: only nothing is 0, and only all is 100. */
export function percent(value: number): string {
  if (value > 0 && value < 0.05) return "<0.1 %";
  if (value >= 99.95 && value < 100) return ">99.9 %";
  return `${value.toFixed(1)} %`;
}

/** As a percentage; 0 of nothing. All of it is 100, also where sums of the same parts differ in their last bits. */
export function percentOf(part: number, whole: number): number {
  const share = whole > 0 ? (100 * part) / whole : 0;
  return Math.abs(share - 100) < 1e-6 ? 100 : share;
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
