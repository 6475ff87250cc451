/** Every setting as a line: flag, environment variable, default, what it is for. */
import { EMAIL_ROWS, envNames, flagNames, ROWS } from "./settings.ts";

/** The text of `serve --list-settings`. */
export function settingsTable(): string {
  const rows = ROWS.map(([name, setting]) => [
    `--${flagNames(name, setting)[0]}`,
    envNames(name, setting)[0] ?? "",
    JSON.stringify(setting.default),
    setting.description,
  ]);
  const email = EMAIL_ROWS.map(([name, setting]) => [
    "",
    `EVENT_EMAIL_ALERTS__${name.toUpperCase()}`,
    JSON.stringify(setting.default),
    setting.description,
  ]);
  const all = [["FLAG", "ENVIRONMENT", "DEFAULT", "MEANING"], ...rows, ...email];
  const widths = [0, 1, 2].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ");
  return all.map((row) => `${line(row).trimEnd()}\n`).join("");
}
