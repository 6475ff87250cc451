/** Rows of objects as an aligned table; the keys of the first row are its head. */
export function table(rows) {
  if (rows.length === 0) return "  (nothing)";
  const keys = Object.keys(rows[0]);
  const lines = [keys, ...rows.map((row) => keys.map((key) => String(row[key] ?? "")))];
  const widths = keys.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const text = lines.map((line) => `  ${line.map((cell, i) => cell.padEnd(widths[i])).join("  ")}`.trimEnd());
  return [text[0], `  ${widths.map((width) => "─".repeat(width)).join("  ")}`, ...text.slice(1)].join("\n");
}
