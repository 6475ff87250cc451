/**
 * Safe paths: files of a backup are opened only where they are plain files that lie in it, and names in it are taken only
 * where they can do no harm.
 *
 * The path the caller names may lead through links; what lies below it may not, since that came with the backup.
 */
import { constants, type Dirent } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { damage, fileError, shown } from "./damage.ts";

/** Bytes read at once. */
const CHUNK_BYTES = 524_288;
/** A fifo would keep its opener waiting: it is opened without waiting, then refused. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const GZIP = /\.gz$/;

/** @throws EventStoreError where it is no plain file */
export async function openPlain(file: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, FLAGS);
    if ((await handle.stat()).isFile()) return handle;
    throw damage(file, "is no plain file");
  } catch (error) {
    await handle?.close();
    throw fileError(file, error);
  }
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** @default by the name */
  readonly isPacked?: boolean | undefined;
  /** Sees the bytes as they lie in the file. */
  readonly onRaw?: ((chunk: Buffer) => void) | undefined;
}

/** Its bytes; those of a `.gz` unpacked. */
export async function* bytesOf(file: string, options: ReadOptions = {}): AsyncGenerator<Buffer, void> {
  const { signal, onRaw, isPacked = GZIP.test(file) } = options;
  const handle = await openPlain(file);
  const stream: Readable = handle.createReadStream({ highWaterMark: CHUNK_BYTES });
  const read = isPacked ? unpacked(stream, onRaw) : stream;
  try {
    for await (const chunk of read) {
      signal?.throwIfAborted();
      if (!isPacked) onRaw?.(chunk as Buffer);
      yield chunk as Buffer;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | null)?.code;
    if (isPacked && /^Z_/.test(String(code))) throw damage(file, "is damaged: no whole gzip file", error);
    throw signal?.aborted || code === undefined ? error : fileError(file, error);
  } finally {
    read.destroy();
    stream.destroy();
  }
}

function unpacked(stream: Readable, onRaw: ReadOptions["onRaw"]): Readable {
  if (onRaw !== undefined) stream.on("data", onRaw);
  const unpack = createGunzip({ chunkSize: CHUNK_BYTES });
  stream.once("error", (error) => unpack.destroy(error));
  return stream.pipe(unpack);
}

/** A small file whole. @throws EventStoreError where it is larger than `mostBytes` */
async function smallFile(file: string, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytesOf(file)) {
    size += chunk.length;
    if (size > mostBytes) throw damage(file, `is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface JsonFile {
  readonly value: Record<string, unknown>;
  /** Of its text. */
  readonly bytes: number;
}

/** An object in JSON. */
export async function jsonFile(file: string, mostBytes: number): Promise<JsonFile> {
  const text = await smallFile(file, mostBytes);
  try {
    const value: unknown = JSON.parse(text.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { value: value as Record<string, unknown>, bytes: text.length };
  } catch (cause) {
    throw damage(file, "is no JSON", cause);
  }
  throw damage(file, "holds no JSON object");
}

/** Most entries of a folder: a database has fewer collections. */
const MOST_ENTRIES = 100_000;

/** What lies in a folder, in the order of the names. @throws EventStoreError where something there is a link or a device */
export async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) throw damage(folder, "is no folder of its own");
    const entries = await readdir(folder, { withFileTypes: true });
    if (entries.length > MOST_ENTRIES) throw damage(folder, `holds more than ${MOST_ENTRIES} files`);
    for (const entry of entries) {
      const file = join(folder, entry.name);
      if (entry.isSymbolicLink())
        throw damage(file, "is a symbolic link; a backup holds only files and folders of its own");
      if (!entry.isFile() && !entry.isDirectory()) throw damage(file, "is neither a file nor a folder");
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw fileError(folder, error);
  }
}

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
const DATABASE = /^(?!\.)[^/\\. "$*<>:|?\u0000-\u001f\u007f]{1,63}$/;
const COLLECTION = /^(?!system\.|\.)(?!.*(?:__restoring_|__replaced_))[^$\u0000]+$/s;
/** With its database and the dot between them. */
const NAMESPACE_BYTES = 255;

/** @param where the file that says so @throws EventStoreError for a name that could lead elsewhere */
export function checkedDatabase(name: unknown, where: string): string {
  if (typeof name === "string" && DATABASE.test(name)) return name;
  throw damage(where, `${quoted(name)} is no name of a database`);
}

/**
 * What MongoDB allows, slashes too: such a name is never a path, names of files are read and written escaped.
 * @param where the file that says so @throws EventStoreError for a name of the system, or of no collection at all
 */
export function checkedCollection(name: unknown, where: string): string {
  if (typeof name === "string" && COLLECTION.test(name) && Buffer.byteLength(name) < NAMESPACE_BYTES) return name;
  throw damage(where, `${quoted(name)} is no name of a collection of events or records`);
}

function quoted(name: unknown): string {
  return typeof name === "string" ? JSON.stringify(name.slice(0, 200)) : shown(typeof name);
}
