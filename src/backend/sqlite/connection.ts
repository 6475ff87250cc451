/**
 * One connection to the database: prepared statements kept by their text, errors of the driver translated.
 */
import { gated } from "../gate.ts";
import { loadDriver, type SqliteDatabase, type SqliteStatement, type SqlValue } from "./driver.ts";
import { failure, openFailure } from "./failure.ts";

/** Longest wait for another connection, in ms. */
const PATIENCE_MS = 5000;
/** Statements kept ready; the least recently used one goes first. */
const MAX_STATEMENTS = 128;

export class Connection {
  readonly path: string;
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();

  private constructor(database: SqliteDatabase, path: string) {
    this.#database = database;
    this.path = path;
  }

  /** @throws EventStoreError `EVT_MISSING_DRIVER`, `EVT_INVALID_OPTION` or `EVT_BACKEND_UNAVAILABLE`. */
  static async open(path: string, readOnly = false): Promise<Connection> {
    const Database = await loadDriver();
    try {
      return gated(() => {
        const database = new Database(path, { readOnly });
        // From the first look on: the last reader to leave holds the whole file for a moment.
        database.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
        return new Connection(database, path);
      });
    } catch (error) {
      throw openFailure(error, path);
    }
  }

  exec(sql: string): void {
    this.#translated(() => this.#database.exec(sql));
  }

  /** First row as numbers and text. */
  get<Row>(sql: string, values: readonly SqlValue[] = []): Row | undefined {
    return this.#translated(() => this.#statement(sql, false).get(...values)) as Row | undefined;
  }

  /** First row; integers are bigint. */
  getBig<Row>(sql: string, values: readonly SqlValue[] = []): Row | undefined {
    return this.#translated(() => this.#statement(sql, true).get(...values)) as Row | undefined;
  }

  all<Row>(sql: string, values: readonly SqlValue[] = []): Row[] {
    return this.#translated(() => this.#statement(sql, false).all(...values)) as Row[];
  }

  /** How many rows it changed. */
  run(sql: string, values: readonly SqlValue[] = []): number {
    return Number(this.#translated(() => this.#statement(sql, false).run(...values)).changes);
  }

  /** All of it or nothing of it. */
  transaction<Result>(work: () => Result): Result {
    this.exec("begin immediate");
    try {
      const result = work();
      this.exec("commit");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    gated(() => this.#database.close());
  }

  #rollBack(): void {
    try {
      this.#database.exec("rollback");
    } catch {
      // SQLite has rolled back by itself, as it does after a full disk.
    }
  }

  #statement(sql: string, big: boolean): SqliteStatement {
    const key = big ? `big ${sql}` : sql;
    const known = this.#statements.get(key);
    const statement = known ?? this.#database.prepare(sql);
    if (!known && big) statement.setReadBigInts(true);
    this.#statements.delete(key);
    this.#statements.set(key, statement);
    if (this.#statements.size > MAX_STATEMENTS) this.#statements.delete(this.#statements.keys().next().value as string);
    return statement;
  }

  #translated<Result>(work: () => Result): Result {
    try {
      return gated(work);
    } catch (error) {
      throw failure(error, this.path);
    }
  }
}
