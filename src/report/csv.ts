/**
 * CSV as MADSci's Python writes it: RFC 4180, CRLF, quotes only where needed, floats and whole numbers told apart.
 *
 * Lines come one by one, each with its end, so that a server sends them as it goes. Text that a spreadsheet would take for a
 * formula gets an apostrophe in front: names and authors come from events, which others wrote.
 */
import { pythonFloat } from "./number.ts";

/** @since 0.1.0 */
export interface CsvOptions {
  /** Put `'` before text that begins with `=`, `+`, `-`, `@` (also of full width), a tab, a line feed or a carriage return. @default true */
  readonly formulaGuard?: boolean | undefined;
}

/** A number that is told as Python tells a float: `24.0`. */
interface Float {
  readonly float: number;
}

/** Plain numbers are whole. */
export type Cell = string | number | Float | null;

/** Cells, or a line of our own that is written as it stands. */
export type Row = string | readonly Cell[];

/** An empty line. */
export const BLANK: Row = "";

export const float = (value: number | null): Cell => (value === null ? null : { float: value });

/** MADSci has a whole 0 where it has no value. */
export const floatOrZero = (value: number): Cell => (value === 0 ? 0 : { float: value });

export function* csvLines(
  rows: Iterable<Row>,
  { formulaGuard = true }: CsvOptions,
): Generator<string, void, undefined> {
  for (const row of rows) {
    const line = typeof row === "string" ? row : row.map((cell) => written(cell, formulaGuard)).join(",");
    yield `${line}\r\n`;
  }
}

function written(cell: Cell, guard: boolean): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  if (typeof cell === "object") return pythonFloat(cell.float);
  const text = guard && /^[=+\-@\uff1d\uff0b\uff0d\uff20\t\n\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
