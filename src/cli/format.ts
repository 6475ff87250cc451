/** How events are printed: rows for people, NDJSON for pipes, JSON for the rest. Page by page, in bounded memory. */
import type { StoredEvent } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import { EventRows, type Look } from "./event-rows.ts";
import type { Io } from "./io.ts";
import { Table } from "./table.ts";

export const FORMATS = ["table", "json", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

export interface FormatOptions {
  readonly format: Format;
  /** The table has these as columns, instead of rows made for people; the JSON formats print what they get. */
  readonly fields?: readonly string[] | undefined;
  readonly look: Look;
  /** One event: JSON without an array around it. */
  readonly single?: boolean;
}

type Pages = AsyncIterable<readonly StoredEvent[]> | Iterable<readonly StoredEvent[]>;

/** Prints pages of events until they end or nobody reads any more; returns how many were printed. */
export async function writeEvents(pages: Pages, options: FormatOptions, io: Io): Promise<number> {
  const printer = printerOf(options);
  let written = 0;
  for await (const page of pages) {
    if (!(await io.out.write(printer.page(page)))) return written;
    written += page.length;
  }
  await io.out.write(printer.end());
  return written;
}

/** Turns events into text as they come. */
export interface Printer {
  page(events: readonly StoredEvent[]): string;
  /** What follows the last one. */
  end(): string;
}

export function printerOf({ format, fields, single, look }: FormatOptions): Printer {
  if (format === "table") return fields ? new Table(fields, look.columns) : new EventRows(look);
  if (format === "ndjson")
    return { page: (events) => lines(events.map((event) => stringifyJson(event))), end: () => "" };
  if (single) return { page: (events) => lines(events.map((event) => stringifyJson(event, 2))), end: () => "" };
  return jsonArray();
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

function jsonArray(): Printer {
  let first = true;
  const item = (event: StoredEvent) => {
    const before = first ? "[\n" : ",\n";
    first = false;
    return `${before}  ${stringifyJson(event, 2).replaceAll("\n", "\n  ")}`;
  };
  return { page: (events) => events.map(item).join(""), end: () => (first ? "[]\n" : "\n]\n") };
}
