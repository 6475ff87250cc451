/** The index of reports: they are answered from it alone, and every file has it or does without. */
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ACTIVITY_INDEX } from "../../../src/backend/sqlite/activity-sql.ts";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import { activitiesOf, oddEvents, readOf } from "../../helpers/activities.ts";
import { filled, folder, opened, prepared } from "./setup.ts";

const EVENTS = oddEvents(600, 3).map(prepared);
const EXPECTED = activitiesOf(EVENTS).map(readOf);

async function read(backend: Awaited<ReturnType<typeof opened>>) {
  const found = [];
  for await (const page of backend.activities({})) found.push(...page);
  return found.map(readOf);
}

interface Opcode {
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
}

const READS = ["Column", "FinishSeek", "Next", "NotExists", "Rewind", "RowData", "SeekRowid"];

/** Opcodes by which a statement takes something from the table itself. */
function tableReads(connection: Connection, sql: string): Opcode[] {
  const root = connection.get<{ rootpage: number }>(
    "select rootpage from sqlite_schema where name = 'events'",
  )?.rootpage;
  const opcodes = connection.all<Opcode>(`explain ${sql}`);
  const cursors = opcodes.filter(({ opcode, p2 }) => opcode === "OpenRead" && p2 === root).map(({ p1 }) => p1);
  return opcodes.filter(({ opcode, p1 }) => cursors.includes(p1) && READS.includes(opcode));
}

test("reports are answered from their index alone", async () => {
  const path = join(folder(), "events.db");
  const backend = await filled(EVENTS, path);
  const get = vi.spyOn(Connection.prototype, "get");
  onTestFinished(() => get.mockRestore());
  expect(await read(backend)).toEqual(EXPECTED);
  const statements = new Set(get.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes("from events")));
  const connection = await Connection.open(path, true);
  onTestFinished(() => connection.close());
  expect(statements.size).toBeGreaterThan(1);
  for (const sql of statements) expect(tableReads(connection, sql), sql.slice(0, 80)).toEqual([]);
  // The same look at a statement that does need the table finds something.
  const needy = `select head from events indexed by ${ACTIVITY_INDEX} where ${/where (.*) and ts/.exec([...statements][0] ?? "")?.[1]}`;
  expect(tableReads(connection, needy)).not.toEqual([]);
});

async function withoutIndex(): Promise<string> {
  const path = join(folder(), "events.db");
  const backend = await opened(path);
  await backend.append(EVENTS, 0n);
  await backend.close();
  await change(path, `drop index ${ACTIVITY_INDEX}`);
  return path;
}

async function change(path: string, sql: string): Promise<void> {
  const connection = await Connection.open(path);
  connection.exec(sql);
  connection.close();
}

async function indexOf(path: string): Promise<string | undefined> {
  const connection = await Connection.open(path, true);
  try {
    return connection.get<{ sql: string }>("select sql from sqlite_schema where name = ?", [ACTIVITY_INDEX])?.sql;
  } finally {
    connection.close();
  }
}

test("a file of an earlier version is read without the index, and has it once it was opened for writing", async () => {
  const path = await withoutIndex();
  expect(await read(await opened(path, { readOnly: true }))).toEqual(EXPECTED);
  expect(await indexOf(path)).toBeUndefined();
  const backend = await opened(path);
  expect(await indexOf(path)).toContain("'$.experiment.run_name'");
  expect(await read(backend)).toEqual(EXPECTED);
});

test("an index another version made is not read, and is replaced", async () => {
  const path = await withoutIndex();
  await change(path, `create index ${ACTIVITY_INDEX} on events (ts)`);
  expect(await read(await opened(path, { readOnly: true }))).toEqual(EXPECTED);
  expect(await read(await opened(path))).toEqual(EXPECTED);
  expect(await indexOf(path)).toContain("'$.experiment.run_name'");
});
