/**
 * The driver: imported on first use, configured in one place, and never waited for longer than a server lives.
 *
 * A call that is silent for `aliveMs` is accompanied by a ping; when that is not answered either, the call fails with
 * `EVT_BACKEND_UNAVAILABLE`. So a slow query may take its time, and a frozen server is noticed within twice `aliveMs`.
 * Driver texts and URLs with credentials stay in `cause`.
 */
import type { Db, MongoClient, MongoClientOptions } from "mongodb";
import { EventStoreError } from "../../errors.ts";
import type { Dialect } from "./filter.ts";

type Driver = typeof import("mongodb");

const AUTHENTICATION_FAILED = 18;

/** A connection and how to talk over it. */
export interface Connection {
  readonly db: Db;
  readonly dialect: Dialect;
  /** False for FerretDB 1.x, which scans whatever indexes there are: they would only slow its writes. */
  readonly readsIndexes: boolean;
  /** False for FerretDB 1.x, where two updates of one document may both find it as it was. */
  readonly updatesAtomically: boolean;
  /** True for members of a replica set and for mongos: only they may offer change streams. */
  readonly offersChanges: boolean;
  /** Where it leads, without credentials; for messages. */
  readonly place: string;
  /** Runs a call; its failure becomes an EventStoreError. */
  call<T>(what: string, run: () => Promise<T>): Promise<T>;
  /** The same, but the error is the driver's unless the server is gone. */
  attempt<T>(run: () => Promise<T>): Promise<T>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly client?: unknown;
  readonly database?: string | undefined;
  readonly timeoutMs: number;
}

/** @throws EventStoreError `EVT_MISSING_DRIVER`, `EVT_INVALID_OPTION` (URL), `EVT_BACKEND_UNAVAILABLE`. */
export async function connect(url: string, options: ConnectOptions): Promise<Connection> {
  const own = options.client === undefined;
  const driver = await loadDriver(own);
  const client = own ? newClient(driver as Driver, url, options.timeoutMs) : hostClient(options.client);
  const db = client.db(options.database ?? databaseOf(url));
  const place = redact(url);
  const connection = new MongoConnection({ client, db, place, own, driver, aliveMs: options.timeoutMs / 2 });
  try {
    await connection.call("connect", async () => void (own && (await client.connect())));
    await connection.learn();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

export async function loadDriver(needed: boolean): Promise<Driver | undefined> {
  try {
    return await import("mongodb");
  } catch (cause) {
    if (!needed) return undefined;
    const message = 'the package "mongodb" is not installed; run: npm install mongodb';
    throw new EventStoreError("EVT_MISSING_DRIVER", message, { cause });
  }
}

function newClient(driver: Driver, url: string, timeoutMs: number): MongoClient {
  const options: MongoClientOptions = {
    appName: "madsci-events",
    serverSelectionTimeoutMS: Math.min(3000, timeoutMs),
    connectTimeoutMS: Math.min(3000, timeoutMs),
    socketTimeoutMS: 60_000,
  };
  try {
    return new driver.MongoClient(url, options);
  } catch (cause) {
    const message = `the database URL is not acceptable: ${redact(url)}`;
    throw new EventStoreError("EVT_INVALID_OPTION", message, { cause });
  }
}

/** The host's own client, known by its shape. */
function hostClient(client: unknown): MongoClient {
  if (typeof (client as MongoClient | null)?.db === "function") return client as MongoClient;
  throw new EventStoreError("EVT_INVALID_OPTION", "client must be a MongoClient");
}

/** Database named in the URL's path, else MADSci's. */
function databaseOf(url: string): string {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]*)/.exec(url)?.[1];
  return path ? decodeURIComponent(path) : "madsci_events";
}

/** The URL without user, password and options. */
function redact(url: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/)(?:.*@)?([^/?@]*)(?:\/([^?]*))?/s.exec(url);
  return parts ? `${parts[1]}${parts[2]}${parts[3] ? `/${parts[3]}` : ""}` : "(not a mongodb:// URL)";
}

interface Parts {
  readonly client: MongoClient;
  readonly db: Db;
  readonly place: string;
  /** False for the host's client, which stays open. */
  readonly own: boolean;
  readonly driver: Driver | undefined;
  readonly aliveMs: number;
}

class MongoConnection implements Connection {
  readonly #parts: Parts;
  readonly db: Db;
  readonly place: string;
  #complete = true;
  #readsIndexes = true;
  #offersChanges = false;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.db = parts.db;
    this.place = parts.place;
  }

  get dialect(): Dialect {
    const { driver } = this.#parts;
    return { objectId: (hex) => driver && new driver.ObjectId(hex), complete: this.#complete };
  }

  get readsIndexes(): boolean {
    return this.#readsIndexes;
  }

  get updatesAtomically(): boolean {
    return this.#readsIndexes;
  }

  get offersChanges(): boolean {
    return this.#offersChanges;
  }

  /** Makes sure the server answers, and finds out what it is. */
  async learn(): Promise<void> {
    await this.ping();
    const build = await this.attempt(() => this.db.command({ buildInfo: 1 })).catch(() => ({}));
    this.#complete = !("ferretdbVersion" in build || "ferretdb" in build);
    this.#readsIndexes = !("ferretdbVersion" in build);
    const hello: object = await this.attempt(() => this.db.command({ hello: 1 })).catch(() => ({}));
    this.#offersChanges = "setName" in hello || ("msg" in hello && hello.msg === "isdbgrid");
  }

  async call<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await this.attempt(run);
    } catch (error) {
      throw this.#unavailable(what, error);
    }
  }

  async attempt<T>(run: () => Promise<T>): Promise<T> {
    const running = run();
    for (;;) {
      if (await settledWithin(running, this.#parts.aliveMs)) return running;
      const ping = this.db.command({ ping: 1 });
      if (await settledWithin(Promise.race([running, ping]), this.#parts.aliveMs)) await Promise.race([running, ping]);
      else throw this.#unavailable("answer", undefined);
    }
  }

  async ping(): Promise<void> {
    const ping = this.db.command({ ping: 1 });
    if (!(await settledWithin(ping, this.#parts.aliveMs * 2))) throw this.#unavailable("answer", undefined);
    await ping.catch((error) => {
      throw this.#unavailable("answer", error);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#parts.own) await settledWithin(this.#parts.client.close(), this.#parts.aliveMs);
  }

  #unavailable(what: string, cause: unknown): EventStoreError {
    if (cause instanceof EventStoreError) return cause;
    if (this.#closed) return new EventStoreError("EVT_CLOSED", "the backend is closed", { cause });
    const code = (cause as { code?: unknown } | undefined)?.code;
    const detail = typeof code === "number" ? ` (MongoDB code ${code})` : "";
    const failed = code === AUTHENTICATION_FAILED ? "did not accept the URL's user and password" : `did not ${what}`;
    return new EventStoreError("EVT_BACKEND_UNAVAILABLE", `MongoDB at ${this.place} ${failed}${detail}`, { cause });
  }
}

/** True when the promise settled in time. Its rejection is left to whoever awaits it, and never goes unhandled. */
async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true as const,
    () => true as const,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
