/**
 * The checksum of a backup: SHA-256 over its documents, read back from the disk.
 *
 *   folder    the bytes of all `*.bson` in the order of their names; packed ones unpacked, so that packing changes nothing
 *   archive   the file        sqlite   the file
 */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { onDisk } from "./disk.ts";
import { bytesOf } from "./safe-path.ts";

const BSON = /\.bson(?:\.gz)?$/;
const WHOLE = /\.(?:sqlite|archive(?:\.gz)?)$/;

/** The files a checksum covers, in its order. @throws EventStoreError `EVT_INVALID_OPTION` */
async function coveredFiles(folder: string): Promise<readonly string[]> {
  const names = await onDisk(folder, () => readdir(folder));
  const bson = names.filter((name) => BSON.test(name));
  return bson.length > 0 ? sorted(bson) : names.filter((name) => WHOLE.test(name)).sort();
}

/**
 * @param folder that of the database within a backup
 * @throws EventStoreError `EVT_INVALID_OPTION` for what cannot be read as a backup, `EVT_BACKEND_UNAVAILABLE` for a disk
 *   that fails
 */
export async function checksumOf(folder: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for (const name of await coveredFiles(folder)) {
    const bytes = bytesOf(join(folder, name), { isPacked: name.endsWith(".bson.gz"), signal });
    for await (const chunk of bytes) hash.update(chunk);
  }
  return hash.digest("hex");
}

/** By the name of the unpacked file, as text. */
function sorted(names: readonly string[]): string[] {
  const key = (name: string) => name.replace(/\.gz$/, "");
  return names.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
