/**
 * A database as a source of documents: their bytes as the server sends them, undecoded.
 *
 * What moment they are of: on a replica set or through mongos, one snapshot for all collections, unless there are too many
 * documents to be read before the server forgets it (MAX_SNAPSHOT). Otherwise each collection is read as it is while it
 * is read: an event that arrives meanwhile may be missing, none that was there before is, unless somebody deletes it.
 */
import type { ClientSession, Collection, CollectionInfo, Document, FindOptions } from "mongodb";
import { EventStoreError } from "../../errors.ts";
import type { CollectionMetadata, DocumentBatch, DumpSource } from "../dump-contract.ts";
import { STATE } from "../schema-records.ts";
import { type Connection, connect, loadDriver } from "./driver.ts";
import { assertNotHalf, isKeptName, isRestores } from "./restore-swap.ts";
import { LONGEST_MS } from "./room.ts";

/** Servers keep a snapshot for 5 minutes; a slow one sends this many in that time. */
const MAX_SNAPSHOT = 2_000_000;
/** The server sends at most 16 MiB at once anyway; a page of small documents is a few MiB. */
const PAGE = 5000;
/** How a server says that it has no snapshot, or no longer this one. */
const NO_SNAPSHOT = new Set([20, 72, 76, 123, 239, 246]);

type Driver = NonNullable<Awaited<ReturnType<typeof loadDriver>>>;

export interface MongoSourceOptions {
  readonly database?: string | undefined;
  /** A MongoClient of the host's, used as it is and never closed. */
  readonly client?: unknown;
  readonly timeoutMs?: number | undefined;
  /** Told of what cannot be dumped. */
  readonly warn: (message: string) => void;
}

