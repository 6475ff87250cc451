/**
 * DumpTarget in MongoDB: documents go in byte by byte as they lie in the dump.
 *
 * Beside what is there: `<name>__restoring_<id>`, then swapped (restore-swap.ts). One restore at a time, also of those that
 * only add (restore-lease.ts): what one adds must not lie in a collection that another one takes away.
 * Events that servers store while a collection is replaced are replaced with it: stop them before.
 */
import { randomBytes } from "node:crypto";
import type { Document } from "mongodb";
import { EventStoreError } from "../../errors.ts";
import { elementsOf, firstDifference, keyOfValue } from "../bson-elements.ts";
import type { CollectionMetadata, CollectionTarget, DocumentBatch, DumpTarget, Inserted } from "../dump-contract.ts";
import { STATE } from "../schema-records.ts";
import { type Connection, connect } from "./driver.ts";
import { bufferOf, type RestoreCodec, restoreCodec } from "./restore-bson.ts";
import { type InsertPlace, insertDocuments } from "./restore-insert.ts";
import { LEASE_COLLECTIONS, RestoreLease } from "./restore-lease.ts";
import { collectionNames, drop, removeLeftovers, type SwapPlace, stagedName, swapCollections } from "./restore-swap.ts";

export interface MongoTargetOptions {
  /** @default the URL's, else "madsci_events" */
  readonly database?: string | undefined;
  readonly warn: (message: string) => void;
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
  /** A restore that is silent for this long counts as dead. @default 15_000 */
  readonly leaseMs?: number | undefined;
}

/** A server silent for this long counts as gone, in ms: indexes and big commands take their time. */
const TIMEOUT_MS = 20_000;
const NAMESPACE_EXISTS = 48;
/** What may be taken over from a dump: nothing that runs code, reads elsewhere or deletes documents by itself (`capped`). */
const COLLECTION_OPTIONS = ["collation", "validator", "validationLevel", "validationAction"];
const NOT_OF_AN_INDEX = new Set(["v", "ns", "background"]);

/** @throws EventStoreError `EVT_MISSING_DRIVER`, `EVT_INVALID_OPTION`, `EVT_BACKEND_UNAVAILABLE` */
export async function openMongoTarget(url: string, options: MongoTargetOptions): Promise<DumpTarget> {
  const codec = await restoreCodec();
  const connection = await connect(url, { database: options.database, timeoutMs: TIMEOUT_MS });
  return new MongoTarget(connection, codec, options);
}

class MongoTarget implements DumpTarget {
  readonly kind = "mongo";
  readonly database: string;
  readonly #connection: Connection;
  readonly #options: MongoTargetOptions;
  readonly #place: SwapPlace;
  readonly #id = randomBytes(4).toString("hex");
  readonly #staged: string[] = [];
  #lease: RestoreLease | undefined;

  constructor(connection: Connection, codec: RestoreCodec, options: MongoTargetOptions) {
    this.database = connection.db.databaseName;
    this.#connection = connection;
    this.#options = options;
    this.#place = { connection, codec, onStep: options.onStep ?? (() => {}), assertHeld: () => this.#assertHeld() };
  }

