/**
 * Table: chosen fields of events as columns under a header. Widths come from the first page and hold for the rest.
 *
 * Control characters are shown as `·`: an event's text must not be able to steer the terminal.
 */
import type { StoredEvent } from "../event/event.ts";
import { textOf } from "./event-words.ts";
import { cut, padded, widthOf } from "./width.ts";

interface Column {
  readonly title: string;
  text(event: StoredEvent): string;
}

const GAP = "  ";
const MAX_WIDTH = 40;

export class Table {
  readonly #columns: readonly Column[];
  readonly #lineLength: number | undefined;
  #widths: readonly number[] | undefined;

  /** @param lineLength cells after which a line is cut; undefined for no limit */
  constructor(fields: readonly string[], lineLength: number | undefined) {
    this.#columns = fields.map(fieldColumn);
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
    const cells = row.map((cell, i) => (i === last ? cell : padded(cell, this.#widths?.[i] ?? 0)));
    const line = cells.join(GAP).trimEnd();
    return this.#lineLength === undefined ? line : cut(line, this.#lineLength);
  }
}

function fieldColumn(field: string): Column {
  return { title: field, text: (event) => textOf(event[field as keyof StoredEvent]) };
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const width = (i: number) => Math.max(...rows.map((row) => Math.min(MAX_WIDTH, widthOf(row[i] ?? ""))));
  return (rows[0] ?? []).map((_cell, i) => width(i));
}

/** Text as a terminal may show it: one line, nothing in it that means anything to the terminal, at most 2000 characters. */
export function printable(text: string): string {
  return text
    .slice(0, 2000)
    .replace(/\s*[\r\n]+\s*/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, "·")
    .toWellFormed();
}
