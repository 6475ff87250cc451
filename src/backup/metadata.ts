/**
 * `backup_metadata.json` and `backup.checksum`: what a backup says of itself.
 *
 * Six keys are MADSci's, in its order; the further ones are ours, and its programs pass over them.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { EventStoreError } from "../errors.ts";
import { onDisk, writeWhole } from "./disk.ts";
import type { BackupMetadata } from "./types.ts";

export const METADATA_FILE = "backup_metadata.json";
export const CHECKSUM_FILE = "backup.checksum";

const MOST_BYTES = 1_048_576;
const CHECKSUM = /^[0-9a-f]{64}$/i;
const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?/;

export async function writeMetadata(folder: string, metadata: BackupMetadata): Promise<void> {
  await writeWhole(join(folder, METADATA_FILE), JSON.stringify(metadata, null, 2));
  await writeWhole(join(folder, CHECKSUM_FILE), metadata.checksum);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` where it is missing, or not what a backup says of itself */
export async function readMetadata(folder: string): Promise<BackupMetadata> {
  const path = join(folder, METADATA_FILE);
  const text = await readSmall(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EventStoreError("EVT_INVALID_OPTION", `${path} is not JSON`, { cause });
  }
  const wrong = wrongIn(value);
  if (wrong === undefined) return withoutOdd(value as BackupMetadata);
  throw new EventStoreError("EVT_INVALID_OPTION", `${path}: ${wrong}`);
}

/** The checksum that lies beside a backup; undefined where none does. @throws EventStoreError `EVT_INVALID_OPTION` */
export async function readChecksum(folder: string): Promise<string | undefined> {
  const path = join(folder, CHECKSUM_FILE);
  const text = await readSmall(path).catch((error: unknown) => {
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    if (cause?.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined || CHECKSUM.test(text.trim())) return text?.trim().toLowerCase();
  throw new EventStoreError("EVT_INVALID_OPTION", `${path} holds no SHA-256`);
}

/** Follows no link, and reads no more than such a file may hold. */
async function readSmall(path: string): Promise<string> {
  return onDisk(path, async () => {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (stat.isFile() && stat.size <= MOST_BYTES) return await handle.readFile("utf8");
      const what = stat.isFile() ? `is larger than ${MOST_BYTES} bytes` : "is not a file";
      throw new EventStoreError("EVT_INVALID_OPTION", `${path} ${what}`);
    } finally {
      await handle.close();
    }
  });
}

/** False where only some collections were asked for. Other programs do not say, and make whole ones. */
export function holdsAll({ collections }: BackupMetadata): boolean {
  return !Array.isArray(collections);
}

type Check = (value: unknown) => boolean;
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isText: Check = (value) => typeof value === "string" && value !== "";

/** What every reader needs. `database_version` is whatever its writer knew. */
const NEEDED: Readonly<Record<string, readonly [Check, string]>> = {
  timestamp: [(value) => typeof value === "string" && TIMESTAMP.test(value), "a time in ISO 8601"],
  backup_size: [isNumber, "a number"],
  checksum: [(value) => typeof value === "string" && CHECKSUM.test(value), "a SHA-256 in hexadecimal"],
  database_name: [isText, "a text"],
};

function wrongIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "holds no JSON object";
  for (const [key, [check, what]] of Object.entries(NEEDED))
    if (!check((value as Record<string, unknown>)[key])) return `${key} is not ${what}`;
  return undefined;
}

const FORMATS: readonly unknown[] = ["folder", "archive", "sqlite"];

/** Our further keys, each only where it holds what we would have written. */
const OWN: Readonly<Record<string, Check>> = {
  format: (value) => FORMATS.includes(value),
  gzip: (value) => typeof value === "boolean",
  label: (value) => value === null || isText(value),
  engine: (value) => value === "sqlite" || value === "mongo",
  documents: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isNumber),
  collections: (value) => value === null || (Array.isArray(value) && value.length > 0 && value.every(isText)),
  left_out: (value) => Array.isArray(value) && value.every(isText),
  created_utc: (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
  program: isText,
};

function withoutOdd(metadata: BackupMetadata): BackupMetadata {
  const fields = Object.entries(metadata).filter(([key, value]) => OWN[key]?.(value) ?? true);
  return Object.fromEntries(fields) as unknown as BackupMetadata;
}