  collections(): Promise<readonly string[]> {
    return collectionNames(this.#connection);
  }

  /** Where a database's migrations are belongs to it, not to what is restored into it. */
  accepts(collection: string): boolean {
    return collection !== STATE;
  }

  async open(metadata: CollectionMetadata): Promise<CollectionTarget> {
    await this.#hold();
    return this.#create(metadata.collectionName, metadata);
  }

  async stage(metadata: CollectionMetadata): Promise<CollectionTarget> {
    await this.#hold();
    this.#staged.push(metadata.collectionName);
    return this.#create(stagedName(metadata.collectionName, this.#id), metadata);
  }

  async swap(): Promise<void> {
    await swapCollections(this.#place, this.#staged, this.#id);
    this.#staged.length = 0;
    await this.#letGo();
  }

  async abandon(): Promise<void> {
    for (const name of this.#staged) await drop(this.#place, stagedName(name, this.#id));
    this.#staged.length = 0;
    await this.#letGo();
  }

  async destroy(): Promise<void> {
    await this.#connection.call("drop the database", () => this.#connection.db.dropDatabase());
    await this.#lease?.end();
    this.#lease = undefined;
  }

  async close(): Promise<void> {
    // One that died is no loss: it runs out.
    if (this.#staged.length === 0) await this.#letGo().catch(() => {});
    await this.#lease?.end();
    await this.#connection.close();
  }

  async #hold(): Promise<void> {
    if (this.#lease !== undefined) return;
    const lease = new RestoreLease(this.#connection, this.#options.leaseMs);
    await lease.take();
    this.#lease = lease;
    await removeLeftovers(this.#place);
  }

  async #letGo(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease === undefined) return;
    await lease.end();
    await lease.assertHeld();
    for (const name of LEASE_COLLECTIONS) await drop(this.#place, name);
  }

  async #create(name: string, metadata: CollectionMetadata): Promise<CollectionTarget> {
    const { connection, codec } = this.#place;
    const all = codec.plain(metadata.options);
    if (all.capped) this.#options.warn(`${metadata.collectionName} was capped; it is restored without a limit`);
    const options = Object.fromEntries(Object.entries(all).filter(([key]) => COLLECTION_OPTIONS.includes(key)));
    try {
      await connection.attempt(() => connection.db.createCollection(name, options));
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== NAMESPACE_EXISTS)
        await connection.call(`make the collection ${name}`, () => Promise.reject(error));
    }
    const writeConcern = { w: "majority", wtimeoutMS: 60_000 } as const;
    const collection = connection.db.collection(name, { writeConcern, readPreference: "primary" });
    const place = { connection, codec, collection, name: metadata.collectionName };
    return new MongoCollectionTarget(place, metadata, {
      warn: this.#options.warn,
      assertHeld: () => this.#assertHeld(),
    });
  }

  async #assertHeld(): Promise<void> {
    await this.#lease?.assertHeld();
  }
}

interface Surroundings {
  readonly warn: (message: string) => void;
  readonly assertHeld: () => Promise<void>;
}

class MongoCollectionTarget implements CollectionTarget {
  readonly #place: InsertPlace;
  readonly #metadata: CollectionMetadata;
  readonly #around: Surroundings;

  constructor(place: InsertPlace, metadata: CollectionMetadata, around: Surroundings) {
    this.#place = place;
    this.#metadata = metadata;
    this.#around = around;
  }

  async insert(documents: DocumentBatch): Promise<Inserted> {
    await this.#around.assertHeld();
    return insertDocuments(this.#place, documents);
  }

  async count(expected?: number): Promise<number> {
    const { connection, collection } = this.#place;
    const stats = { collStats: collection.collectionName };
    const quick = await connection.attempt(() => connection.db.command(stats)).catch(() => undefined);
    if (expected !== undefined && quick?.count === expected) return expected;
    return connection.call("count", () => collection.countDocuments({}));
  }

  async difference(documents: DocumentBatch): Promise<string | undefined> {
    const { codec } = this.#place;
    const resting = new Map((await this.#read(documents)).map((bytes) => [idKey(bytes), bytes]));
    for (const document of documents.map(bufferOf)) {
      const found = resting.get(idKey(document));
      const id = String(codec.idOf(document));
      if (found === undefined) return `the document ${id} is missing`;
      const field = firstDifference(document, found);
      if (field !== undefined) return `the document ${id} differs in ${JSON.stringify(field)}`;
    }
    return undefined;
  }

  async finish(): Promise<void> {
    const { connection, collection, codec, name } = this.#place;
    for (const index of this.#metadata.indexes.map((fields) => codec.plain(fields))) {
      if (index.name === "_id_") continue;
      if ("expireAfterSeconds" in index) {
        this.#around.warn(`the index ${index.name} of ${name} deletes documents by itself and is left out`);
        continue;
      }
      const kept = Object.entries(index).filter(([key]) => !NOT_OF_AN_INDEX.has(key));
      const command = { createIndexes: collection.collectionName, indexes: [Object.fromEntries(kept)] };
      try {
        await connection.attempt(() => connection.db.command(command));
      } catch (error) {
        const { code } = error as { readonly code?: unknown };
        if (typeof code !== "number") await connection.call("make an index", () => Promise.reject(error));
        this.#around.warn(`the index ${index.name} of ${name} could not be made (MongoDB code ${code})`);
      }
    }
  }

  async #read(documents: DocumentBatch): Promise<readonly Buffer[]> {
    const { connection, collection, codec } = this.#place;
    const filter = { _id: { $in: documents.map((document) => codec.idOf(document)) } } as Document;
    const found = () => collection.find(filter, { raw: true }).toArray();
    return ((await connection.call("read", found)) as unknown as Uint8Array[]).map(bufferOf);
  }
}

function idKey(bytes: Buffer): string {
  for (const element of elementsOf(bytes)) if (element.key === "_id") return keyOfValue(bytes, element);
  throw new EventStoreError("EVT_INVALID_OPTION", "a document has no _id");
}
