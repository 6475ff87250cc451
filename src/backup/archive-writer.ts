/**
 * A backup as mongodump's archive, one file.
 *
 *   magic · header · a document for each collection · terminator
 *   for each collection: header of the namespace · documents · terminator (none where it is empty), then
 *                        header with EOF and the CRC-64 of its documents · terminator
 *
 * Collections follow one another; mongodump itself mingles them, which readers must bear and need not see.
 */
import { join } from "node:path";
import type { CollectionMetadata, DocumentBatch } from "../backend/dump-contract.ts";
import { type BackupWriter, type CollectionWriter, metadataText, type WriterOptions } from "./backup-writer.ts";
import { bsonOf } from "./bson-fields.ts";
import { Crc64 } from "./crc64.ts";
import { OutFile } from "./out-file.ts";

const MAGIC = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
const TERMINATOR = Buffer.alloc(4, 0xff);
const FORMAT_VERSION = "0.1";

export class ArchiveWriter implements BackupWriter {
  readonly #database: string;
  readonly #file: OutFile;

  private constructor(database: string, file: OutFile) {
    this.#database = database;
    this.#file = file;
  }

  static async create(options: WriterOptions, collections: readonly CollectionMetadata[]): Promise<ArchiveWriter> {
    const { folder, database, isPacked } = options;
    const file = await OutFile.create(join(folder, `${database}.archive${isPacked ? ".gz" : ""}`), isPacked);
    const described = collections.map((metadata) => describe(database, metadata));
    await file.write([MAGIC, header(options), ...described, TERMINATOR]);
    return new ArchiveWriter(database, file);
  }

  async open(collection: string): Promise<CollectionWriter> {
    const crc = new Crc64();
    const [file, database] = [this.#file, this.#database];
    const namespace = (EOF: boolean, CRC: bigint) => bsonOf({ db: database, collection, EOF, CRC });
    let begun = false;
    return {
      async write(documents: DocumentBatch): Promise<void> {
        if (documents.length === 0) return;
        for (const document of documents) crc.update(document);
        await file.write(begun ? documents : [namespace(false, 0n), ...documents]);
        begun = true;
      },
      async close(): Promise<void> {
        await file.write([...(begun ? [TERMINATOR] : []), namespace(true, crc.digest()), TERMINATOR]);
      },
    };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.abandon();
  }
}

function header({ server, program }: WriterOptions): Uint8Array {
  const versions = { version: FORMAT_VERSION, server_version: server, tool_version: program };
  return bsonOf({ concurrent_collections: 1, ...versions });
}

function describe(database: string, metadata: CollectionMetadata): Uint8Array {
  const { collectionName: collection, type } = metadata;
  return bsonOf({ db: database, collection, metadata: metadataText(metadata), size: 0, type });
}
