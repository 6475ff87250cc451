/**
 * Restores a backup that is an SQLite file: as a whole file where that is what the target is, else as the documents MongoDB
 * would have in its place.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DumpSource, DumpTarget } from "../backend/dump-contract.ts";
import { bufferOf } from "../backend/mongo/restore-bson.ts";
import { openDumpSource } from "../backend/open-dump.ts";
import { adoptFile } from "../backend/sqlite/restore-file.ts";
import type { Content } from "./content.ts";
import type { OpenedBackup } from "./inspect.ts";
import { type RestoreContentOptions, restoreContent } from "./restore-content.ts";
import { makeScratchFolder } from "./scratch-folder.ts";
import type { RestoreReport } from "./types.ts";

export async function restoreFile(backup: OpenedBackup, options: RestoreContentOptions): Promise<RestoreReport> {
  const { target, drop, collections, onStep } = options;
  const isWhole = collections === undefined && (drop === true || (await isEmpty(target)));
  if (!isWhole || target.replaceWith === undefined) return restoreDocuments(backup, options);
  const counts = await target.replaceWith(backup.file as string);
  await onStep?.("restored");
  const report = Object.entries(counts).map(([name, inserted]) => [name, { inserted, skipped: 0 }]);
  return { collections: Object.fromEntries(report) };
}

async function isEmpty(target: DumpTarget): Promise<boolean> {
  return (await target.collections()).every((name) => name === "schema_versions");
}

/** From a copy: opening a file may leave something beside it, and nothing may change a backup. */
async function restoreDocuments(backup: OpenedBackup, options: RestoreContentOptions): Promise<RestoreReport> {
  const folder = await makeScratchFolder("restore");
  let source: DumpSource | undefined;
  try {
    const file = join(folder, "copy.db");
    const documents = await adoptFile(backup.file as string, file);
    source = await openDumpSource(`sqlite:${file}`, { database: backup.database });
    const content = await contentOf(source);
    return await restoreContent({ path: backup.path, content, documents }, options);
  } finally {
    await source?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function contentOf(source: DumpSource): Promise<Content> {
  const collections = await source.collections();
  return {
    collections,
    async *parts({ signal }) {
      for (const { collectionName: collection } of collections) {
        for await (const documents of source.documents(collection)) {
          signal?.throwIfAborted();
          yield { collection, documents: documents.map(bufferOf) };
        }
      }
    },
  };
}
