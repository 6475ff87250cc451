/** What the tests of migrations share: databases of both engines, and a backup tool that writes down what it is asked. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openSchemaRecords } from "../../src/backend/open-schema.ts";
import type { SchemaRecords } from "../../src/backend/schema-records.ts";
import { Connection } from "../../src/backend/sqlite/connection.ts";
import { zoneReader } from "../../src/event/zone.ts";
import type { MigrateOptions, MigrationBackup } from "../../src/schema/migrate-options.ts";
import { packagedSchema } from "../../src/schema/schema-file.ts";
import { EventStore } from "../../src/store/store.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase, rawClient } from "../helpers/mongo.ts";

export interface TestPlace {
  readonly url: string;
  readonly database: string;
}

export interface TestEngine {
  readonly name: "sqlite" | "mongo";
  readonly skip: string | undefined;
  place(): TestPlace;
}

export const ENGINES: readonly TestEngine[] = [
  { name: "sqlite", skip: undefined, place: filePlace },
  { name: "mongo", skip: mongoSkip, place: mongoPlace },
];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "madsci-schema-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function filePlace(): TestPlace {
  return { url: `sqlite:${join(folder(), "lab.db")}`, database: "lab" };
}

function mongoPlace(): TestPlace {
  const database = newDatabase();
  onTestFinished(() => dropDatabase(database));
  return { url: String(mongoUrl), database };
}

const ZONE = zoneReader("UTC");

export async function recordsOf(place: TestPlace, readOnly = false): Promise<SchemaRecords> {
  const { url, database } = place;
  const records = await openSchemaRecords(url, { database, readOnly, zone: ZONE, warn: () => {}, waitMs: 20_000 });
  onTestFinished(() => records.close());
  return records;
}

/** Has a store with one event in it, then nobody. */
export async function used(place: TestPlace): Promise<void> {
  const store = await open(place);
  await store.append({ event_data: { message: "here" } });
  await store.close();
}

export function open({ url, database }: TestPlace, onWarning: (text: string) => void = () => {}): Promise<EventStore> {
  const more = url.startsWith("mongodb") ? { database } : {};
  return EventStore.open(url, { naiveTimezone: "UTC", onWarning, ...more });
}

/** As before anybody tracked versions. */
export async function forgetVersions({ url, database }: TestPlace): Promise<void> {
  if (url.startsWith("sqlite:")) {
    const connection = await Connection.open(url.slice("sqlite:".length));
    connection.exec("delete from schema_versions");
    return connection.close();
  }
  const client = await rawClient();
  await client.db(database).collection("schema_versions").drop();
  await client.close();
}

export interface Asked {
  readonly calls: string[];
  readonly backup: MigrationBackup;
}

/** @param failure what making one fails with */
export function askedBackup(failure?: string): Asked {
  const calls: string[] = [];
  const close = async () => {};
  const tool: MigrationBackup["tool"] = {
    async make({ label, keep, dir, collections, isChecked, scratch: tested }) {
      const looked = isChecked === false ? "unseen" : tested === undefined ? "read" : "tested";
      calls.push(`make ${label} ${keep} ${dir} ${collections ?? "all"} ${looked}`);
      if (failure !== undefined) throw new Error(failure);
      return { path: "/backups/one" } as never;
    },
    async restore(path, { drop }) {
      calls.push(`restore ${path}${drop ? " in its place" : ""}`);
      return { collections: {} };
    },
  };
  const opened = async () => ({ close }) as never;
  return { calls, backup: { tool, dir: "backups", source: opened, target: opened, scratch: opened } };
}

export function options(records: SchemaRecords, more: Partial<MigrateOptions> = {}): MigrateOptions {
  return {
    records,
    schema: packagedSchema(),
    owner: `test ${Math.random()}`,
    zone: ZONE,
    now: () => new Date(),
    warn: () => {},
    share: 1,
    ttlMs: 2000,
    ...more,
  };
}
