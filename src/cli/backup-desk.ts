/**
 * The backups of `serve`: made by request and by schedule, one at a time, each outcome an event in the store.
 *
 * Whether a backup is whole is read once: while size and time of its files stay, so does the answer.
 */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isBackupValid, listBackups } from "../backup/catalogue.ts";
import { makeBackup } from "../backup/make.ts";
import { holdsAll } from "../backup/metadata.ts";
import { isTurnTaken } from "../backup/turn-lock.ts";
import type { BackupInfo } from "../backup/types.ts";
import { EventStoreError } from "../errors.ts";
import type { BackupDesk, ShownBackup } from "../rest/backup-desk.ts";
import { oneLine } from "./exit.ts";
import type { Place } from "./migrate-place.ts";

/** Of Python's scale. */
const LEVELS = { info: 20, error: 40 } as const;

export interface DeskOptions {
  readonly place: Place;
  /** As backups call it; undefined where only the server tells. */
  readonly database: string | undefined;
  readonly enabled: boolean;
  readonly keep: number;
  readonly warn: (message: string) => void;
  /** Stores an event; a failure to do so is its caller's to report. */
  readonly tell: (event: object) => Promise<unknown>;
  readonly now: () => Date;
}

interface Known {
  readonly print: string;
  readonly isValid: boolean;
}

export class ServedDesk implements BackupDesk {
  readonly enabled: boolean;
  readonly dir: string;
  readonly #options: DeskOptions;
  readonly #stop = new AbortController();
  #database: string | undefined;
  /** By path. */
  #known = new Map<string, Known>();
  #making: Promise<unknown> | undefined;
  #listing: Promise<readonly ShownBackup[]> | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#database = options.database;
    this.enabled = options.enabled;
    this.dir = options.place.backup.dir;
  }

  async create(label: string): Promise<BackupInfo | undefined> {
    if (this.#making !== undefined) return undefined;
    const making = this.#create(label);
    this.#making = making.catch(() => {});
    try {
      return await making;
    } finally {
      this.#making = undefined;
    }
  }

  /** Callers at the same time share one look. */
  list(): Promise<readonly ShownBackup[]> {
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  /** The time of the database's newest with all collections; undefined where there is none. @throws EventStoreError as opening it does */
  async newest(): Promise<Date | undefined> {
    this.#database ??= await this.#askDatabase();
    const newest = (await listBackups(this.dir, this.#database)).find(({ metadata }) => holdsAll(metadata));
    if (newest === undefined) return undefined;
    return new Date(newest.metadata.created_utc ?? newest.metadata.timestamp);
  }

  /** What is under way ends without a backup. */
  async close(): Promise<void> {
    this.#stop.abort(new EventStoreError("EVT_CLOSED", "the server stops"));
    await this.#making;
  }

  async #askDatabase(): Promise<string> {
    const source = await this.#options.place.backup.source();
    try {
      return source.database;
    } finally {
      await source.close();
    }
  }

  async #create(label: string): Promise<BackupInfo | undefined> {
    const startMs = performance.now();
    try {
      const made = await this.#make(label);
      await this.#tellMade(made, Math.round(performance.now() - startMs));
      return made;
    } catch (error) {
      if (isTurnTaken(error)) return undefined;
      // An engine may have wrapped it.
      this.#stop.signal.throwIfAborted();
      await this.#tellFailed(label, error);
      throw error;
    }
  }

  async #make(label: string): Promise<BackupInfo> {
    const { place, keep, warn, now } = this.#options;
    const source = await place.backup.source();
    try {
      return await makeBackup({ source, dir: this.dir, label, keep, warn, now, signal: this.#stop.signal });
    } finally {
      await source.close();
    }
  }

  async #tellMade({ path, size_bytes, metadata }: BackupInfo, duration_ms: number): Promise<void> {
    const { label, documents } = metadata;
    const message = `Backup created: ${path}`;
    await this.#tell(LEVELS.info, { message, backup_path: path, size_bytes, label, documents, duration_ms });
  }

  async #tellFailed(label: string, error: unknown): Promise<void> {
    const reason = oneLine(error instanceof Error ? error.message : String(error));
    this.#options.warn(`the backup "${label}" failed: ${reason}`);
    await this.#tell(LEVELS.error, { message: `Backup failed: ${reason}`, label });
  }

  async #tell(log_level: number, event_data: object): Promise<void> {
    const { tell, warn } = this.#options;
    try {
      await tell({ event_type: "backup_create", log_level, event_data });
    } catch (error) {
      warn(`the event about a backup could not be stored: ${(error as Error).message}`);
    }
  }

  async #list(): Promise<readonly ShownBackup[]> {
    const shown: ShownBackup[] = [];
    const known = new Map<string, Known>();
    for (const backup of await listBackups(this.dir)) {
      const { path, created_at, size_bytes } = backup;
      const now = await this.#knownOf(backup);
      known.set(path, now);
      shown.push({ path, created_at, size_bytes, is_valid: now.isValid });
    }
    this.#known = known;
    return shown;
  }

  async #knownOf(backup: BackupInfo): Promise<Known> {
    const print = await printOf(backup).catch(() => undefined);
    const before = this.#known.get(backup.path);
    if (before !== undefined && before.print === print) return before;
    return { print: print ?? "", isValid: await isBackupValid(backup).catch(() => false) };
  }
}

/** Changes whenever a file of it does. */
async function printOf({ path, database }: BackupInfo): Promise<string> {
  const inside = (await readdir(join(path, database))).sort().map((name) => join(database, name));
  const parts: string[] = [];
  for (const name of ["backup_metadata.json", "backup.checksum", ...inside]) {
    const stat = await lstat(join(path, name)).catch(() => undefined);
    parts.push(`${name} ${stat?.size} ${stat?.mtimeMs}`);
  }
  return parts.join("\n");
}
