/**
 * Flags of `report`: which time, on whose clock, and how the answer is printed.
 *
 * Times without an offset are those of the calendar (`--tz`), so that `--from 2025-06-10` is the midnight at which the day of a
 * report begins. `--from` alone runs until now: people ask for the last seven days.
 */
import { type Command, Option } from "commander";
import { type Instant, instantOf } from "../event/instant.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { localZone, zoneReader } from "../event/zone.ts";
import { type WallClock, wallClock } from "../report/wall-clock.ts";
import { usageError } from "./exit.ts";
import { booleanOption } from "./flags.ts";
import type { Io } from "./io.ts";
import { addAccessFlags } from "./open-access.ts";
import { colorOption, type Paint, paintFor } from "./paint.ts";
import { timeOf } from "./selection.ts";

const FORMATS = ["table", "json", "csv"] as const;

/** What every report is asked. */
export interface ReportWish {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  /** IANA zone of the calendar and of the times in tables. */
  readonly zone: string;
  readonly clock: WallClock;
  readonly includeArchived: boolean;
}

/** How it is printed. */
export interface ReportLook {
  readonly format: (typeof FORMATS)[number];
  readonly formulaGuard: boolean;
  readonly paint: Paint;
  /** Cells in a line of the table; undefined for no limit. */
  readonly columns: number | undefined;
}

interface Flags {
  readonly from?: string;
  readonly since?: string;
  readonly to?: string;
  readonly until?: string;
  readonly tz?: string;
  readonly includeArchived?: string;
  readonly format?: ReportLook["format"];
  readonly json?: string;
  readonly formulaGuard?: string;
  readonly wide?: string;
  readonly color?: string;
}

export function addReportFlags(command: Command): Command {
  command
    .option(
      "--from <time>",
      "start: any notation, or 10m, 2h, 7d; default: the first event, or a day before --to; = --since",
    )
    .addOption(new Option("--since <time>", "the same as --from").hideHelp())
    .option("--to <time>", "end; default: now, or the last event without --from; = --until")
    .addOption(new Option("--until <time>", "the same as --to").hideHelp())
    .option("--tz <zone>", "zone of days and of times without offset; default: here")
    .addOption(booleanOption("include-archived", "archived events too; default: yes"))
    .addOption(new Option("--format <format>", "default: table on a terminal, else json").choices(FORMATS))
    .addOption(booleanOption("json", "the same as --format json"))
    .addOption(booleanOption("formula-guard", "CSV: a ' before text like a formula; default: yes"))
    .addOption(booleanOption("wide", "do not cut lines to the terminal"))
    .addOption(colorOption());
  return addAccessFlags(command);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function reportWish(command: Command, now = new Date()): ReportWish {
  const flags = command.opts<Flags>();
  const zone = flags.tz ?? zoneHere();
  const clock = wallClock(zone);
  if (clock === undefined)
    throw usageError(`--tz takes an IANA time zone such as Europe/Berlin; "${zone}" is not a known one`);
  const read = (names: Parameters<typeof timeOf>[1]) => toInstant(timeOf(flags, names, now), zone);
  const from = read(["from", "since"]);
  const to = read(["to", "until"]) ?? (from === undefined ? undefined : instantOf(now));
  if (from !== undefined && to !== undefined && from >= to) {
    const end = flags.to ?? flags.until;
    throw usageError(`--from must be before ${end === undefined ? "now where no --to is given" : "--to"}`);
  }
  return { from, to, zone, clock, includeArchived: flags.includeArchived !== "false" };
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function reportLook(command: Command, io: Io): ReportLook {
  const { format, json, formulaGuard, wide, color } = command.opts<Flags>();
  if (json === "true" && format !== undefined && format !== "json")
    throw usageError(`--json and --format ${format} exclude each other; give one of them`);
  return {
    format: json === "true" ? "json" : (format ?? (io.terminal ? "table" : "json")),
    formulaGuard: formulaGuard !== "false",
    paint: paintFor(color, io.terminal, io),
    columns: wide === "true" ? undefined : io.columns,
  };
}

/** Where `TZ` names no place (`:/etc/localtime`, `UTC0`) JavaScript knows none, and its clock shows UTC. */
function zoneHere(): string {
  const zone: string | undefined = localZone();
  return zone !== undefined && wallClock(zone) !== undefined ? zone : "UTC";
}

function toInstant(time: Date | string | undefined, zone: string): Instant | undefined {
  if (time === undefined) return undefined;
  if (time instanceof Date) return instantOf(time);
  const read = parseTimestamp(time, zoneReader(zone));
  if (typeof read === "string") throw usageError(`${time} is no time that can be read (${read})`);
  return read.instant;
}
