/** What is said of a database that cannot be opened as it is: which version, and commands to copy. No credentials. */
import type { SchemaFacts } from "../backend/schema-records.ts";
import type { Expected, Mismatch, Tracked } from "./decide.ts";
import { versionOf } from "./migrations.ts";

type Where = Pick<SchemaFacts, "kind" | "database" | "place">;

const HEAD = "DATABASE INITIALIZATION REQUIRED! SERVER STARTUP ABORTED!";
const PLAIN = /^[\w@%+=:,./-]+$/;

/** The commands that mend it: one for this machine, one for the compose file, whose container knows URL and password itself. */
export function migrateCommands(where: Where): { readonly bare: string; readonly docker: string } {
  const command = `npx madsci-events migrate --database ${quoted(where.database)}`;
  const inside = where.kind === "sqlite" ? " --db-url sqlite:/data/events.db" : "";
  return {
    bare: `${command} --db-url ${quoted(where.place)}`,
    docker: `docker compose run --rm event-manager ${command}${inside}`,
  };
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function untrackedText(where: Where, expected: Expected): string {
  const what = `Database ${where.database} needs version tracking initialization: it has collections, but no record of a schema version.`;
  return [HEAD, what, ...versionLines(expected, "0.0.0"), ...howTo(where)].join("\n");
}

export function mismatchText(where: Where, expected: Expected, verdict: Mismatch | Tracked): string {
  const what = `Database schema version mismatch detected for ${where.database}!`;
  const newer = verdict.kind === "mismatch" ? verdict.newer : breakingUnknown(verdict).length > 0;
  const current = verdict.kind === "mismatch" ? verdict.current : currentOf(verdict);
  const lines = versionLines(expected, current ?? "None");
  const help = newer ? howToGoBack(where) : howTo(where);
  return [what, ...lines, ...reasons(verdict), ...help].join("\n");
}

function currentOf(verdict: Tracked): string {
  const [unknown] = breakingUnknown(verdict);
  return unknown?.version ?? verdict.current;
}

export function breakingUnknown({ unknown }: Tracked) {
  return unknown.filter(({ breaking }) => breaking === true);
}

function reasons(verdict: Mismatch | Tracked): string[] {
  if (verdict.kind !== "tracked") return [];
  const missing = verdict.pending.filter(({ breaking }) => breaking);
  return missing.map(({ number, title }) => `Migration ${number} has to be applied first: ${title}.`);
}

function versionLines({ version, migrations }: Expected, current: string): string[] {
  const last = migrations.at(-1);
  const needed = migrations.findLast(({ breaking }) => breaking);
  const more = last && needed ? ` (migration ${needed.number} of ${last.number}, ${versionOf(needed)}, or later)` : "";
  return [`  Expected: ${version}${more}`, `  Current:  ${current}`];
}

function howTo(where: Where): string[] {
  const { bare, docker } = migrateCommands(where);
  const secret = where.kind === "mongo" ? " (add user and password to the URL where the server wants them)" : "";
  return [`Bring it up to date; a backup is made first${secret}:`, `  ${bare}`, `or with Docker:`, `  ${docker}`];
}

function howToGoBack(where: Where): string[] {
  const { bare, docker } = migrateCommands(where);
  const what =
    "A newer program has changed this database; use that version of it, or put a backup from before in its place:";
  return [what, `  ${bare} --restore-from PATH`, `or with Docker:`, `  ${docker} --restore-from PATH`];
}

/** The one warning about migrations that are missing but not needed. */
export function pendingText(where: Where, verdict: Tracked): string {
  const what = verdict.pending.map(({ number, title }) => `${number} (${title})`).join(", ");
  const { bare } = migrateCommands(where);
  return `${where.database} works, but lacks migration ${what}; when it suits: ${bare}`;
}

export function unknownText({ database }: Where, { unknown }: Tracked): string {
  const names = unknown.map(({ version, name }) => `${version}${name === undefined ? "" : ` (${name})`}`).join(", ");
  return `a newer version of madsci-events has changed ${database}: ${names}; this one can go on, an update is due`;
}

export function changedText({ database }: Where, { changed }: Tracked): string {
  const numbers = changed.map(({ number }) => number).join(", ");
  return `migration ${numbers} was applied to ${database} with another content than this version of madsci-events has`;
}
