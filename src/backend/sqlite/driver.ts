/**
 * The one place that knows a SQLite driver: Node's own module, or `@photostructure/sqlite` which has the same shape.
 *
 * Node's module is taken when its SQLite is 3.51.3 or newer: older ones can lose commits when two connections share a
 * write-ahead log (sqlite.org/wal.html#walresetbug). Loaded on first open, never on import.
 *
 * All threads of a process take the same: a file's locks belong to the process, so two libraries within it would not see each
 * other's, and the first to leave would throw the write-ahead log away (sqlite.org/howtocorrupt.html, 2.2.1).
 */
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { EventStoreError } from "../../errors.ts";
import { throughGate } from "../gate.ts";

export type SqlValue = string | number | bigint | null;

export interface SqliteStatement {
  run(...values: SqlValue[]): { changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
  setReadBigInts(enabled: boolean): void;
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

type DatabaseClass = new (path: string, options?: { readonly readOnly?: boolean }) => SqliteDatabase;

interface CopyOptions {
  /** Pages per step. */
  readonly rate?: number;
  readonly progress?: (pages: { readonly totalPages: number; readonly remainingPages: number }) => void;
}

/** What both drivers export. */
interface DriverModule {
  readonly DatabaseSync: DatabaseClass;
  /** SQLite's online backup, in a thread. Node has it from 22.16 and 23.8 on. */
  readonly backup?: (source: SqliteDatabase, file: string, options?: CopyOptions) => Promise<number>;
}

const PACKAGE = "@photostructure/sqlite";
const SAFE_VERSION = [3, 51, 3];
/** Handed down to every thread begun after the choice. */
const CHOICE = "madsci-events.sqlite-driver";
type Choice = "node" | "package";

let loading: Promise<DriverModule> | undefined;

/** @throws EventStoreError `EVT_MISSING_DRIVER` when neither Node nor an installed package brings SQLite. */
export async function loadDriver(): Promise<DatabaseClass> {
  return (await loadModule()).DatabaseSync;
}

/** @throws EventStoreError as {@link loadDriver} */
export function loadModule(): Promise<DriverModule> {
  loading ??= chooseDriver().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function chooseDriver(): Promise<DriverModule> {
  const chosen = getEnvironmentData(CHOICE) as Choice | undefined;
  const [choice, module] = await (chosen === undefined ? bestDriver() : sameDriver(chosen));
  setEnvironmentData(CHOICE, choice);
  return module;
}

async function bestDriver(): Promise<[Choice, DriverModule]> {
  const builtin = builtinDriver();
  if (builtin && isSafe(versionOf(builtin.DatabaseSync))) return ["node", builtin];
  try {
    return await sameDriver("package");
  } catch (error) {
    if (builtin) return ["node", builtin];
    throw error;
  }
}

async function sameDriver(choice: Choice): Promise<[Choice, DriverModule]> {
  const builtin = choice === "node" ? builtinDriver() : undefined;
  if (builtin) return [choice, builtin];
  try {
    if (choice === "package") return [choice, (await throughGate(() => import(PACKAGE))) as DriverModule];
    throw new Error("this thread was started without node:sqlite, which the process uses");
  } catch (cause) {
    const how = `install it with "npm install ${PACKAGE}", or use Node 22.13 or newer`;
    throw new EventStoreError("EVT_MISSING_DRIVER", `SQLite needs the package ${PACKAGE}: ${how}`, { cause });
  }
}

function builtinDriver(): DriverModule | undefined {
  const load = process.getBuiltinModule as ((id: string) => object | undefined) | undefined;
  return load?.("node:sqlite") as DriverModule | undefined;
}

function versionOf(driver: DatabaseClass): string {
  const database = new driver(":memory:");
  try {
    return (database.prepare("select sqlite_version() as version").get() as { version: string }).version;
  } finally {
    database.close();
  }
}

/** True when a SQLite version has the fix of the WAL-reset race. */
export function isSafe(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, least] of SAFE_VERSION.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
