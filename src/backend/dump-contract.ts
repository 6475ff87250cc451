/**
 * A database as BSON documents: out of it (DumpSource) and into it (DumpTarget). The contract between engines and backup.
 *
 * Documents are whole BSON documents as bytes, in batches of a few MiB, so that nobody needs more memory than that.
 */

/** What `mongodump` writes beside a collection's documents; values as canonical Extended JSON. */
export interface CollectionMetadata {
  readonly collectionName: string;
  readonly type: "collection";
  readonly options: Readonly<Record<string, unknown>>;
  readonly indexes: readonly Readonly<Record<string, unknown>>[];
  /** Hexadecimal, where the server has one. */
  readonly uuid?: string;
}

export type DocumentBatch = readonly Uint8Array[];

export interface DumpSource {
  readonly kind: "sqlite" | "mongo";
  readonly database: string;
  /** Version of the database server or engine. */
  readonly server: string;
  /** All of the database except those of the system and of restores under way, in the order of their names. */
  collections(): Promise<readonly CollectionMetadata[]>;
  /** What `collections` leaves out though it is somebody's: views, and names restores keep for themselves. @default none */
  leftOut?(): Promise<readonly string[]>;
  /** About how many documents. */
  estimate(collection: string): Promise<number>;
  documents(collection: string): AsyncIterable<DocumentBatch>;
  /** SQLite only: a consistent copy of the whole file, while others write. Says how many documents each collection has in it. */
  copyTo?(file: string, onPages: (done: number, all: number) => void): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export interface Inserted {
  readonly inserted: number;
  /** Their ids were there already. */
  readonly skipped: number;
}

/** One collection being restored. */
export interface CollectionTarget {
  /** @throws EventStoreError naming the document where the engine refuses one */
  insert(documents: DocumentBatch): Promise<Inserted>;
  /** Exact. An engine that has to look at every document takes `expected` where its quick count is the same. */
  count(expected?: number): Promise<number>;
  /** What of these documents does not rest here as it is, in words; undefined where all do. */
  difference(documents: DocumentBatch): Promise<string | undefined>;
  /** Makes the indexes. */
  finish(): Promise<void>;
}

export interface DumpTarget {
  readonly kind: "sqlite" | "mongo";
  readonly database: string;
  /** Names of what is there. */
  collections(): Promise<readonly string[]>;
  /** False for a collection that has no place in this engine. */
  accepts(collection: string): boolean;
  /** In place: documents are added, those whose id is there are skipped. */
  open(metadata: CollectionMetadata): Promise<CollectionTarget>;
  /** Beside what is there, invisible until `swap`; what an earlier restore that died left behind under its name goes first. */
  stage(metadata: CollectionMetadata): Promise<CollectionTarget>;
  /** Puts everything staged in the place of what has its name; collections that were not staged stay. */
  swap(): Promise<void>;
  /**
   * SQLite only: puts a copy of a whole file in the place of the database, atomically; returns documents by collection.
   * @throws EventStoreError where it is in use
   */
  replaceWith?(file: string): Promise<Readonly<Record<string, number>>>;
  /** Removes everything staged. */
  abandon(): Promise<void>;
  /** Removes the database: for scratch ones. */
  destroy(): Promise<void>;
  close(): Promise<void>;
}
