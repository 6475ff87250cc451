/**
 * The table events rest in, its indexes, and the check that a file is one of ours.
 *
 * An event is two JSON texts: `head` has its own fields, which the columns of the planner are computed from, and `data`
 * its `event_data`. Apart, each is parsed by SQLite only when asked for. `ts` is stored because it is the instant of
 * `event_timestamp`, which the text alone does not always tell. Every index costs about 4 µs per event, so there are
 * five besides the unique id, and those of optional ids leave out the events without one. What reports read has its own
 * (activity-sql.ts), which cost a log line nothing.
 */
import { EventStoreError } from "../../errors.ts";
import { SOURCE_FIELDS } from "../../event/event.ts";
import type { VersionRecord } from "../schema-records.ts";
import { ensureActivities } from "./activity-sql.ts";
import { ensureAlerts } from "./alert-schema.ts";
import { ensureOrigin } from "./arrivals.ts";
import type { Connection } from "./connection.ts";
import { ensureVersions, VERSIONS_SQL, writeVersions } from "./schema-versions.ts";

/** "MEVT" */
export const APPLICATION_ID = 0x4d455654;
/** Version of the tables, in `user_version`. */
const USER_VERSION = 1;

const sourceColumns = SOURCE_FIELDS.map((field) => `  ${field} TEXT AS (head ->> '$.source.${field}') VIRTUAL`);

/**
 * Tables and indexes of a new file.
 * `ts`, `received` and `archived` are microseconds since 1970-01-01T00:00:00Z; `head` and `data` hold the fields that never change.
 */
export const SCHEMA_SQL = `
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  ts INTEGER NOT NULL,
  received INTEGER NOT NULL,
  archived INTEGER,
  head TEXT NOT NULL,
  data TEXT NOT NULL,
  id TEXT AS (head ->> '$._id') VIRTUAL,
  lvl INTEGER AS (head ->> '$.log_level') VIRTUAL,
  type TEXT AS (head ->> '$.event_type') VIRTUAL,
${sourceColumns.join(",\n")}
);
CREATE UNIQUE INDEX events_id ON events (id);
CREATE INDEX events_ts ON events (ts, id);
CREATE INDEX events_lvl ON events (lvl, ts, id);
CREATE INDEX events_type ON events (type, ts, id);
CREATE INDEX events_node ON events (node_id, ts, id) WHERE node_id IS NOT NULL;
CREATE INDEX events_workflow ON events (workflow_id, ts, id) WHERE workflow_id IS NOT NULL;
CREATE INDEX events_archived ON events (archived, id) WHERE archived IS NOT NULL;
CREATE TABLE counted (base INTEGER NOT NULL, up_to INTEGER NOT NULL);
INSERT INTO counted VALUES (0, 0);
${VERSIONS_SQL}
`;

/** Settings of the connection that writes. */
export const WRITER_PRAGMAS = `
PRAGMA trusted_schema = OFF;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -65536;
PRAGMA temp_store = MEMORY;
`;

/** Settings of a connection that only reads. */
export const READER_PRAGMAS = `
PRAGMA trusted_schema = OFF;
PRAGMA query_only = ON;
PRAGMA cache_size = -65536;
PRAGMA temp_store = MEMORY;
`;

/** Settings of a connection that reads a whole file once, in order: a large cache would only hold what is behind it. */
export const DUMP_PRAGMAS = `${READER_PRAGMAS}PRAGMA cache_size = -8192;`;

/**
 * Creates the tables in an empty file; gives an older one of ours what it lacks; writes what `admit` returned.
 * @throws EventStoreError as {@link checkSchema}.
 */
export function ensureSchema(writer: Connection, records: readonly VersionRecord[]): void {
  const isNew = !checkSchema(writer);
  writer.transaction(() => {
    if (isNew) createSchema(writer);
    else ensureVersions(writer);
    writeVersions(writer, records);
    ensureOrigin(writer, isNew);
    ensureAlerts(writer);
    ensureActivities(writer);
  });
}

function createSchema(writer: Connection): void {
  writer.exec(SCHEMA_SQL);
  writer.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${USER_VERSION};`);
}

/**
 * True for a file of ours, false for an empty one.
 * @throws EventStoreError `EVT_INVALID_OPTION` for another program's file, `EVT_SCHEMA_MISMATCH` for a newer one of ours.
 */
export function checkSchema(connection: Connection): boolean {
  const owner = pragma(connection, "application_id");
  if (owner === 0 && tables(connection) === 0) return false;
  if (owner !== APPLICATION_ID) {
    const reason = "is an SQLite database of another program; name another file";
    throw new EventStoreError("EVT_INVALID_OPTION", `${connection.path} ${reason}`);
  }
  const version = pragma(connection, "user_version");
  if (version === USER_VERSION) return true;
  const fix = "use the newer version of madsci-events that wrote it";
  const reason = `has table version ${version}, this version knows ${USER_VERSION}`;
  throw new EventStoreError("EVT_SCHEMA_MISMATCH", `${connection.path} ${reason}; ${fix}`);
}

function pragma(connection: Connection, name: "application_id" | "user_version"): number {
  return Object.values(connection.get<Record<string, number>>(`PRAGMA ${name}`) ?? {})[0] ?? 0;
}

function tables(connection: Connection): number {
  return connection.get<{ n: number }>("SELECT count(*) AS n FROM sqlite_schema")?.n ?? 0;
}
