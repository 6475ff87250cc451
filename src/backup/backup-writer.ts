/** What folder-writer.ts and archive-writer.ts have in common: a database's documents, collection after collection. */
import type { CollectionMetadata, DocumentBatch } from "../backend/dump-contract.ts";

export interface WriterOptions {
  /** Folder of the database, empty. */
  readonly folder: string;
  readonly database: string;
  /** Version of MongoDB whose documents these are, as readers of dumps expect one. */
  readonly server: string;
  /** Who writes. */
  readonly program: string;
  readonly isPacked: boolean;
}

export interface BackupWriter {
  /** Begins the next collection; the one before has been closed. */
  open(collection: string): Promise<CollectionWriter>;
  /** After the last collection. Everything is on the disk when it resolves. */
  close(): Promise<void>;
  /** Closes files that are open. */
  abandon(): Promise<void>;
}

export interface CollectionWriter {
  write(documents: DocumentBatch): Promise<void>;
  close(): Promise<void>;
}

/** What `mongodump` writes beside a collection, in its order of keys. */
export function metadataText({ options, indexes, uuid, collectionName, type }: CollectionMetadata): string {
  return JSON.stringify({ options, indexes, ...(uuid === undefined ? {} : { uuid }), collectionName, type });
}
