/** Rows: plain tables for people. Control characters are shown as `·`, so that no text can steer the terminal. */
import { printable } from "./table.ts";

const GAP = "  ";

/** Lines under a header, each column as wide as its widest cell; the last one as it comes, cut to `columns`. */
export function rowsText(header: readonly string[], rows: readonly (readonly string[])[], columns?: number): string {
  const all = [header, ...rows.map((row) => row.map(printable))];
  const widths = header.map((_title, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const lines = all.map((row) => {
    const cells = row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)));
    const line = cells.join(GAP).trimEnd();
    return columns !== undefined && line.length > columns ? `${line.slice(0, Math.max(1, columns - 1))}…` : line;
  });
  return lines.map((line) => `${line}\n`).join("");
}
