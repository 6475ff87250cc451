/** What `migrate` says: a plan, a version, differences, what was done. */
import type { SchemaDifference, SchemaRecords } from "../backend/schema-records.ts";
import type { MigrateProgress, MigrateReport, MigrationPlan, VersionState } from "../schema/index.ts";
import { counted } from "./exit.ts";
import type { Io } from "./io.ts";

const EVERY_MS = 200;
const BAR = 20;

type Where = Pick<SchemaRecords, "database" | "place">;

export function versionText({ database, place }: Where, { current, expected, needed }: VersionState): string {
  return `Database:          ${database} at ${place}
Expected version:  ${expected}
Database version:  ${current ?? "None"}
Migration needed:  ${needed ? "yes" : "no"}
`;
}

export function planText(where: Where, plan: MigrationPlan): string {
  if (!plan.needed) return `${where.database} is up to date (${plan.current ?? "None"}); nothing would be done\n`;
  const steps = plan.steps.map(({ migration: { number, title, breaking, online }, documents }) => {
    const traits = [breaking ? "breaking" : "compatible", online ? "online" : "stop all writers first"];
    return `  migration ${number}: ${title} (about ${counted(documents, "document")}; ${traits.join(", ")})`;
  });
  const lines = [
    `${where.database} at ${where.place} would go from ${plan.current ?? "None"} to ${plan.target}:`,
    plan.fresh ? "  the database is empty: it would be initialised" : "  a backup is made first",
    ...plan.missing.map(({ what }) => `  ${what}: it is made`),
    ...(plan.fresh ? [] : steps),
    ...(plan.recordsBase ? ["  the schema's version is recorded"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

export function differencesText(where: Where, differences: readonly SchemaDifference[]): string {
  if (differences.length === 0) return `${where.database} is as the schema says\n`;
  return `${differences.map(({ what }) => `${where.database}: ${what}`).join("\n")}\n`;
}

export function doneText(where: Where, { before, after, applied, made, backup }: MigrateReport): string {
  if (applied.length + made.length === 0) return `${where.database} is up to date (${after}); nothing was done\n`;
  const lines = [
    ...(backup === null ? [] : [`backup:   ${backup}`]),
    ...made.map((what) => `made:     ${what}`),
    ...applied.map((version) => `recorded: ${version}`),
    `${where.database} at ${where.place} went from ${before ?? "None"} to ${after}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Writes a bar over and over the last line of a terminal; silent elsewhere. */
export function progressBar(io: Io): (progress: MigrateProgress) => void {
  let saidMs = Number.NEGATIVE_INFINITY;
  return ({ migration, documents, expected }) => {
    const nowMs = performance.now();
    if (io.progress === undefined || nowMs - saidMs < EVERY_MS) return;
    saidMs = nowMs;
    const share = expected === 0 ? 1 : Math.min(1, documents / expected);
    const bar = "#".repeat(Math.round(share * BAR)).padEnd(BAR, "-");
    io.progress(`[${bar}] ${migration}: ${documents} of about ${expected} documents`);
  };
}
