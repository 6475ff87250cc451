/** What `backup` says: sizes, times, rows, how far it has come, and why it failed. */
import { OtherDatabase, shown } from "../backup/damage.ts";
import { holdsAll } from "../backup/metadata.ts";
import type { BackupInfo, BackupProgress } from "../backup/types.ts";
import { EventStoreError } from "../errors.ts";
import { CommandFailure, counted } from "./exit.ts";
import type { Io } from "./io.ts";
import { rowsText } from "./rows.ts";

const EVERY_MS = 200;
const MB = 1_048_576;
const TITLES = ["CREATED", "SIZE", "DATABASE", "FORMAT", "NAME"];

/** `2.0 MB`, `12 kB` */
export function sizeText(bytes: number): string {
  return bytes < MB / 20 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / MB).toFixed(1)} MB`;
}

/** `2026-03-04 05:06:07`, local time as in names */
export function createdText({ created_at }: BackupInfo): string {
  return created_at.slice(0, 19).replace("T", " ");
}

export function backupRows(backups: readonly BackupInfo[], columns: number | undefined): string {
  const rows = backups.map((backup) => [
    createdText(backup),
    sizeText(backup.size_bytes),
    backup.database,
    `${backup.metadata.format ?? "folder"}${backup.metadata.gzip ? " gzip" : ""}${holdsAll(backup.metadata) ? "" : " partial"}`,
    backup.name,
  ]);
  return rowsText(TITLES, rows, columns);
}

export function documentsText(documents: Readonly<Record<string, number>>): string {
  const all = Object.values(documents).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(documents).map(([name, count]) => `${shown(name)} ${count}`);
  return parts.length === 0 ? "none" : `${counted(all, "document")} (${parts.join(", ")})`;
}

/** Lines under a sentence. */
export function factsText(sentence: string, facts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(facts).map(([name, value]) => `  ${shown(name).padEnd(10)} ${value}`);
  return `${[sentence, ...lines].join("\n")}\n`;
}

/** Writes over and over the last line of a terminal; silent elsewhere. */
export function backupProgress(io: Io): (progress: BackupProgress) => void {
  let saidMs = Number.NEGATIVE_INFINITY;
  return ({ collection, documents, expected, bytes }) => {
    const nowMs = performance.now();
    if (io.progress === undefined || nowMs - saidMs < EVERY_MS) return;
    saidMs = nowMs;
    const of = expected > 0 ? ` of about ${expected}` : "";
    io.progress(`${shown(collection)}: ${documents}${of} documents, ${sizeText(bytes)}`);
  };
}

interface FailingOptions {
  readonly io: Io;
  readonly signal?: AbortSignal;
  /** True where a database of another version is no failure, but refused. */
  readonly refuses?: boolean;
  /** What to do about a backup of another database than the one that is meant. */
  readonly onOther?: (other: OtherDatabase) => string;
}

/** A failure of the database, the disk or the backup itself, under the sentence of its command; anything else is a bug. */
export async function failingAs<Result>(
  sentence: string,
  { io, signal, refuses = false, onOther }: FailingOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && !(error instanceof CommandFailure)) throw new CommandFailure(`${sentence}: interrupted`);
    if (!(error instanceof EventStoreError)) throw error;
    if (refuses && error.code === "EVT_SCHEMA_MISMATCH") throw error;
    const fix = onOther !== undefined && error.cause instanceof OtherDatabase ? `; ${onOther(error.cause)}` : "";
    throw new CommandFailure(`${sentence}: ${error.message}${fix}`, { cause: error });
  } finally {
    io.progress?.("");
  }
}
