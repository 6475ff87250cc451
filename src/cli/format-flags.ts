/** The flags that say how events are printed, and what becomes of them. */
import { type Command, Option } from "commander";
import { usageError } from "./exit.ts";
import { booleanOption } from "./flags.ts";
import { FORMATS, type Format, type FormatOptions } from "./format.ts";
import type { Io } from "./io.ts";
import { colorOption, paintFor } from "./paint.ts";
import { RowTime } from "./row-time.ts";

interface Flags {
  readonly format?: Format;
  readonly json?: string;
  readonly utc?: string;
  readonly wide?: string;
  readonly color?: string;
  readonly fields?: string;
}

/** @param fallback the format of this command where none is asked for; by default a table on a terminal, else NDJSON */
export function addFormatFlags(command: Command, fallback = "table on a terminal, else ndjson"): Command {
  return command
    .addOption(booleanOption("json", "one event per line: --format ndjson"))
    .addOption(new Option("--format <format>", `default: ${fallback}`).choices(FORMATS))
    .addOption(booleanOption("utc", "times in UTC, not in this computer's zone"))
    .addOption(booleanOption("wide", "do not cut lines to the terminal"))
    .addOption(colorOption());
}

/**
 * @param more.zone of timestamps without offset, for what the store says nothing about
 * @throws EventStoreError `EVT_INVALID_OPTION`
 */
export function formatOptions(
  command: Command,
  io: Io,
  more: { readonly fallback?: Format; readonly zone?: string | undefined } = {},
): FormatOptions {
  const flags = command.opts<Flags>();
  const look = {
    paint: paintFor(flags.color, io.terminal, io),
    time: new RowTime({ utc: flags.utc === "true", zone: more.zone }),
    columns: flags.wide === "true" ? undefined : io.columns,
    dayLines: io.terminal,
  };
  const fields = flags.fields?.split(",").map((field) => field.trim());
  return { format: formatOf(flags) ?? more.fallback ?? (io.terminal ? "table" : "ndjson"), fields, look };
}

function formatOf({ json, format }: Flags): Format | undefined {
  if (json !== "true") return format;
  if (format === undefined || format === "ndjson") return "ndjson";
  throw usageError(`--json and --format ${format} exclude each other; give one of them`);
}
