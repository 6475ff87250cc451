/** Databases with a little of everything in them, to be backed up. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "../../src/backend/open.ts";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { createBackup } from "../../src/backup/create.ts";
import type { CreateBackupOptions } from "../../src/backup/types.ts";
import { instantOf } from "../../src/event/instant.ts";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { testOptions } from "../helpers/backends.ts";
import { dropDatabase, mongoUrl, newDatabase } from "../helpers/mongo.ts";

const ARRIVED = new Date("2026-03-04T05:06:07.089Z");

export interface Filled {
  readonly url: string;
  readonly database: string;
  readonly ids: readonly string[];
}

const context = parseContext({ naiveTimezone: "UTC" });

const id = (n: number) => `01JQ000000000000000000${String(n).padStart(4, "0")}`;

function eventOf(n: number) {
  const event_data = { n, long: 9007199254740993n, wide: 5_000_000_000, text: "é\u{1F600}", list: [1, 2.5] };
  const event_timestamp = `2026-03-04T05:06:${String(n % 60).padStart(2, "0")}.123456`;
  return prepareEvent({ _id: id(n), event_type: "log_info", log_level: 20, event_timestamp, event_data }, context);
}

/** Events (the first archived, the second marked), a record of alerting, a schema version. */
async function fill(url: string, count: number, database?: string): Promise<readonly string[]> {
  const backend = await openBackend(url, testOptions({ ...(database && { database }), now: () => ARRIVED }));
  try {
    const events = Array.from({ length: count }, (_, n) => eventOf(n));
    const marks = events.map((_, n) => (n === 1 ? { rules: ["hot"] } : undefined));
    await backend.append(events, instantOf(ARRIVED), marks);
    await backend.archive({ ids: [id(0)] }, instantOf(ARRIVED), 1);
    const record = { _id: "incident:1", version: 1, state: "firing", dueMs: 5000, updatedMs: 4000 };
    await backend.alerts.write("incidents", [{ ...record, body: { "a.b": 1 } }]);
    return events.map(({ event }) => event._id);
  } finally {
    await backend.close();
  }
}

export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "madsci-events-backup-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A file `lab.db` in `folder`. */
export async function filledFile(folder: string, count = 30): Promise<Filled> {
  const url = `sqlite:${join(folder, "lab.db")}`;
  return { url, database: "lab", ids: await fill(url, count) };
}

export async function withDatabase<Result>(work: (filled: Filled) => Promise<Result>, count = 30): Promise<Result> {
  const database = newDatabase();
  const url = String(mongoUrl);
  try {
    return await work({ url, database, ids: await fill(url, count, database) });
  } finally {
    await dropDatabase(database);
  }
}

/** A backup of ours of a filled file; its path. */
export async function backedUp(folder: string, more: Partial<CreateBackupOptions>): Promise<string> {
  const source = await openDumpSource((await filledFile(folder)).url);
  try {
    return (await createBackup({ source, dir: join(folder, "backups"), now: () => new Date(), ...more })).path;
  } finally {
    await source.close();
  }
}
