/**
 * Schema files: collections, indexes and a version, in MADSci's format. The package's own, or one of the user's.
 *
 *   { database, schema_version, collections: { <name>: { indexes: [{ name, keys: [[field, 1 or -1]], unique }] } } }
 */
import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "semver";
import packaged from "../../schema/schema.json" with { type: "json" };
import type { CollectionPlans, IndexPlan } from "../backend/schema-records.ts";
import { EventStoreError } from "../errors.ts";

/** @since 0.1.0 */
export interface Schema {
  /** Where it was read; null for the package's own. */
  readonly file: string | null;
  readonly version: string;
  readonly collections: CollectionPlans;
}

const MAX_BYTES = 1_048_576;
/** Where MADSci's source trees have theirs. */
const PLACES = ["madsci/event_manager/schema.json", "src/madsci_event_manager/madsci/event_manager/schema.json"];

/** The package's own. @since 0.1.0 */
export function packagedSchema(): Schema {
  return schemaOf(packaged, null);
}

/** The file below this folder that MADSci would find, else the package's own. @since 0.1.0 */
export function findSchema(folder: string): Schema {
  const found = PLACES.map((place) => join(folder, place)).find((file) => isFile(file));
  return found === undefined ? packagedSchema() : readSchema(found);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the file and what is wrong with it @since 0.1.0 */
export function readSchema(path: string): Schema {
  const file = resolve(path);
  let value: unknown;
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error("it is larger than 1 MiB");
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const reason = (cause as { code?: unknown }).code === "ENOENT" ? "there is no such file" : (cause as Error).message;
    throw new EventStoreError("EVT_INVALID_OPTION", `schema-file: ${file} cannot be read: ${reason}`, { cause });
  }
  return schemaOf(value, file);
}

function schemaOf(value: unknown, file: string | null): Schema {
  const { schema_version: version, collections } = asObject(value, "the file", file);
  if (typeof version !== "string" || parse(version) === null) {
    throw invalid(file, "schema_version must be a semantic version, like 1.0.0");
  }
  const plans = Object.entries(asObject(collections ?? {}, "collections", file)).map(([name, collection]) => {
    const { indexes = [] } = asObject(collection, `collections.${name}`, file);
    if (!Array.isArray(indexes)) throw invalid(file, `collections.${name}.indexes must be a list`);
    if (!/^(?!system\.)[^$\0]{1,200}$/.test(name)) throw invalid(file, `${JSON.stringify(name)} is no collection name`);
    return [name, indexes.map((index, at) => indexOf(index, `collections.${name}.indexes.${at}`, file))] as const;
  });
  return { file, version, collections: Object.fromEntries(plans) };
}

function indexOf(value: unknown, path: string, file: string | null): IndexPlan {
  const { name, keys, unique, sparse, serves } = asObject(value, path, file);
  const isKeys = Array.isArray(keys) && keys.length > 0 && keys.every(isKey);
  if (!isKeys) throw invalid(file, `${path}.keys must be a list of [field, 1 or -1]`);
  if (typeof name !== "string" || name === "") throw invalid(file, `${path}.name must be a text`);
  return {
    name,
    keys: keys as IndexPlan["keys"],
    ...(unique === true ? { unique } : {}),
    ...(sparse === true ? { sparse } : {}),
    ...(typeof serves === "string" ? { serves } : {}),
  };
}

function isKey(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "string" && (value[1] === 1 || value[1] === -1);
}

function asObject(value: unknown, path: string, file: string | null): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(file, `${path} must be an object`);
}

function invalid(file: string | null, reason: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", `schema-file: ${file ?? "schema.json"}: ${reason}`);
}
