/**
 * A folder as `mongodump` writes it: `<collection>.bson` and `<collection>.metadata.json`, each maybe with `.gz`.
 *
 * File names are the collections' with special characters as `%24` (a space as `+` by older tools, as it is by the oldest);
 * a long name is cut in the file name, and only the metadata has it whole. A view has metadata and no documents.
 */
import { join } from "node:path";
import type { CollectionMetadata } from "../backend/dump-contract.ts";
import { BsonCut } from "./bson-cut.ts";
import {
  type Content,
  type ContentPart,
  checkDocuments,
  kindOf,
  METADATA_BYTES,
  metadataOf,
  PLAIN,
  type ReadContentOptions,
} from "./content.ts";
import { damage, shown } from "./damage.ts";
import { bytesOf, checkedCollection, entriesOf, jsonFile } from "./safe-path.ts";

const DOCUMENTS = /^(.+)\.bson(?:\.gz)?$/s;
const METADATA = /^(.+)\.metadata\.json(?:\.gz)?$/s;
/** Lies beside the documents and says nothing about them. */
const BESIDE = /^prelude\.json(?:\.gz)?$/;
/** From this length on a file name may be cut. */
const CUT_LENGTH = 200;

interface CollectionFile {
  readonly file: string;
  readonly metadata: CollectionMetadata;
  readonly metadataBytes: number;
}

interface Folder {
  readonly folder: string;
  /** Of metadata that may still come. */
  readonly leftBytes: number;
  readonly warn: (message: string) => void;
}

export async function readFolder(folder: string, warn: (message: string) => void): Promise<Content> {
  const files: CollectionFile[] = [];
  const names = new Set<string>();
  let leftBytes = METADATA_BYTES;
  const { whole, lonely } = await filesOf(folder, warn);
  for (const found of whole) {
    const file = await collectionOf({ folder, leftBytes, warn }, found);
    const { collectionName } = file.metadata;
    if (names.has(collectionName)) throw damage(folder, `holds the collection ${shown(collectionName)} twice`);
    names.add(collectionName);
    leftBytes -= file.metadataBytes;
    files.push(file);
  }
  for (const name of lonely) leftBytes -= await leaveOut({ folder, leftBytes, warn }, name);
  return {
    collections: files.map(({ metadata }) => metadata),
    parts: (options) => partsOf(files, options),
  };
}

interface Found {
  /** As in the file names. */
  readonly stem: string;
  readonly documents: string;
  readonly metadata: string | undefined;
}

interface FoundFiles {
  /** In the order of the names without `.gz`: the order of the checksum. */
  readonly whole: readonly Found[];
  /** Metadata without documents. */
  readonly lonely: readonly string[];
}

async function filesOf(folder: string, warn: (message: string) => void): Promise<FoundFiles> {
  const documents = new Map<string, string>();
  const metadata = new Map<string, string>();
  for (const entry of await entriesOf(folder)) {
    const [, stem] = DOCUMENTS.exec(entry.name) ?? [];
    const [, described] = METADATA.exec(entry.name) ?? [];
    const [map, key] = stem !== undefined ? [documents, stem] : [metadata, described];
    if (key === undefined || entry.isDirectory()) {
      if (!BESIDE.test(entry.name)) warn(`${shown(join(folder, entry.name))} is not part of a dump and is left out`);
    } else if (map.has(key)) throw damage(join(folder, entry.name), "is there twice, with and without .gz");
    else map.set(key, entry.name);
  }
  const stems = [...documents.keys()].sort((a, b) => (`${a}.bson` < `${b}.bson` ? -1 : 1));
  const whole = stems.map((stem) => ({ stem, documents: String(documents.get(stem)), metadata: metadata.get(stem) }));
  const lonely = [...metadata].filter(([stem]) => !documents.has(stem)).map(([, name]) => name);
  return { whole, lonely };
}

/**
 * A view or the like, which has no documents of its own.
 * @returns bytes of its metadata @throws EventStoreError for anything else
 */
async function leaveOut({ folder, leftBytes, warn }: Folder, name: string): Promise<number> {
  const where = join(folder, name);
  const { value, bytes } = await jsonFile(where, leftBytes);
  const kind = kindOf(value);
  if (kind === "collection") throw damage(where, "is of a collection whose documents (.bson) are missing");
  warn(`${shown(where)} is of a ${shown(kind)}, which has no documents of its own: it is left out`);
  return bytes;
}

async function collectionOf({ folder, leftBytes, warn }: Folder, found: Found): Promise<CollectionFile> {
  const file = join(folder, found.documents);
  if (found.metadata === undefined) {
    const name = unescaped(found.stem, file);
    warn(`${shown(file)} has no metadata beside it: it is restored without indexes`);
    return { file, metadata: { ...PLAIN, collectionName: checkedCollection(name, file) }, metadataBytes: 0 };
  }
  const where = join(folder, found.metadata);
  const { value: fields, bytes: metadataBytes } = await jsonFile(where, leftBytes);
  const { collectionName = unescaped(found.stem, file) } = fields;
  const told = checkedCollection(collectionName, where);
  if (found.stem.length < CUT_LENGTH && !readings(found.stem).includes(told))
    throw damage(where, `is of another collection, ${shown(told)}`);
  return { file, metadata: metadataOf(told, fields, where), metadataBytes };
}

function unescaped(stem: string, file: string): string {
  const name = decoded(stem);
  if (name === undefined) throw damage(file, "is no name of a collection's file");
  return name;
}

/** What the file name may stand for, by the age of the tool that wrote it. */
function readings(stem: string): readonly (string | undefined)[] {
  return [decoded(stem), decoded(stem.replaceAll("+", "%20")), stem];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

async function* partsOf(
  files: readonly CollectionFile[],
  options: ReadContentOptions,
): AsyncGenerator<ContentPart, void> {
  for (const { file, metadata } of files) {
    const damaged = (offset: number, why: string) => damage(file, `is damaged at byte ${offset}: ${why}`);
    const cut = new BsonCut({ damaged });
    for await (const chunk of bytesOf(file, { signal: options.signal })) {
      options.onBytes?.(chunk);
      const documents = cut.push(chunk);
      if (options.isChecked) checkDocuments(file, documents);
      if (documents.length > 0)
        yield { collection: metadata.collectionName, documents: documents.map(({ bytes }) => bytes) };
      cut.check();
    }
    cut.end();
  }
}
