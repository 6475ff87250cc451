/**
 * The checksum of a backup: SHA-256 over its documents, read back from the disk.
 *
 *   folder    the bytes of all `*.bson` in the order of their names; packed ones unpacked, so that packing changes nothing
 *   archive   the file        sqlite   the file
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { EventStoreError } from "../errors.ts";
import { onDisk } from "./disk.ts";

const READ_BYTES = 1_048_576;
const BSON = /\.bson(?:\.gz)?$/;
const WHOLE = /\.(?:sqlite|archive(?:\.gz)?)$/;

/** The files a checksum covers, in its order. @throws EventStoreError `EVT_INVALID_OPTION` */
async function coveredFiles(folder: string): Promise<readonly string[]> {
  const names = await onDisk(folder, () => readdir(folder));
  const bson = names.filter((name) => BSON.test(name));
  const covered = bson.length > 0 ? sorted(bson) : names.filter((name) => WHOLE.test(name)).sort();
  for (const name of covered) {
    const path = join(folder, name);
    if (!(await onDisk(path, () => lstat(path))).isFile())
      throw new EventStoreError("EVT_INVALID_OPTION", `${path} is not a file`);
  }
  return covered;
}

/**
 * @param folder that of the database within a backup
 * @throws EventStoreError `EVT_INVALID_OPTION` for what cannot be read as a backup, `EVT_BACKEND_UNAVAILABLE` for a disk
 *   that fails
 */
export async function checksumOf(folder: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for (const name of await coveredFiles(folder)) {
    const isPacked = name.endsWith(".bson.gz");
    await onDisk(join(folder, name), () => hashFile(hash, join(folder, name), { isPacked, signal }));
  }
  return hash.digest("hex");
}

interface HashOptions {
  readonly isPacked: boolean;
  readonly signal: AbortSignal | undefined;
}

async function hashFile(hash: Hash, path: string, { isPacked, signal }: HashOptions): Promise<void> {
  const take = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) hash.update(chunk);
  };
  const options = signal === undefined ? {} : { signal };
  const bytes = createReadStream(path, { highWaterMark: READ_BYTES });
  try {
    if (isPacked) await pipeline(bytes, createGunzip({ chunkSize: READ_BYTES }), take, options);
    else await pipeline(bytes, take, options);
  } catch (cause) {
    if (!String((cause as NodeJS.ErrnoException).code).startsWith("Z_")) throw cause;
    throw new EventStoreError("EVT_INVALID_OPTION", `${path} is damaged: it is not what gzip wrote`, { cause });
  }
}

/** By the name of the unpacked file, as text. */
function sorted(names: readonly string[]): string[] {
  const key = (name: string) => name.replace(/\.gz$/, "");
  return names.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
