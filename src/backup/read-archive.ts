/**
 * An archive as `mongodump --archive` writes it: one stream for all collections.
 *
 *   magic · header · a document for each collection · terminator     the prelude
 *   ( { db, collection, EOF: false } · documents · terminator )*      stretches, of several collections by turns
 *   { db, collection, EOF: true, CRC } · terminator                   for each collection, after its last stretch
 *
 * Views and the like are listed and have no documents; they are left out.
 */
import type { CollectionMetadata } from "../backend/dump-contract.ts";
import { loadDriver } from "../backend/mongo/driver.ts";
import { BsonCut, type CutDocument } from "./bson-cut.ts";
import {
  type Content,
  type ContentPart,
  checkDocuments,
  isObject,
  kindOf,
  METADATA_BYTES,
  metadataOf,
  type ReadContentOptions,
} from "./content.ts";
import { Crc64 } from "./crc64.ts";
import { damage, shown } from "./damage.ts";
import { bytesOf, checkedCollection, checkedDatabase } from "./safe-path.ts";

const MAGIC = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
const VERSION = /^0\./;

export interface Archive extends Content {
  readonly database: string;
}

export interface ArchiveOptions {
  readonly isPacked: boolean;
  /** Which one, of an archive of several databases. @default the only one */
  readonly database?: string | undefined;
  /** Told of what is left out. */
  readonly warn?: ((message: string) => void) | undefined;
}

type Parse = (document: CutDocument) => Record<string, unknown>;

/** Reads only the prelude. */
export async function readArchive(file: string, { isPacked, database, warn }: ArchiveOptions): Promise<Archive> {
  const parse = await parser(file);
  const prelude = new Prelude(file, parse);
  for await (const { document } of documentsOf(file, { isPacked })) if (prelude.isEndedBy(document)) break;
  if (!prelude.isEnded) throw damage(file, "is damaged: it ends before its list of collections does");
  const chosen = databaseOf(file, prelude, database);
  const collections = prelude.collections.get(chosen) ?? [];
  for (const namespace of prelude.leftOut)
    warn?.(
      `${shown(file)}: ${shown(namespace)} is no plain collection and has no documents of its own: it is left out`,
    );
  return {
    database: chosen,
    collections,
    parts: (options) => partsOf({ file, isPacked, parse, prelude, database: chosen }, options),
  };
}

function databaseOf(file: string, { collections }: Prelude, wanted: string | undefined): string {
  const names = [...collections.keys()];
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const [only] = names;
  if (only === undefined) throw damage(file, "holds no collection");
  if (names.length > 1) throw damage(file, `holds several databases (${names.join(", ")}); say which one is meant`);
  return only;
}

/** Parses the archive's own documents, never those of a collection. */
async function parser(file: string): Promise<Parse> {
  const driver = await loadDriver(true);
  const { BSON } = driver as NonNullable<typeof driver>;
  return ({ bytes, offset }) => {
    try {
      return BSON.deserialize(bytes, { useBigInt64: true });
    } catch (cause) {
      throw damage(file, `is damaged at byte ${offset}: no readable document`, cause);
    }
  };
}

const isTerminator = ({ bytes }: CutDocument) => bytes.length === 0;

interface Piece {
  readonly document: CutDocument;
  /** Nothing of what has been read lies behind it. */
  readonly isLast: boolean;
}

interface FileOptions {
  readonly isPacked: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onRaw?: ((chunk: Buffer) => void) | undefined;
}

/** Everything behind the magic number, cut. */
async function* documentsOf(file: string, options: FileOptions): AsyncGenerator<Piece, void> {
  const damaged = (offset: number, why: string) => damage(file, `is damaged at byte ${offset}: ${why}`);
  const cut = new BsonCut({ offset: MAGIC.length, terminators: true, damaged });
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of bytesOf(file, options)) {
    let bytes = chunk;
    if (head !== undefined) {
      head = bytes = Buffer.concat([head, chunk]);
      if (head.length < MAGIC.length) continue;
      if (!MAGIC.equals(head.subarray(0, MAGIC.length))) break;
      head = undefined;
      bytes = bytes.subarray(MAGIC.length);
    }
    const documents = cut.push(bytes);
    for (const [i, document] of documents.entries()) yield { document, isLast: i === documents.length - 1 };
    cut.check();
  }
  if (head !== undefined) throw damage(file, "is no mongodump archive");
  cut.end();
}

class Prelude {
  readonly #file: string;
  readonly #parse: Parse;
  #header: Record<string, unknown> | undefined;
  readonly collections = new Map<string, CollectionMetadata[]>();
  readonly #namespaces = new Set<string>();
  /** Namespaces of views and the like. */
  readonly leftOut = new Set<string>();
  #bytes = 0;
  isEnded = false;

  constructor(file: string, parse: Parse) {
    this.#file = file;
    this.#parse = parse;
  }

