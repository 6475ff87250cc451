/** Marks and records in files: those of earlier versions, those open read-only, and what a reader sees. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import { folder, opened, prepared, RECEIVED } from "./setup.ts";

const RECORD = { _id: "g", version: 1, state: "firing", dueMs: 5, updatedMs: 6, body: {} };
const READ_ONLY = { code: "EVT_INVALID_OPTION", message: expect.stringContaining("read-only") };

/** A file as a version without alerting left it. */
async function oldFile(): Promise<string> {
  const path = join(folder(), "events.db");
  const backend = await opened(path);
  await backend.append([prepared({ _id: "a" })], RECEIVED);
  await backend.close();
  await withFile(path, "drop table alert_marks; drop table alert_records;");
  return path;
}

async function withFile(path: string, sql: string): Promise<void> {
  const connection = await Connection.open(path);
  connection.exec(sql);
  connection.close();
}

test("a file of an earlier version, open read-only, has neither marks nor records", async () => {
  const { alerts } = await opened(await oldFile(), { readOnly: true });
  expect(await alerts.marked("rules", 5)).toEqual([]);
  expect(await alerts.waiting("rules")).toEqual({ count: 0, oldestMs: null });
  expect(await alerts.read("groups", ["g"])).toEqual([]);
  expect(await alerts.due("groups", 9, 5)).toEqual([]);
  expect(await alerts.nextDue("groups")).toBeNull();
  expect(await alerts.list("groups", { limit: 5 })).toEqual([]);
  expect(await alerts.count("groups")).toBe(0);
});

test("a file of an earlier version takes them once it is open for writing, and its readers see them", async () => {
  const path = await oldFile();
  const reader = await opened(path, { readOnly: true });
  expect(await reader.alerts.count("groups")).toBe(0);
  const writer = await opened(path);
  await writer.append([prepared({ _id: "b" })], RECEIVED, [{ rules: ["r"] }]);
  await writer.alerts.write("groups", [RECORD]);
  expect(await reader.alerts.read("groups", ["g"])).toEqual([RECORD]);
  expect(await reader.alerts.marked("rules", 5)).toMatchObject([{ event: { _id: "b" }, matched: ["r"] }]);
});

test("a handle that is open read-only changes nothing", async () => {
  for (const path of [await oldFile(), ":memory:"]) {
    const { alerts } = await opened(path, { readOnly: true });
    await expect(alerts.unmark("rules", ["a"])).rejects.toMatchObject(READ_ONLY);
    await expect(alerts.write("groups", [RECORD])).rejects.toMatchObject(READ_ONLY);
    await expect(alerts.remove("groups", "g", 1)).rejects.toMatchObject(READ_ONLY);
  }
});

test("a mark whose event an earlier version purged is gone", async () => {
  const path = join(folder(), "events.db");
  const first = await opened(path);
  const events = [prepared({ _id: "a" }), prepared({ _id: "b" })];
  await first.append(events, RECEIVED, [{ rules: ["r"] }, { rules: ["r"] }]);
  await first.close();
  await withFile(path, "delete from events where id = 'a'");
  const { alerts } = await opened(path);
  expect(await alerts.waiting("rules")).toMatchObject({ count: 1 });
  expect(await alerts.marked("rules", 1)).toMatchObject([{ event: { _id: "b" } }]);
});

test("marks and records survive the process", async () => {
  const path = join(folder(), "events.db");
  const first = await opened(path);
  await first.append([prepared({ _id: "a" })], RECEIVED, [{ rules: ["r"], hook: [] }]);
  await first.alerts.write("state", [RECORD]);
  await first.close();
  const { alerts } = await opened(path);
  expect(await alerts.marked("hook", 5)).toMatchObject([{ event: { _id: "a" }, matched: [] }]);
  expect(await alerts.read("state", ["g"])).toEqual([RECORD]);
});
