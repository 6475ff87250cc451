/**
 * Grid: a table with a bar in each row, for people. As wide as its cells need; where the terminal is narrower, the bar, the
 * first column and words in the last one become smaller, one after the other; then the bar goes, then columns that can be
 * spared, then the others from the right. They go whole: half a number is a wrong one.
 *
 * No text can steer the terminal (see `printable`); what is cut off is cut before it is painted.
 */
import type { Paint, Style } from "./paint.ts";
import { printable } from "./table.ts";
import { cut, padded, widthOf } from "./width.ts";

export interface Column {
  readonly title: string;
  /** A bar's cells are shares from 0 to 1; null for none. */
  readonly kind?: "right" | "bar";
  /** In a line that is too narrow the highest goes first; those without any go last. */
  readonly spare?: number;
}

export type Cell = string | number | null;

export interface Grid {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface GridLook {
  readonly paint: Paint;
  /** Cells in a line; undefined for no limit. */
  readonly columns: number | undefined;
}

type Piece = readonly [style: Style, text: string];

const GAP = 2;
const BAR = { most: 20, least: 4 } as const;
const FIRST_LEAST = 12;
/** Rather than lose a column that cannot be spared. */
const FIRST_TIGHT = 8;
const LAST_LEAST = 8;
const FULL = "█";
const EMPTY = "░";

export function gridText({ columns, rows }: Grid, look: GridLook): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === "string" ? printable(cell) : cell)));
  const widths = fitted(columns, naturalWidths(columns, texts), look.columns);
  const header = columns.map((column, at): Piece[] => [["dim", placed(column, column.title, widths[at] ?? 0)]]);
  const lines = texts.map((row) => row.map((cell, at) => pieces(columns[at] as Column, cell, widths[at] ?? 0)));
  return [header, ...lines].map((cells) => `${line(cells, widths, look)}\n`).join("");
}

/** A column without any text has none. */
function naturalWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map(({ title, kind }, at) => {
    if (kind === "bar") return BAR.most;
    const widest = rows.reduce((width, row) => Math.max(width, widthOf(String(row[at] ?? ""))), 0);
    return widest === 0 ? 0 : Math.max(widest, widthOf(title));
  });
}

/** Widths that fit into a line, as far as they can; what has none is left out. */
function fitted(columns: readonly Column[], natural: readonly number[], limit = Number.POSITIVE_INFINITY): number[] {
  const widths = [...natural];
  const over = () => widths.reduce((sum, width) => sum + (width > 0 ? width + GAP : 0), -GAP) - limit;
  const shrink = (at: number, least: number) => {
    const width = widths[at];
    if (width !== undefined && over() > 0) widths[at] = Math.min(width, Math.max(least, width - over()));
  };
  const giveUp = (at: number) => {
    if (over() > 0) widths[at] = 0;
  };
  const growBack = (at: number) => {
    const width = widths[at] ?? 0;
    if (width > 0 && over() < 0) widths[at] = Math.min(natural[at] ?? 0, width - over());
  };
  const last = columns.length - 1;
  const bar = columns.findIndex(({ kind }) => kind === "bar");
  const others = columns.map((_, at) => at).slice(1);
  const spared = (at: number) => columns[at]?.spare ?? 0;
  const going = others.toReversed().toSorted((a, b) => spared(b) - spared(a));
  shrink(bar, BAR.least);
  shrink(0, FIRST_LEAST);
  if (columns[last]?.kind === undefined) shrink(last, LAST_LEAST);
  if (bar >= 0) giveUp(bar);
  for (const at of going) if (spared(at) > 0) giveUp(at);
  shrink(0, FIRST_TIGHT);
  for (const at of going) giveUp(at);
  growBack(last);
  growBack(0);
  return widths;
}

function pieces(column: Column, cell: Cell, width: number): Piece[] {
  if (column.kind !== "bar") return [["plain", placed(column, String(cell ?? ""), width)]];
  if (typeof cell !== "number") return [["plain", " ".repeat(width)]];
  const full = filled(cell, width);
  return [
    ["green", FULL.repeat(full)],
    ["dim", EMPTY.repeat(width - full)],
  ];
}

/** Only nothing is empty, and only all is full. */
function filled(share: number, width: number): number {
  if (!(share > 0) || width === 0) return 0;
  return share >= 1 ? width : Math.min(Math.max(Math.round(share * width), 1), width - 1);
}

function placed({ kind }: Column, text: string, width: number): string {
  const fitting = cut(text, width);
  return kind === "right" ? " ".repeat(Math.max(0, width - widthOf(fitting))) + fitting : padded(fitting, width);
}

function line(cells: readonly (readonly Piece[])[], widths: readonly number[], { paint, columns }: GridLook): string {
  const shown = cells.filter((_, at) => (widths[at] ?? 0) > 0);
  const gap: Piece = ["plain", " ".repeat(GAP)];
  let left = columns ?? Number.POSITIVE_INFINITY;
  let text = "";
  for (const [style, piece] of shown.flatMap((of, at) => (at === 0 ? of : [gap, ...of]))) {
    const fitting = cut(piece, left);
    left -= widthOf(fitting);
    if (fitting !== "") text += paint(style, fitting);
  }
  return text.trimEnd();
}
