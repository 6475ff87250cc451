/** What backups look like to callers, and the functions that make, check and restore them. */
import type { DumpSource, DumpTarget } from "../backend/dump-contract.ts";

/** @since 0.1.0 */
export type BackupFormat = "folder" | "archive" | "sqlite";

/** `backup_metadata.json`: MADSci's six keys, then ours. @since 0.1.0 */
export interface BackupMetadata {
  /** Local time without offset, ISO 8601, microseconds: as MADSci writes it. */
  readonly timestamp: string;
  readonly database_version: string | null;
  readonly backup_size: number;
  /** SHA-256, hexadecimal. */
  readonly checksum: string;
  readonly database_name: string;
  readonly collections_count: number;
  /** Absent in backups of other programs, like everything below. */
  readonly format?: BackupFormat;
  readonly gzip?: boolean;
  readonly label?: string | null;
  readonly engine?: "sqlite" | "mongo";
  /** The timestamp in UTC: local times come twice when clocks are put back. */
  readonly created_utc?: string;
  /** Documents by collection. */
  readonly documents?: Readonly<Record<string, number>>;
  /** The collections that were asked for; null for all. */
  readonly collections?: readonly string[] | null;
  /** What of the database could not be backed up: views, say. Absent where nothing was. */
  readonly left_out?: readonly string[];
  readonly program?: string;
}

/** @since 0.1.0 */
export interface BackupInfo {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly database: string;
  readonly created_at: string;
  readonly size_bytes: number;
  readonly metadata: BackupMetadata;
}

export interface BackupProgress {
  readonly collection: string;
  readonly documents: number;
  /** About how many there will be; 0 where nobody knows. */
  readonly expected: number;
  readonly bytes: number;
}

export interface BackupCommon {
  readonly onProgress?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
  /** Called at every step that may be the last one: tests die here. */
  readonly onStep?: (step: string) => void | Promise<void>;
  readonly warn?: (message: string) => void;
}

/** @since 0.1.0 */
export interface CreateBackupOptions extends BackupCommon {
  readonly source: DumpSource;
  /** Made where it is missing. */
  readonly dir: string;
  readonly label?: string | undefined;
  /** @default "folder" for MongoDB, "sqlite" for SQLite */
  readonly format?: BackupFormat | undefined;
  readonly gzip?: boolean | undefined;
  /** @default all */
  readonly collections?: readonly string[] | undefined;
  /** Backups of this database kept after this one; undefined or 0: all. */
  readonly keep?: number | undefined;
  readonly now: () => Date;
}

/** @since 0.1.0 */
export interface MakeBackupOptions extends CreateBackupOptions {
  /** False: it is taken as it was written. @default true */
  readonly isChecked?: boolean;
  /** Where it is restored for comparison; without it, checksum and every document are looked at. */
  readonly scratch?: (() => Promise<DumpTarget>) | undefined;
}

/** @since 0.1.0 */
export interface VerifyBackupOptions extends BackupCommon {
  /** Where it is restored for comparison; without it only checksum and structure are looked at. */
  readonly scratch?: (() => Promise<DumpTarget>) | undefined;
  /** Documents compared per collection. @default 100 */
  readonly samples?: number;
}

/** @since 0.1.0 */
export interface BackupVerdict {
  readonly valid: boolean;
  /** Why not, in words. */
  readonly reason: string | null;
  readonly documents: Readonly<Record<string, number>>;
  readonly restored: boolean;
}

/** @since 0.1.0 */
export interface RestoreBackupOptions extends BackupCommon {
  readonly target: DumpTarget;
  /** True: what is there is replaced. False: only ids that are missing are added. @default false */
  readonly drop?: boolean | undefined;
  readonly collections?: readonly string[] | undefined;
  /** The backup must be of this database. */
  readonly expectDatabase?: string | undefined;
}

/** @since 0.1.0 */
export interface RestoreReport {
  readonly collections: Readonly<Record<string, { readonly inserted: number; readonly skipped: number }>>;
}

/**
 * All rejects with EventStoreError: `EVT_INVALID_OPTION` for what the caller named (path, label, a hostile or damaged
 * backup), `EVT_BACKEND_UNAVAILABLE` for a database or disk that does not answer.
 */
export interface BackupTool {
  create(options: CreateBackupOptions): Promise<BackupInfo>;
  /** As `create`, but older ones go only when it has been looked at, or restored in `scratch`, and is good. */
  make(options: MakeBackupOptions): Promise<BackupInfo>;
  /** Newest first; of one database where it is named. A folder nobody understands is left out. */
  list(dir: string, database?: string): Promise<readonly BackupInfo[]>;
  /** Checksum and structure only: what `is_valid` in `GET /backup/status` says. */
  isValid(backup: BackupInfo): Promise<boolean>;
  verify(path: string, options: VerifyBackupOptions): Promise<BackupVerdict>;
  restore(path: string, options: RestoreBackupOptions): Promise<RestoreReport>;
  delete(path: string): Promise<void>;
}
