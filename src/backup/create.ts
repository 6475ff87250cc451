/**
 * Making a backup.
 *
 *   turn taken ─ .<name>.partial/ begun ─ documents ─ checksum (read back) ─ metadata ─ written through ─ renamed ─ rotated
 *
 * Until it is renamed it is not a backup, and nobody lists it. What fails removes what it has begun; what is killed leaves
 * it, and a later backup removes it.
 */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EventStoreError } from "../errors.ts";
import { describeBackup } from "./catalogue.ts";
import { checksumOf } from "./checksum.ts";
import { onDisk, sync } from "./disk.ts";
import { writeMetadata } from "./metadata.ts";
import { backupName, checkDatabase, checkLabel, type Moment, momentText, partialName } from "./names.ts";
import { removeLeftovers, rotateBackups } from "./rotate.ts";
import { takeTurn } from "./turn-lock.ts";
import type { BackupFormat, BackupInfo, CreateBackupOptions } from "./types.ts";
import { PROGRAM, writeDocuments } from "./write-documents.ts";

const FORMATS: readonly BackupFormat[] = ["folder", "archive", "sqlite"];

type Steps = (step: string) => Promise<void>;

interface Plan extends CreateBackupOptions {
  readonly format: BackupFormat;
  readonly gzip: boolean;
  readonly database: string;
  /** Absolute. */
  readonly dir: string;
  readonly step: Steps;
}

/**
 * Makes a backup of everything in a database, or of some collections of it, and rotates those there are.
 * @throws EventStoreError `EVT_INVALID_OPTION` for a label, format, collection or folder that cannot be;
 *   `EVT_BACKEND_UNAVAILABLE` where database or disk fail, or another backup of it into this folder is under way;
 *   the signal's reason when it is aborted
 * @since 0.1.0
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupInfo> {
  const plan = planOf(options);
  await onDisk(plan.dir, () => mkdir(plan.dir, { recursive: true }));
  const turn = await takeTurn(plan.dir, plan.database);
  try {
    await plan.step("turn taken");
    await cleanUp(plan);
    const made = await write(plan);
    await rotate(plan, made);
    return await describeBackup(made);
  } finally {
    await turn.release();
  }
}

function planOf(options: CreateBackupOptions): Plan {
  const { source, signal, onStep, gzip = false } = options;
  const format = options.format ?? (source.kind === "sqlite" ? "sqlite" : "folder");
  checkLabel(options.label);
  checkFormat(format, options);
  const step = async (name: string) => {
    signal?.throwIfAborted();
    await onStep?.(name);
  };
  const [database, dir] = [checkDatabase(source.database), resolve(options.dir)];
  return { ...options, format, gzip, database, dir, step };
}

function checkFormat(format: BackupFormat, { source, gzip, collections, keep }: CreateBackupOptions): void {
  const refuse = (message: string) => new EventStoreError("EVT_INVALID_OPTION", message);
  if (!FORMATS.includes(format)) throw refuse(`format: must be one of ${FORMATS.join(", ")}`);
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 0)) throw refuse("keep: must be a whole number from 0");
  if (format !== "sqlite") return;
  if (source.copyTo === undefined) throw refuse("format: only an SQLite database can be copied as sqlite; use folder");
  if (gzip) throw refuse("gzip: a copy of the file is not packed; use the format folder or archive");
  if (collections !== undefined) throw refuse("collections: a copy of the file has all of them; use the format folder");
}

async function cleanUp({ dir, database, now, warn }: Plan): Promise<void> {
  for (const path of await removeLeftovers(dir, database, now()))
    warn?.(`removed ${path}, left behind by a backup that did not end`);
}

async function write(plan: Plan): Promise<string> {
  const { dir, database, label, step } = plan;
  const moment = await freeMoment(plan);
  const name = backupName(database, moment, label);
  const partial = join(dir, partialName(name));
  try {
    await onDisk(partial, () => mkdir(join(partial, database), { recursive: true }));
    await step("begun");
    await fill(plan, partial, moment);
    await onDisk(partial, () => sync(partial));
    await step("written through");
    await onDisk(partial, () => rename(partial, join(dir, name)));
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
  await onDisk(dir, () => sync(dir));
  await plan.onStep?.("renamed");
  return join(dir, name);
}

async function fill(plan: Plan, partial: string, moment: Moment): Promise<void> {
  const { source, database, format, gzip, label = null, collections = null, signal, step } = plan;
  const folder = join(partial, database);
  const documents = await writeDocuments(plan, folder);
  await step("documents written");
  const checksum = await checksumOf(folder, signal);
  const backup_size = await sizeOf(folder);
  await onDisk(folder, () => sync(folder));
  await step("checksum made");
  const leftOut = (collections === null && (await source.leftOut?.())) || [];
  const facts = { format, gzip, label, engine: source.kind, documents, collections, program: PROGRAM };
  await onDisk(partial, () =>
    writeMetadata(partial, {
      timestamp: momentText(moment),
      database_version: null,
      backup_size,
      checksum,
      database_name: database,
      collections_count: Object.keys(documents).length,
      ...facts,
      ...(leftOut.length > 0 && { left_out: leftOut }),
      created_utc: moment.date.toISOString(),
    }),
  );
  await step("metadata written");
}

/** Microseconds beyond what the clock tells keep names apart. */
async function freeMoment({ dir, database, label, now }: Plan): Promise<Moment> {
  const date = now();
  const there = new Set(await onDisk(dir, () => readdir(dir)));
  for (let micros = 0; micros < 1000; micros++) {
    const name = backupName(database, { date, micros }, label);
    if (!there.has(name) && !there.has(partialName(name))) return { date, micros };
  }
  throw new EventStoreError("EVT_INVALID_OPTION", `${dir} has a thousand backups of this very moment`);
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  return bytes;
}

/** The backup is made: what goes wrong here is reported and does not undo it. */
async function rotate({ dir, database, keep = 0, warn, onStep }: Plan, made: string): Promise<void> {
  try {
    await rotateBackups({ dir, database, keep, made });
  } catch (error) {
    warn?.(`older backups of ${database} could not be deleted: ${(error as Error).message}`);
  }
  await onStep?.("rotated");
}
