/**
 * Inspect: what lies at a path, and whether it is whole. Nothing is restored that was not looked at from end to end.
 *
 * Taken are our backups and MADSci's (`backup_metadata.json`, `backup.checksum`, `<database>/`), what mongodump writes
 * (a database's folder, the folder around it, an archive), and an SQLite file of ours.
 */
import { createHash } from "node:crypto";
import { lstat, realpath } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Content } from "./content.ts";
import { damage, fileError, OtherDatabase, shown } from "./damage.ts";
import { CHECKSUM_FILE, METADATA_FILE, readChecksum, readMetadata } from "./metadata.ts";
import { readArchive } from "./read-archive.ts";
import { readFolder } from "./read-folder.ts";
import { bytesOf, checkedDatabase, entriesOf, openPlain } from "./safe-path.ts";
import type { BackupCommon, BackupFormat, BackupMetadata } from "./types.ts";

export interface OpenedBackup {
  /** Absolute. */
  readonly path: string;
  readonly database: string;
  readonly format: BackupFormat;
  /** Of our backups and MADSci's. */
  readonly metadata: BackupMetadata | undefined;
  /** Checksums it must have, as its files say. */
  readonly checksums: readonly { readonly where: string; readonly sum: string }[];
  /** Undefined for SQLite. */
  readonly content: Content | undefined;
  /** The one file of an archive or of SQLite. */
  readonly file: string | undefined;
}

export interface OpenBackupOptions {
  /** The backup must be of this database; chooses one where a dump holds several. */
  readonly expectDatabase?: string | undefined;
  readonly warn?: ((message: string) => void) | undefined;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for what is no backup, or a hostile or wrong one */
export async function openBackup(path: string, options: OpenBackupOptions = {}): Promise<OpenedBackup> {
  const found = await locate(path, options);
  const { expectDatabase: expected } = options;
  if (expected === undefined || found.database === expected) return found;
  const cause = new OtherDatabase(found.database, expected);
  throw damage(found.path, `is ${cause.message}`, cause);
}

async function locate(given: string, options: OpenBackupOptions): Promise<OpenedBackup> {
  const path = await absolute(given);
  if (!(await isFolder(path))) return openFile(path, options, undefined);
  const entries = await entriesOf(path);
  const has = (name: string) => entries.some((entry) => entry.name === name);
  if (has(METADATA_FILE) || has(CHECKSUM_FILE)) return openOurs(path, options);
  const bson = entries.filter(({ name }) => /\.bson(?:\.gz)?$/.test(name));
  if (bson.some(({ name }) => !OPLOG.test(name))) return openDump(path, path, options);
  if (bson.length > 0) options.warn?.(`${path}: what was written while mongodump ran (oplog.bson) is left out`);
  return openDump(path, join(path, chosen(path, await dumpsIn(path), options)), options);
}

/** The way to it may lead through links. */
async function absolute(path: string): Promise<string> {
  try {
    const file = resolve(path);
    if (!(await lstat(file)).isSymbolicLink()) return await realpath(file);
    throw damage(path, "is a symbolic link; name what it leads to");
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Beside the databases, with `mongodump --oplog`. */
const OPLOG = /^oplog\.bson(?:\.gz)?$/;

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path)).isDirectory();
}

/** One made by us or by MADSci. */
async function openOurs(path: string, options: OpenBackupOptions): Promise<OpenedBackup> {
  const metadata = await readMetadata(path);
  const database = checkedDatabase(metadata.database_name, join(path, METADATA_FILE));
  const folder = join(path, database);
  const beside = await readChecksum(path);
  const checksums = [
    { where: join(path, METADATA_FILE), sum: metadata.checksum.toLowerCase() },
    ...(beside === undefined ? [] : [{ where: join(path, CHECKSUM_FILE), sum: beside }]),
  ];
  const ours = { path, database, metadata, checksums };
  const files = (await entriesOf(folder)).map(({ name }) => name);
  const { format = files.includes(`${database}.sqlite`) ? "sqlite" : "folder" } = metadata;
  if (format === "folder") return { ...(await openDump(path, folder, options)), ...ours };
  const file = files.find((name) => (format === "sqlite" ? name === `${database}.sqlite` : ARCHIVE.test(name)));
  if (file === undefined) throw damage(folder, `holds no file of the format "${format}"`);
  const opened = await openFile(join(folder, file), options, database);
  if (opened.format !== format) throw damage(join(folder, file), `is not of the format "${format}"`);
  return { ...opened, ...ours };
}

const ARCHIVE = /\.archive(?:\.gz)?$/;

async function openDump(path: string, folder: string, { warn = () => {} }: OpenBackupOptions): Promise<OpenedBackup> {
  const content = await readFolder(folder, warn);
  if (content.collections.length === 0) throw damage(folder, "holds no .bson file");
  const database = checkedDatabase(basename(folder), folder);
  return { path, database, format: "folder", metadata: undefined, checksums: [], content, file: undefined };
}

