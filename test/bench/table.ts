/** Prints aligned tables, with where they were measured. */
import { execFileSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import type { Pair, Spread } from "./measure.ts";

export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly reference: string;
  readonly ratio: string;
  readonly goal: string;
}

const HEADER: Row = { what: "WHAT", ours: "OURS", reference: "REFERENCE", ratio: "RATIO", goal: "GOAL" };

export function printTable(title: string, rows: readonly Row[]): void {
  const all = [HEADER, ...rows];
  const columns = Object.keys(HEADER) as (keyof Row)[];
  const widths = columns.map((column) => Math.max(...all.map((row) => row[column].length)));
  const lines = all.map((row) =>
    columns
      .map((column, i) => row[column].padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  console.log(`\n${title}: ${place()}\n${lines.join("\n")}`);
}

function place(): string {
  let commit = "no commit";
  try {
    commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    // Outside of a repository.
  }
  const load = loadavg()[0]?.toFixed(1);
  return `node ${process.version}, ${cpus().length} CPUs, load ${load}, ${commit}; median (min–max)`;
}

export function rate({ median, min, max }: Spread): string {
  return `${short(median)}/s (${short(min)}–${short(max)})`;
}

function short(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(0)}k` : value.toFixed(0);
}

/** @param least the goal; none where a row only says what is possible */
export function pairRow(what: string, pair: Pair, least?: number): Row {
  const { median, min, max } = pair.ratio;
  const goal = least === undefined ? "" : `≥ ${least} ${median >= least ? "met" : "MISSED"}`;
  const ratio = `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
  return { what, ours: rate(pair.ours), reference: rate(pair.reference), ratio, goal };
}

export function notMeasured(what: string, reason: string): Row {
  return { what, ours: `not measured: ${reason.slice(0, 60)}`, reference: "", ratio: "", goal: "" };
}
