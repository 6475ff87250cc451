/** What `doctor` says of the lines that wait on disk, and of those no store would take. */
import { join } from "node:path";
import { type Check, doubt, lengthText, ok } from "./check.ts";
import { counted } from "./exit.ts";
import { letterFiles, lettersIn } from "./letter-files.ts";
import { type SpoolRow, spoolRows } from "./spool-ls.ts";

/** Lines of a sender that lives and has waited longer cannot reach their store, in ms. */
const PATIENCE_MS = 60_000;

/** @param root folder of spools */
export async function spoolChecks(root: string, nowMs = Date.now()): Promise<Check[]> {
  const rows = await spoolRows(root);
  const dead = rows.filter(({ owner, waiting }) => owner === "dead" && waiting > 0);
  const stuck = rows.filter(({ owner, oldest }) => owner === "alive" && ageOf(oldest, nowMs) > PATIENCE_MS);
  const letters = lettersWaiting(join(root, "dlq"));
  const checks = [...deadChecks(dead, root), ...stuckChecks(stuck, root, nowMs), ...letterChecks(letters, root)];
  return checks.length > 0 ? checks : [ok("spools", `nothing is left behind in ${root}`)];
}

function deadChecks(rows: readonly SpoolRow[], root: string): Check[] {
  if (rows.length === 0) return [];
  const detail = `${counted(linesIn(rows), "line")} of dead processes in ${root}`;
  return [doubt("spools", detail, `madsci-events spool drain ${root}`)];
}

function stuckChecks(rows: readonly SpoolRow[], root: string, nowMs: number): Check[] {
  if (rows.length === 0) return [];
  const longest = Math.max(...rows.map(({ oldest }) => ageOf(oldest, nowMs)));
  const places = [...new Set(rows.map(({ destination }) => destination ?? "an unknown place"))].join(", ");
  const detail = `${counted(linesIn(rows), "line")} in ${root} for ${places}, the oldest since ${lengthText(longest)}`;
  return [doubt("spools", detail, "see whether that server is up")];
}

function letterChecks(letters: number, root: string): Check[] {
  if (letters === 0) return [];
  const fix = `madsci-events dead-letter ls ${join(root, "dlq")}, then replay or discard`;
  return [doubt("letters", `${counted(letters, "event")} in ${join(root, "dlq")} that no store would take`, fix)];
}

function linesIn(rows: readonly SpoolRow[]): number {
  return rows.reduce((sum, { waiting }) => sum + waiting, 0);
}

function ageOf(oldest: string | null, nowMs: number): number {
  return oldest === null ? 0 : nowMs - Date.parse(oldest);
}

function lettersWaiting(folder: string): number {
  return letterFiles(folder).reduce((sum, file) => sum + lettersIn(folder, file).length, 0);
}