  /** Takes the next document. */
  isEndedBy(document: CutDocument): boolean {
    this.#bytes += document.bytes.length;
    if (this.#bytes > METADATA_BYTES)
      throw damage(this.#file, `has a list of collections of over ${METADATA_BYTES} bytes`);
    if (this.#header === undefined) this.#header = this.#checkedHeader(document);
    else if (isTerminator(document)) this.isEnded = true;
    else this.#add(this.#parse(document));
    return this.isEnded;
  }

  #checkedHeader(document: CutDocument): Record<string, unknown> {
    const header = isTerminator(document) ? {} : this.#parse(document);
    if (VERSION.test(String(header.version))) return header;
    throw damage(this.#file, `is an archive of the unknown version ${shown(String(header.version))}`);
  }

  #add({ db, collection, metadata, type }: Record<string, unknown>): void {
    const database = checkedDatabase(db, this.#file);
    const name = checkedCollection(collection, this.#file);
    const known = this.collections.get(database) ?? [];
    const namespace = `${database}.${name}`;
    if (this.#namespaces.has(namespace)) throw damage(this.#file, `holds the collection ${shown(name)} twice`);
    this.#namespaces.add(namespace);
    const fields = { ...this.#fieldsOf(name, metadata), ...(typeof type === "string" && type !== "" ? { type } : {}) };
    const { collectionName } = fields as { readonly collectionName?: unknown };
    if (collectionName !== undefined && collectionName !== name) {
      throw damage(this.#file, `the metadata of ${shown(name)} are of another collection`);
    }
    if (kindOf(fields) === "collection") known.push(metadataOf(name, fields, this.#file));
    else this.leftOut.add(namespace);
    this.collections.set(database, known);
  }

  #fieldsOf(name: string, metadata: unknown): Record<string, unknown> {
    try {
      const fields: unknown = typeof metadata === "string" && metadata !== "" ? JSON.parse(metadata) : {};
      if (isObject(fields)) return fields;
    } catch {
      // The same as JSON that is no object.
    }
    throw damage(this.#file, `the metadata of ${shown(name)} are no JSON object`);
  }
}

interface ArchiveFile {
  readonly file: string;
  readonly isPacked: boolean;
  readonly parse: Parse;
  readonly prelude: Prelude;
  readonly database: string;
}

async function* partsOf(archive: ArchiveFile, options: ReadContentOptions): AsyncGenerator<ContentPart, void> {
  const { file, isPacked, parse } = archive;
  const { signal, onBytes: onRaw } = options;
  const prelude = new Prelude(file, parse);
  const body = new Body(archive);
  let waiting: CutDocument[] = [];
  for await (const { document, isLast } of documentsOf(file, { isPacked, signal, onRaw })) {
    if (!prelude.isEnded) {
      prelude.isEndedBy(document);
      continue;
    }
    const { collection } = body;
    const isContent = body.take(document);
    if (isContent) waiting.push(document);
    if (waiting.length > 0 && (isLast || !isContent)) {
      if (options.isChecked) checkDocuments(file, waiting);
      if (collection !== undefined) yield { collection, documents: waiting.map(({ bytes }) => bytes) };
      waiting = [];
    }
  }
  body.end();
}

/** Where the stream is, and what of each namespace has come. */
class Body {
  readonly #archive: ArchiveFile;
  readonly #sums = new Map<string, Crc64>();
  readonly #ended = new Set<string>();
  /** Undefined between two stretches. */
  #namespace: string | undefined;
  #isEnd = false;
  /** Whose documents come now; undefined for those of other databases. */
  collection: string | undefined;

  constructor(archive: ArchiveFile) {
    this.#archive = archive;
    for (const [database, collections] of archive.prelude.collections) {
      for (const { collectionName } of collections) this.#sums.set(`${database}.${collectionName}`, new Crc64());
    }
    for (const namespace of archive.prelude.leftOut) this.#sums.set(namespace, new Crc64());
  }

  /** True for a document of a collection. */
  take(document: CutDocument): boolean {
    if (this.#namespace === undefined) this.#begin(document);
    else if (isTerminator(document)) this.#namespace = undefined;
    else if (this.#isEnd) throw this.#damaged(document, "documents behind the end of their collection");
    else {
      this.#sums.get(this.#namespace)?.update(document.bytes);
      return true;
    }
    return false;
  }

  /** @throws EventStoreError where something is missing */
  end(): void {
    const { leftOut } = this.#archive.prelude;
    const missing = [...this.#sums.keys()].find((namespace) => !this.#ended.has(namespace) && !leftOut.has(namespace));
    if (this.#namespace === undefined && missing === undefined) return;
    throw damage(this.#archive.file, `is cut off: the end of ${shown(missing ?? this.#namespace ?? "")} is missing`);
  }

  #begin(document: CutDocument): void {
    if (isTerminator(document)) throw this.#damaged(document, "an end without a beginning");
    const { db, collection, EOF, CRC } = this.#archive.parse(document);
    const namespace = `${db}.${collection}`;
    const sum = this.#sums.get(namespace);
    if (sum === undefined)
      throw this.#damaged(document, `documents of ${shown(namespace)}, which its list does not have`);
    if (this.#ended.has(namespace)) throw this.#damaged(document, `more of ${shown(namespace)} behind its end`);
    this.#namespace = namespace;
    this.#isEnd = EOF === true;
    if (!this.#isEnd && this.#archive.prelude.leftOut.has(namespace))
      throw this.#damaged(document, `documents of ${shown(namespace)}, which is no plain collection`);
    this.collection = db === this.#archive.database ? String(collection) : undefined;
    if (!this.#isEnd) return;
    this.#ended.add(namespace);
    if (CRC !== sum.digest()) throw this.#damaged(document, `the wrong CRC of ${shown(namespace)}`);
  }

  #damaged({ offset }: CutDocument, what: string): Error {
    return damage(this.#archive.file, `is damaged at byte ${offset}: there is ${what}`);
  }
}
