/** What reports read of a file: its indexes alone, whichever versions of this program wrote to it. */
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import { ACTIVITY_INDEX } from "../../../src/backend/sqlite/activity-sql.ts";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import type { PreparedEvent } from "../../../src/event/parse.ts";
import { activitiesOf, oddEvents, readOf } from "../../helpers/activities.ts";
import { folder, opened, prepared } from "./setup.ts";

const EVENTS = oddEvents(600, 3).map(prepared);
const EXPECTED = activitiesOf(EVENTS).map(readOf);
const [FIRST, REST] = [EVENTS.slice(0, 300), EVENTS.slice(300)];
const AS_BEFORE = `drop index if exists ${ACTIVITY_INDEX}; drop index if exists events_activity_old;
  drop index events_unseen; alter table events drop column activity`;

async function read(backend: Backend) {
  const found = [];
  for await (const page of backend.activities({})) found.push(...page);
  return found.map(readOf);
}

async function fileWith(events: readonly PreparedEvent[]): Promise<string> {
  const path = join(folder(), "events.db");
  const backend = await opened(path);
  await backend.append(events, 0n);
  await backend.close();
  return path;
}

async function change(path: string, work: (connection: Connection) => void): Promise<void> {
  const connection = await Connection.open(path);
  work(connection);
  connection.close();
}

/** As a version that does not know the column does. */
function insert(connection: Connection, events: readonly PreparedEvent[]): void {
  const sql = "insert into events (ts, received, head, data) values (?, 0, ?, ?)";
  for (const { instant, head, data } of events) connection.run(sql, [instant, head, data]);
}

const READS = ["Column", "FinishSeek", "Next", "NotExists", "Rewind", "RowData", "SeekRowid"];

interface Opcode {
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
}

/** Opcodes by which a statement takes something from the table itself. */
function tableReads(connection: Connection, sql: string): Opcode[] {
  const root = connection.get<{ rootpage: number }>(
    "select rootpage from sqlite_schema where name = 'events'",
  )?.rootpage;
  const opcodes = connection.all<Opcode>(`explain ${sql}`);
  const cursors = opcodes.filter(({ opcode, p2 }) => opcode === "OpenRead" && p2 === root).map(({ p1 }) => p1);
  return opcodes.filter(({ opcode, p1 }) => cursors.includes(p1) && READS.includes(opcode));
}

/** What the statements of a reading take from the table. */
async function tableReadsOf(path: string, backend: Backend): Promise<number[]> {
  const get = vi.spyOn(Connection.prototype, "get");
  onTestFinished(() => get.mockRestore());
  expect(await read(backend)).toEqual(EXPECTED);
  const statements = [...new Set(get.mock.calls.map(([sql]) => sql))].filter((sql) => sql.includes("json_quote(id)"));
  get.mockRestore();
  const connection = await Connection.open(path, true);
  onTestFinished(() => connection.close());
  return statements.map((sql) => tableReads(connection, sql).length);
}

test("reports are answered from their index alone", async () => {
  const path = await fileWith(EVENTS);
  const reads = await tableReadsOf(path, await opened(path));
  expect(reads.length).toBeGreaterThan(1);
  expect(Math.max(...reads)).toBe(0);
});

test("a file of an earlier version is read as it is, and from indexes alone once it was opened for writing", async () => {
  const path = await fileWith(EVENTS);
  await change(path, (connection) => connection.exec(AS_BEFORE));
  const asItIs = await opened(path, { readOnly: true });
  expect(Math.max(...(await tableReadsOf(path, asItIs)))).toBeGreaterThan(0);
  const reads = await tableReadsOf(path, await opened(path));
  expect(reads.length).toBeGreaterThan(1);
  expect(Math.max(...reads)).toBe(0);
});

test("old and new events of one file are told in one order", async () => {
  const path = await fileWith(FIRST);
  await change(path, (connection) => connection.exec(AS_BEFORE));
  const backend = await opened(path);
  await backend.append(REST, 0n);
  expect(await read(backend)).toEqual(EXPECTED);
});

test("events an earlier version adds to a file of today are read, too", async () => {
  const path = await fileWith(FIRST);
  await change(path, (connection) => insert(connection, REST));
  expect(await read(await opened(path, { readOnly: true }))).toEqual(EXPECTED);
  expect(await read(await opened(path))).toEqual(EXPECTED);
});

test("an index another version made is not read, and is replaced", async () => {
  const path = await fileWith(EVENTS);
  const other = `drop index ${ACTIVITY_INDEX}; create index ${ACTIVITY_INDEX} on events (ts)`;
  await change(path, (connection) => connection.exec(other));
  expect(await read(await opened(path, { readOnly: true }))).toEqual(EXPECTED);
  expect(Math.max(...(await tableReadsOf(path, await opened(path))))).toBe(0);
});
