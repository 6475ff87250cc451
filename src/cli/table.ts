/**
 * Table: events as lines under a header. Column widths come from the first page and hold for the rest.
 *
 * Control characters are shown as `·`: an event's text must not be able to steer the terminal.
 */
import type { StoredEvent } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import { levelName } from "../event/levels.ts";

interface Column {
  readonly title: string;
  text(event: StoredEvent): string;
}

const COLUMNS: readonly Column[] = [
  { title: "TIME", text: (event) => event.event_timestamp },
  { title: "LEVEL", text: (event) => levelName(event.log_level) },
  { title: "TYPE", text: (event) => event.event_type },
  { title: "NODE", text: (event) => event.source.node_id?.slice(-6) ?? "-" },
  { title: "MESSAGE", text: (event) => messageOf(event.event_data) },
];
const GAP = "  ";
const MAX_WIDTH = 40;

export class Table {
  readonly #columns: readonly Column[];
  readonly #lineLength: number | undefined;
  #widths: readonly number[] | undefined;

  /** @param lineLength characters after which a line is cut; undefined for no limit */
  constructor(fields: readonly string[] | undefined, lineLength: number | undefined) {
    this.#columns = fields?.map(fieldColumn) ?? COLUMNS;
    this.#lineLength = lineLength;
  }

  page(events: readonly StoredEvent[]): string {
    const rows = events.map((event) => this.#columns.map((column) => printable(column.text(event))));
    const header = this.#widths ? [] : [this.#columns.map((column) => column.title)];
    this.#widths ??= widthsOf([...header, ...rows]);
    return [...header, ...rows].map((row) => `${this.#line(row)}\n`).join("");
  }

  end(): string {
    return this.#widths ? "" : "no events\n";
  }

  #line(row: readonly string[]): string {
    const last = row.length - 1;
    const cells = row.map((cell, i) => (i === last ? cell : cell.padEnd(this.#widths?.[i] ?? 0)));
    const line = cells.join(GAP).trimEnd();
    const length = this.#lineLength ?? line.length;
    return line.length > length ? `${line.slice(0, Math.max(1, length - 1))}…` : line;
  }
}

function fieldColumn(field: string): Column {
  return { title: field, text: (event) => textOf(event[field as keyof StoredEvent]) };
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const width = (i: number) => Math.max(...rows.map((row) => Math.min(MAX_WIDTH, row[i]?.length ?? 0)));
  return (rows[0] ?? []).map((_cell, i) => width(i));
}

function messageOf(data: StoredEvent["event_data"]): string {
  const message = typeof data === "object" && data !== null && "message" in data ? data.message : data;
  return textOf(message);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : stringifyJson(value);
}

export function printable(text: string): string {
  return text
    .slice(0, 2000)
    .replace(/\s*[\r\n]+\s*/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "·");
}
