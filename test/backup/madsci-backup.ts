/** A backup as MADSci's tool leaves it behind, written without anything of ours. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BSON } from "mongodb";
import type { BackupInfo } from "../../src/backup/types.ts";

interface MadsciOptions {
  /** As Python writes it: local, no offset. */
  readonly at: string;
  readonly database?: string;
  readonly label?: string;
  readonly documents?: readonly Record<string, unknown>[];
}

export async function madsciBackup(dir: string, options: MadsciOptions): Promise<BackupInfo> {
  const { at, database = "lab", label, documents = [{ _id: "a" }] } = options;
  const [day = "", time = "", micros = "000000"] = at.split(/[T.]/);
  const stamp = [day.replaceAll("-", ""), time.replaceAll(":", ""), micros].join("_");
  const name = `${database}_backup_${stamp}${label === undefined ? "" : `_${label}`}`;
  const path = join(dir, name);
  const bson = Buffer.concat(documents.map((document) => BSON.serialize(document)));
  const checksum = createHash("sha256").update(bson).digest("hex");
  const metadata = {
    timestamp: at,
    database_version: null,
    backup_size: bson.length,
    checksum,
    database_name: database,
    collections_count: 1,
  };
  await mkdir(join(path, database), { recursive: true });
  await writeFile(join(path, database, "events.bson"), bson);
  await writeFile(join(path, database, "events.metadata.json"), '{"options":{},"indexes":[]}');
  await writeFile(join(path, "backup_metadata.json"), JSON.stringify(metadata, null, 2));
  await writeFile(join(path, "backup.checksum"), checksum);
  return { path, name, database, created_at: at, size_bytes: bson.length, metadata };
}
