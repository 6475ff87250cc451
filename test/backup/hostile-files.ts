/** SQLite files nobody should trust, each with the reason it is refused for. */
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { backedUp, inFolder } from "./filled.ts";
import type { Hostile } from "./hostile-backups.ts";

type Files = readonly (readonly [path: string, bytes: Buffer])[];
let made: Promise<Files> | undefined;

/** A backup of ours, made once. */
function filesOfSqlite(): Promise<Files> {
  made ??= inFolder(async (folder) => {
    const backup = await backedUp(folder, {});
    const entries = readdirSync(backup, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    return paths.map((path) => [relative(backup, path), readFileSync(path)] as const);
  });
  return made;
}

async function ofSqlite(folder: string): Promise<string> {
  const backup = join(folder, "b");
  for (const [path, bytes] of await filesOfSqlite()) {
    mkdirSync(dirname(join(backup, path)), { recursive: true });
    writeFileSync(join(backup, path), bytes);
  }
  return backup;
}

/** A copy of ours, changed by this. */
const changedBy =
  (...statements: readonly string[]): Hostile["make"] =>
  async (folder) => {
    const file = join(await ofSqlite(folder), "lab", "lab.sqlite");
    const { DatabaseSync } = await import("@photostructure/sqlite");
    const database = new DatabaseSync(file);
    for (const statement of statements) database.exec(statement);
    database.close();
    return file;
  };

const HEAD = `json_object('_id', 'x', 'event_type', 'log_info', 'log_level', 20)`;

export const HOSTILE_FILES: Readonly<Record<string, Hostile>> = {
  "a copy of SQLite that was changed": {
    make: async (folder) => {
      const path = await ofSqlite(folder);
      const file = join(path, "lab", "lab.sqlite");
      const bytes = readFileSync(file);
      bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
      writeFileSync(file, bytes);
      return path;
    },
    reason: /wrong checksum/,
  },
  "a copy of SQLite with a trigger": {
    make: changedBy("create trigger t after insert on events begin delete from events; end"),
    reason: /holds the trigger "t"/,
  },
  "a copy of SQLite of another program": {
    make: async (folder) => {
      const file = join(folder, "other.sqlite");
      const { DatabaseSync } = await import("@photostructure/sqlite");
      const database = new DatabaseSync(file);
      database.exec("create table events (a)");
      database.close();
      return file;
    },
    reason: /another program/,
  },
  "a copy of SQLite with an index that refuses events": {
    make: changedBy("delete from events where seq > 1", "create unique index u on events (type)"),
    reason: /holds the index "u"/,
  },
  "a copy of SQLite with an index that fails at events": {
    make: changedBy("create index i on events (json_extract(data, '$.n'))"),
    reason: /holds the index "i"/,
  },
  "a copy of SQLite with an index of ours that became unique": {
    make: changedBy("drop index events_lvl", "create unique index events_lvl on events (lvl, ts, id)"),
    reason: /holds the index "events_lvl"/,
  },
  "a copy of SQLite with texts for times": {
    make: changedBy("update events set ts = 'abc'"),
    reason: /row that is no event/,
  },
  "a copy of SQLite with times no date has": {
    make: changedBy("update events set received = 9223372036854775807 where seq = 1"),
    reason: /row that is no event/,
  },
  "a copy of SQLite without room for another event": {
    make: changedBy(
      `insert into events (seq, ts, received, head, data) values (9223372036854775807, 1, 1, ${HEAD}, '1')`,
    ),
    reason: /row that is no event/,
  },
  "a copy of SQLite with an event without id": {
    make: changedBy("insert into events (seq, ts, received, head, data) values (99, 1, 1, '{}', '1')"),
    reason: /row that is no event/,
  },
  "a copy of SQLite cut off": {
    make: async (folder) => {
      const file = join(await ofSqlite(folder), "lab", "lab.sqlite");
      truncateSync(file, 8192);
      return file;
    },
    reason: /is damaged/,
  },
};
