/** What a backup holds, whatever its format: collections, and their documents as one stream. */
import { shapeOfBson } from "../backend/bson-shape.ts";
import type { CollectionMetadata } from "../backend/dump-contract.ts";
import type { CutDocument } from "./bson-cut.ts";
import { damage, shown } from "./damage.ts";

/** Documents of one collection that lie behind each other. */
export interface ContentPart {
  readonly collection: string;
  readonly documents: readonly Buffer[];
}

export interface ReadContentOptions {
  readonly signal?: AbortSignal | undefined;
  /** Looks at every document from within. */
  readonly isChecked?: boolean | undefined;
  /** Sees the bytes the backup's checksum is made of. */
  readonly onBytes?: ((chunk: Buffer) => void) | undefined;
}

export interface Content {
  readonly collections: readonly CollectionMetadata[];
  /** Bounded: a few MiB at a time. @throws EventStoreError naming file and byte where it is damaged */
  parts(options: ReadContentOptions): AsyncGenerator<ContentPart, void>;
}

/** @throws EventStoreError for a document that is none, or that has no `_id` */
export function checkDocuments(file: string, documents: readonly CutDocument[]): void {
  for (const { bytes, offset } of documents) {
    const { problem, hasId } = shapeOfBson(bytes);
    if (problem !== undefined) throw damage(file, `the document at byte ${offset} is damaged: ${problem}`);
    if (!hasId) throw damage(file, `the document at byte ${offset} has no _id`);
  }
}

export const PLAIN = { options: {}, indexes: [], type: "collection" } as const;

/** `collection`, `view`, `timeseries` or whatever else it says. */
export function kindOf({ type, options }: Record<string, unknown>): string {
  if (isObject(options) && "viewOn" in options) return "view";
  if (isObject(options) && "timeseries" in options) return "timeseries";
  return type === undefined || type === "" ? "collection" : String(type);
}

/** What `mongodump` wrote beside a collection, as far as it can be used. @param name of the collection */
export function metadataOf(name: string, fields: Record<string, unknown>, where: string): CollectionMetadata {
  const { options = {}, indexes = [], uuid, type = "collection" } = fields;
  if (type !== "collection")
    throw damage(where, `${shown(String(type))} is a kind of collection that cannot be restored`);
  if (!isObject(options)) throw damage(where, "options is no object");
  if ("viewOn" in options || "timeseries" in options)
    throw damage(where, "is no plain collection and cannot be restored");
  if (!Array.isArray(indexes) || !indexes.every(isIndex)) throw damage(where, "indexes is no list of indexes");
  if (indexes.length > MOST_INDEXES) throw damage(where, `has more than ${MOST_INDEXES} indexes`);
  if (!isFlat(options, MOST_DEPTH) || !isFlat(indexes, MOST_DEPTH)) throw damage(where, "is nested too deep");
  return { collectionName: name, type: "collection", options, indexes, ...(typeof uuid === "string" ? { uuid } : {}) };
}

/** What a server allows. */
const MOST_INDEXES = 64;
const MOST_DEPTH = 100;

/** How much metadata a backup may have in all, as text: it is kept in memory. */
export const METADATA_BYTES = 67_108_864;

/** True where it is nested no deeper than this: who reads it further calls itself for each level. */
function isFlat(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isFlat(inner, depth - 1));
}

function isIndex(index: unknown): index is Record<string, unknown> {
  return isObject(index) && isObject(index.key) && typeof index.name === "string";
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