/** Folders of databases in the folder that mongodump was told. */
async function dumpsIn(path: string): Promise<readonly string[]> {
  const dumps: string[] = [];
  for (const entry of await entriesOf(path)) {
    if (!entry.isDirectory() || SYSTEM.has(entry.name)) continue;
    const names = (await entriesOf(join(path, entry.name))).map(({ name }) => name);
    if (names.some((name) => /\.bson(?:\.gz)?$/.test(name))) dumps.push(entry.name);
  }
  return dumps;
}

/** Databases of the server itself. */
const SYSTEM = new Set(["admin", "config", "local"]);

function chosen(path: string, names: readonly string[], { expectDatabase }: OpenBackupOptions): string {
  const [only] = names;
  if (only === undefined) throw damage(path, "is no backup: it holds neither backup_metadata.json nor .bson files");
  if (names.length === 1) return only;
  if (expectDatabase !== undefined && names.includes(expectDatabase)) return expectDatabase;
  throw damage(path, `holds several databases (${names.map(shown).join(", ")}); name the folder of one`);
}

const SQLITE = "SQLite format 3\0";

async function openFile(
  path: string,
  { expectDatabase, warn }: OpenBackupOptions,
  database: string | undefined,
): Promise<OpenedBackup> {
  const head = await firstBytes(path, SQLITE.length);
  const plain = { path, metadata: undefined, checksums: [], file: path };
  if (head.toString("latin1") === SQLITE) {
    const name = database ?? checkedDatabase(basename(path).replace(/\.[^.]+$/, ""), path);
    return { ...plain, database: name, format: "sqlite", content: undefined };
  }
  if (/\.bson(\.gz)?$/.test(path)) throw damage(path, "is one collection; name its folder");
  const isPacked = head[0] === 0x1f && head[1] === 0x8b;
  const archive = await readArchive(path, { isPacked, database: database ?? expectDatabase, warn });
  return { ...plain, database: archive.database, format: "archive", content: archive };
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const handle = await openPlain(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await handle.close();
  }
}

/**
 * Reads all of it: every document is looked at from within, and the checksum must be the one it was written with.
 * @returns documents by collection
 * @throws EventStoreError `EVT_INVALID_OPTION` naming file, place and reason
 */
export async function checkBackup(
  backup: OpenedBackup,
  { signal, onProgress }: Pick<BackupCommon, "signal" | "onProgress"> = {},
): Promise<Readonly<Record<string, number>>> {
  const hash = createHash("sha256");
  const { content, metadata } = backup;
  const onBytes = (chunk: Buffer) => void hash.update(chunk);
  const counts = new Map(content?.collections.map(({ collectionName }) => [collectionName, 0]));
  if (content === undefined) await readAll(backup.file as string, onBytes, signal);
  let bytes = 0;
  for await (const { collection, documents } of content?.parts({ signal, onBytes, isChecked: true }) ?? []) {
    const count = (counts.get(collection) ?? 0) + documents.length;
    counts.set(collection, count);
    for (const document of documents) bytes += document.length;
    onProgress?.({ collection, documents: count, expected: metadata?.documents?.[collection] ?? 0, bytes });
  }
  checkSum(backup, hash.digest("hex"));
  checkCounts(backup, counts);
  return content === undefined ? (metadata?.documents ?? {}) : Object.fromEntries(counts);
}

async function readAll(file: string, onRaw: (chunk: Buffer) => void, signal: AbortSignal | undefined): Promise<void> {
  for await (const _ of bytesOf(file, { signal, isPacked: false, onRaw }));
}

function checkSum({ path, checksums }: OpenedBackup, found: string): void {
  const wrong = checksums.find(({ sum }) => sum !== found);
  if (wrong === undefined) return;
  const said = `${basename(wrong.where)} says ${wrong.sum.slice(0, 12)}…, its files have ${found.slice(0, 12)}…`;
  throw damage(path, `has the wrong checksum: ${said}; it is damaged or was changed`);
}

/** What the metadata say of collections and documents, where they do. */
function checkCounts({ path, metadata, content }: OpenedBackup, counts: ReadonlyMap<string, number>): void {
  if (metadata === undefined || content === undefined) return;
  const { collections_count, documents } = metadata;
  if (typeof collections_count === "number" && collections_count !== counts.size) {
    throw damage(path, `holds ${counts.size} collection(s), ${METADATA_FILE} says ${collections_count}`);
  }
  for (const [name, expected] of Object.entries(documents ?? {})) {
    const found = counts.get(name) ?? 0;
    if (found !== expected)
      throw damage(path, `holds ${found} document(s) of ${shown(name)}, ${METADATA_FILE} says ${expected}`);
  }
}
