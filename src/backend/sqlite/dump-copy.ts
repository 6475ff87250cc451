/**
 * A copy of a database file while others write to it, by SQLite's online backup.
 *
 * A read transaction is open on the source from beginning to end, so the copy is the file as it was at one moment, and a
 * write by another process does not make SQLite start over. The copy has no write-ahead log: one file is all of it.
 */
import { Connection } from "./connection.ts";
import { loadModule, type SqliteDatabase } from "./driver.ts";
import { openFailure } from "./failure.ts";
import { DUMP_PRAGMAS } from "./schema.ts";

/** 1 MiB with the usual page: often enough for a progress bar. */
const PAGES_PER_STEP = 256;
const PATIENCE_MS = 5000;

export async function copyDatabase(
  from: string,
  to: string,
  onPages: (done: number, all: number) => void,
): Promise<void> {
  const { DatabaseSync, backup } = await loadModule();
  let source: SqliteDatabase | undefined;
  try {
    source = new DatabaseSync(from);
    source.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; ${DUMP_PRAGMAS}; begin`);
    source.prepare("select count(*) from sqlite_schema").get();
    const progress = (pages: { readonly totalPages: number; readonly remainingPages: number }) =>
      onPages(pages.totalPages - pages.remainingPages, pages.totalPages);
    if (backup) await backup(source, to, { rate: PAGES_PER_STEP, progress });
    else vacuumInto(source, to);
  } catch (error) {
    throw openFailure(error, from);
  } finally {
    if (source) endMoment(source);
  }
  await withoutLog(to);
}

/** The driver keeps a file open while it has statements for it: a writer must not wait for that. */
function endMoment(source: SqliteDatabase): void {
  try {
    source.exec("rollback");
  } catch {
    // There is no transaction any more.
  }
  source.close();
}

/** For Node's own driver before 22.16: as consistent, but in one step that nothing else runs beside. */
function vacuumInto(source: SqliteDatabase, to: string): void {
  source.exec("rollback; PRAGMA query_only = OFF");
  source.prepare("vacuum into ?").run(to);
}

async function withoutLog(file: string): Promise<void> {
  const copy = await Connection.open(file);
  try {
    copy.exec("PRAGMA journal_mode = DELETE");
  } finally {
    copy.close();
  }
}