/** @throws EventStoreError `EVT_MISSING_DRIVER`, `EVT_INVALID_OPTION`, `EVT_BACKEND_UNAVAILABLE`. */
export async function openMongoSource(url: string, options: MongoSourceOptions): Promise<DumpSource> {
  const { client, database, timeoutMs = 4_000, warn } = options;
  const driver = (await loadDriver(true)) as Driver;
  const connection = await connect(url, { client, database, timeoutMs });
  try {
    const build = await connection.call("say its version", () => connection.db.command({ buildInfo: 1 }));
    return new MongoSource({ connection, driver, warn, server: String(build.version) });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

interface Parts {
  readonly connection: Connection;
  readonly driver: Driver;
  readonly warn: (message: string) => void;
  readonly server: string;
}

class MongoSource implements DumpSource {
  readonly kind = "mongo";
  readonly database: string;
  readonly server: string;
  readonly #parts: Parts;
  #session: Promise<ClientSession | undefined> | undefined;
  readonly #told = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.database = parts.connection.db.databaseName;
    this.server = parts.server;
  }

  async collections(): Promise<readonly CollectionMetadata[]> {
    const found = await this.#plainCollections();
    const described: CollectionMetadata[] = [];
    for (const info of found) described.push(await this.#describe(info));
    return described;
  }

  async leftOut(): Promise<readonly string[]> {
    const found = await this.#others();
    return found.filter((info) => reasonAgainst(info) !== undefined).map(({ name }) => name);
  }

  /** A server may count by reading everything; what it keeps of a collection's size it has at once. */
  async estimate(collection: string): Promise<number> {
    const { connection } = this.#parts;
    const stats = () => connection.db.command({ collStats: collection });
    const { count } = await connection.attempt(stats).catch((): { readonly count?: unknown } => ({}));
    if (typeof count === "number") return count;
    return connection.call("count", () => this.#collection(collection).estimatedDocumentCount());
  }

  async *documents(collection: string): AsyncGenerator<DocumentBatch, void> {
    this.#session ??= this.#snapshot();
    const session = await this.#session;
    if (session) {
      const pages = this.#pages(collection, { session });
      const first = await pages.next().catch((error: unknown) => this.#withoutSnapshot(error));
      if (first?.done) return;
      if (first) {
        yield first.value;
        return yield* pages;
      }
      this.#session = Promise.resolve(undefined);
      await session.endSession().catch(() => {});
    }
    yield* this.#pages(collection, {});
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.endSession().catch(() => {});
    await this.#parts.connection.close();
  }

  async *#pages(collection: string, more: FindOptions): AsyncGenerator<DocumentBatch, void> {
    const { connection } = this.#parts;
    const cursor = this.#collection(collection).find({}, { raw: true, batchSize: PAGE, ...more });
    const began = await this.#uuidOf(collection);
    try {
      while (await connection.call("read", () => cursor.hasNext()))
        yield cursor.readBufferedDocuments() as unknown as DocumentBatch;
    } finally {
      await cursor.close().catch(() => {});
    }
    if ((await this.#uuidOf(collection)) !== began || began === undefined) throw replaced(collection);
  }

  /** Empty where the server has none, undefined where the collection is gone: a restore may be replacing it. */
  async #uuidOf(collection: string): Promise<string | undefined> {
    const { connection } = this.#parts;
    const list = () => connection.db.listCollections({ name: collection }, RAW_TYPES).toArray();
    const [found] = (await connection.call("list its collections", list)) as CollectionInfo[];
    return found && String(found.info?.uuid ?? "");
  }

  /** Undefined where the server has no snapshot; then it is read plainly. @throws the error where it is another one */
  #withoutSnapshot(error: unknown): undefined {
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown };
    if (typeof code !== "number" || !NO_SNAPSHOT.has(code)) throw error;
    return undefined;
  }

  async #snapshot(): Promise<ClientSession | undefined> {
    const { connection } = this.#parts;
    if (!connection.offersChanges) return undefined;
    let all = 0;
    for (const { name } of await this.#plainCollections()) all += await this.estimate(name);
    return all > MAX_SNAPSHOT ? undefined : connection.db.client.startSession({ snapshot: true });
  }

  async #plainCollections(): Promise<readonly CollectionInfo[]> {
    const found = await this.#others();
    for (const info of found) this.#tell(info);
    return found.filter((info) => reasonAgainst(info) === undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Once of each. */
  #tell(info: CollectionInfo): void {
    const reason = reasonAgainst(info);
    if (reason === undefined || this.#told.has(info.name)) return;
    this.#told.add(info.name);
    this.#parts.warn(`${JSON.stringify(info.name)} ${reason}: it is left out of the backup`);
  }

  /** Whatever is neither the system's nor kept by ourselves. */
  async #others(): Promise<readonly CollectionInfo[]> {
    const { connection } = this.#parts;
    const list = () => connection.db.listCollections({}, RAW_TYPES).toArray();
    const found = (await connection.call("list its collections", list)) as CollectionInfo[];
    const names = found.map(({ name }) => name);
    assertNotHalf(names, this.database);
    return found.filter(({ name }) => name !== STATE && !name.startsWith("system.") && !isRestores(name));
  }

  async #describe({ name, options, info }: CollectionInfo): Promise<CollectionMetadata> {
    const { connection, driver } = this.#parts;
    const list = () => this.#collection(name).listIndexes(RAW_TYPES).toArray();
    const indexes = await connection.call("list its indexes", list);
    const { EJSON } = driver.BSON;
    const plain = (value: unknown) => EJSON.serialize(value, { relaxed: false }) as Record<string, unknown>;
    const uuid = info?.uuid as { toString(encoding: "hex"): string } | undefined;
    return {
      collectionName: name,
      type: "collection",
      options: plain(options ?? {}),
      indexes: indexes.map(plain),
      ...(uuid === undefined ? {} : { uuid: uuid.toString("hex") }),
    };
  }

  #collection(name: string): Collection<Document> {
    return this.#parts.connection.db.collection(name);
  }
}

/** Why it cannot be backed up; undefined where it can. */
function reasonAgainst({ name, type = "collection" }: CollectionInfo): string | undefined {
  if (type !== "collection") return `is no plain collection (${type})`;
  return isKeptName(name) ? "has a name that restores keep for themselves" : undefined;
}

function replaced(collection: string): EventStoreError {
  const message = `${collection} was replaced or removed while it was read; make the backup again`;
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message);
}

/** Numbers keep their types, so that what is written down is what the server said. */
const RAW_TYPES = { promoteValues: false, promoteLongs: false, maxTimeMS: LONGEST_MS } as const;
