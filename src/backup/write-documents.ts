/** The documents of a backup, in the format asked for. */
import { join } from "node:path";
import type { CollectionMetadata, DumpSource } from "../backend/dump-contract.ts";
import { EventStoreError } from "../errors.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import type { BackupWriter } from "./backup-writer.ts";
import { onDisk, sync } from "./disk.ts";
import { FolderWriter } from "./folder-writer.ts";
import type { BackupFormat, CreateBackupOptions } from "./types.ts";

/** How the program calls itself in what it writes. */
export const PROGRAM = "madsci-events 0.1.0";
/** Documents of SQLite are written as this version of MongoDB would have them; readers of dumps ask. */
const MONGO_VERSION = "7.0.0";
/** Records of alerting: read after the events. One that misses an event it was marked for would lose the alert; one that meets an event again does no harm. */
const LATER = /(?:^|_)alert_/;

export type Documents = Readonly<Record<string, number>>;

interface WritePlan extends CreateBackupOptions {
  readonly format: BackupFormat;
  readonly gzip: boolean;
  readonly database: string;
  readonly step: (step: string) => Promise<void>;
}

/** @param folder of the database, empty. Says how many documents each collection has. */
export async function writeDocuments(plan: WritePlan, folder: string): Promise<Documents> {
  if (plan.format === "sqlite") return copyFile(plan, folder);
  const collections = await chosen(plan);
  const { source, database, gzip: isPacked, format } = plan;
  const server = source.kind === "mongo" ? source.server : MONGO_VERSION;
  const options = { folder, database, server, program: PROGRAM, isPacked };
  const Writer = format === "archive" ? ArchiveWriter : FolderWriter;
  const writer = await Writer.create(options, collections);
  try {
    const documents = await copyAll(plan, writer, collections);
    await writer.close();
    return documents;
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function copyFile(plan: WritePlan, folder: string): Promise<Documents> {
  const { source, database, onProgress, signal } = plan;
  const file = join(folder, `${database}.sqlite`);
  const collection = `${database}.sqlite`;
  // Of a file nothing but pages is known.
  const onPages = (done: number, all: number) => {
    signal?.throwIfAborted();
    onProgress?.({ collection, documents: done, expected: all, bytes: 0 });
  };
  const documents = await (source as Required<DumpSource>).copyTo(file, onPages);
  await onDisk(file, () => sync(file));
  return documents;
}

async function chosen({ source, collections: wanted }: WritePlan): Promise<readonly CollectionMetadata[]> {
  const all = await source.collections();
  if (wanted === undefined) return all;
  const names = all.map(({ collectionName }) => collectionName);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined) return all.filter(({ collectionName }) => wanted.includes(collectionName));
  const message = `collections: there is no ${JSON.stringify(unknown)} in ${source.database}; there are ${names.join(", ")}`;
  throw new EventStoreError("EVT_INVALID_OPTION", message);
}

async function copyAll(
  plan: WritePlan,
  writer: BackupWriter,
  collections: readonly CollectionMetadata[],
): Promise<Documents> {
  const names = collections.map(({ collectionName }) => collectionName);
  // A collection may be called __proto__.
  const documents = new Map<string, number>();
  for (const name of [...names.filter((name) => !LATER.test(name)), ...names.filter((name) => LATER.test(name))])
    documents.set(name, await copyCollection(plan, writer, name));
  // In the order of the names, whatever the order of reading.
  return Object.fromEntries(names.map((name) => [name, documents.get(name) ?? 0]));
}

async function copyCollection(plan: WritePlan, writer: BackupWriter, collection: string): Promise<number> {
  const { source, signal, onProgress, step } = plan;
  const expected = await source.estimate(collection);
  const out = await writer.open(collection);
  let [documents, bytes] = [0, 0];
  for await (const batch of source.documents(collection)) {
    signal?.throwIfAborted();
    await out.write(batch);
    documents += batch.length;
    bytes += batch.reduce((sum, document) => sum + document.length, 0);
    onProgress?.({ collection, documents, expected, bytes });
  }
  await out.close();
  await step(`${collection} written`);
  return documents;
}
