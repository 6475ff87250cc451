/**
 * A backup as mongodump's folder: `<collection>.bson`, `<collection>.metadata.json`, `prelude.json`, each perhaps packed
 * (`.gz`).
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { CollectionMetadata } from "../backend/dump-contract.ts";
import { type BackupWriter, type CollectionWriter, metadataText, type WriterOptions } from "./backup-writer.ts";
import { onDisk, writeWhole } from "./disk.ts";
import { collectionFile } from "./names.ts";
import { OutFile } from "./out-file.ts";

const pack = promisify(gzip);

export class FolderWriter implements BackupWriter {
  readonly #options: WriterOptions;
  #file: OutFile | undefined;

  private constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Writes everything but the documents. */
  static async create(options: WriterOptions, collections: readonly CollectionMetadata[]): Promise<FolderWriter> {
    const writer = new FolderWriter(options);
    const prelude = { ServerVersion: options.server, ToolVersion: options.program };
    await writer.#small("prelude.json", JSON.stringify(prelude));
    for (const metadata of collections)
      await writer.#small(`${fileOf(metadata.collectionName)}.metadata.json`, metadataText(metadata));
    return writer;
  }

  async open(collection: string): Promise<CollectionWriter> {
    const { folder, isPacked } = this.#options;
    const file = await OutFile.create(join(folder, `${fileOf(collection)}.bson${isPacked ? ".gz" : ""}`), isPacked);
    this.#file = file;
    return {
      write: (documents) => file.write(documents),
      close: async () => {
        this.#file = undefined;
        await file.close();
      },
    };
  }

  async close(): Promise<void> {}

  async abandon(): Promise<void> {
    await this.#file?.abandon();
  }

  async #small(name: string, text: string): Promise<void> {
    const { folder, isPacked } = this.#options;
    const path = join(folder, isPacked ? `${name}.gz` : name);
    const bytes = isPacked ? await pack(text) : text;
    await onDisk(path, () => writeWhole(path, bytes));
  }
}

/** SHA-1 tells long names apart, as in mongodump; it protects nothing. */
function fileOf(collection: string): string {
  return collectionFile(collection, (text) => createHash("sha1").update(text).digest("base64url"));
}
