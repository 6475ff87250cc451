import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect, test } from "vitest";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import { openSqlite } from "../../../src/backend/sqlite/index.ts";
import { APPLICATION_ID } from "../../../src/backend/sqlite/schema.ts";
import { versionCheck } from "../../../src/schema/admit.ts";
import { filled, folder, ids, OPTIONS, opened, prepared, query, RECEIVED, series } from "./setup.ts";

const HOUR = 3_600_000_000n;

describe("append", () => {
  test("keeps the first event when an id comes twice, and tells a copy from a conflict", async () => {
    const backend = await opened();
    const first = prepared({ _id: "a", event_timestamp: "2025-01-01T00:00:00Z", event_data: { x: 1, y: 2 } });
    const copy = prepared({ _id: "a", event_timestamp: "2025-01-01T00:00:00Z", event_data: { y: 2, x: 1 } });
    const other = prepared({ _id: "a", event_timestamp: "2025-01-01T00:00:00Z", event_data: { x: 1 } });
    const outcomes = await backend.append([first, copy, other], RECEIVED);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["stored", "duplicate", "conflict"]);
    expect(await backend.append([copy, other], RECEIVED)).toMatchObject([
      { status: "duplicate", existing: { _id: "a", event_data: { x: 1, y: 2 } } },
      { status: "conflict", existing: { _id: "a", event_data: { x: 1, y: 2 } } },
    ]);
    expect(await backend.estimate()).toBe(1);
  });

  test("takes a copy whose time the server made up for a duplicate", async () => {
    const backend = await opened();
    await backend.append([prepared({ _id: "a" })], RECEIVED);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await backend.append([prepared({ _id: "a" })], RECEIVED)).toMatchObject([{ status: "duplicate" }]);
    const timed = prepared({ _id: "a", event_timestamp: "2025-01-01T00:00:00Z" });
    expect(await backend.append([timed], RECEIVED)).toMatchObject([{ status: "conflict" }]);
  });

  test("tells big integers apart that one double stands for", async () => {
    const backend = await opened();
    const at = "2025-01-01T00:00:00Z";
    const event = (n: bigint) => prepared({ _id: "a", event_timestamp: at, event_data: { n } });
    await backend.append([event(9007199254740993n)], RECEIVED);
    expect(await backend.append([event(9007199254740993n)], RECEIVED)).toMatchObject([{ status: "duplicate" }]);
    expect(await backend.append([event(9007199254740992n)], RECEIVED)).toMatchObject([{ status: "conflict" }]);
    expect((await backend.get("a"))?.event_data).toEqual({ n: 9007199254740993n });
  });

  test("stores nothing of a batch that fails", async () => {
    const backend = await opened();
    const bad = new Proxy(prepared({ _id: "bad" }), {
      get(target, key) {
        if (key === "data") throw new TypeError("broken");
        const value = Reflect.get(target, key, target);
        return value;
      },
    });
    await expect(backend.append([prepared({ _id: "good" }), bad], RECEIVED)).rejects.toThrow("broken");
    expect(await backend.get("good")).toBeUndefined();
    expect(await backend.append([prepared({ _id: "good" })], RECEIVED)).toEqual([{ status: "stored" }]);
  });

  test("returns events whole, with arrival, lateness and fields in their order", async () => {
    const backend = await opened();
    await backend.append([prepared({ _id: "a", event_timestamp: "2025-05-31T23:59:59.5Z" })], RECEIVED);
    const event = await backend.get("a");
    expect(event).toMatchObject({ received_at: "2025-06-01T00:00:00.000123Z", skew_ms: 500, archived: false });
    expect(Object.keys(event ?? {}).slice(-4)).toEqual(["archived", "archived_at", "received_at", "skew_ms"]);
  });
});

describe("a full disk", () => {
  test("fails an append whole and retryably, leaves reading intact, and is over when there is room", async () => {
    const path = join(folder(), "events.db");
    const backend = await filled(series(50), path);
    const limit = { pages: 0 };
    const exec = Connection.prototype.exec;
    Connection.prototype.exec = function (sql) {
      if (sql === "begin immediate") exec.call(this, `pragma max_page_count = ${limit.pages || 2_000_000}`);
      exec.call(this, sql);
    };
    try {
      limit.pages = 1;
      const large = series(200, (i) => ({ _id: `large${i}`, event_data: { text: "x".repeat(2000) } }));
      await expect(backend.append(large, RECEIVED)).rejects.toMatchObject({
        code: "EVT_BACKEND_UNAVAILABLE",
        retryable: true,
        message: expect.stringContaining("disk is full"),
      });
      expect(await ids(backend, { limit: 2 })).toEqual(["e000049", "e000048"]);
      expect(await backend.count(query())).toBe(50);
      limit.pages = 0;
      expect(await backend.append(large, RECEIVED)).toHaveLength(200);
      expect(await backend.count(query())).toBe(250);
    } finally {
      Connection.prototype.exec = exec;
    }
  });
});

describe("archive and purge", () => {
  test("hides, lists by archiving time, takes back and deletes", async () => {
    const backend = await filled(series(600));
    expect(await backend.archive({ ids: ["e000001", "e000002", "nobody"] }, RECEIVED, 10)).toBe(2);
    expect(await backend.archive({ ids: ["e000001"] }, RECEIVED + HOUR, 10)).toBe(0);
    expect(await backend.get("e000001")).toMatchObject({ archived: true, archived_at: "2025-06-01T00:00:00.000123Z" });
    expect(await backend.count(query({ archived: false }))).toBe(598);
    const older = query({ selector: { event_timestamp: { $lt: "2025-01-01T00:05:00Z" } } });
    const target = { selector: older.selector };
    expect(await backend.archive(target, RECEIVED + HOUR, 100)).toBe(100);
    await backend.append([prepared({ _id: "late", event_timestamp: "2024-01-01T00:00:00Z" })], RECEIVED);
    expect(await backend.archive(target, RECEIVED + HOUR, 1000)).toBe(199);
    expect(await backend.archive(target, RECEIVED + HOUR, 1000)).toBe(0);
    expect(await ids(backend, { by: "archived_at", archived: true, order: "oldest", limit: 3 })).toEqual([
      "e000001",
      "e000002",
      "e000000",
    ]);
    expect(await backend.unarchive(["e000001", "e000500"])).toBe(1);
    expect(await backend.purge(RECEIVED + HOUR, 1000)).toBe(1);
    expect(await backend.get("e000002")).toBeUndefined();
    expect(await backend.purge(RECEIVED + 2n * HOUR, 100)).toBe(100);
    expect(await backend.purge(RECEIVED + 2n * HOUR, 1000)).toBe(199);
    expect(await backend.estimate()).toBe(301);
    expect(await backend.count(query())).toBe(301);
  });
});

describe("open", () => {
  test("refuses a second writer in this process and lets readers in", async () => {
    const path = join(folder(), "deep", "er", "events.db");
    const writer = await filled(series(3), path);
    await expect(opened(path)).rejects.toMatchObject({
      code: "EVT_BACKEND_UNAVAILABLE",
      message: expect.stringContaining("read-only"),
    });
    const reader = await opened(path, { readOnly: true });
    expect(await ids(reader)).toHaveLength(3);
    await writer.append([prepared({ _id: "new", event_timestamp: "2026-01-01T00:00:00Z" })], RECEIVED);
    expect((await ids(reader))[0]).toBe("new");
    await expect(reader.append([prepared()], RECEIVED)).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await expect(reader.purge(RECEIVED, 1)).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await writer.close();
    expect(await ids(await opened(path))).toHaveLength(4);
  });

  test("keeps events and lets the next writer in after a close, which is safe twice", async () => {
    const path = join(folder(), "events.db");
    const first = await filled(series(3), path);
    await first.close();
    await first.close();
    await expect(first.get("e000000")).rejects.toMatchObject({ code: "EVT_CLOSED" });
    expect(existsSync(`${path}-wal`) && statSync(`${path}-wal`).size).toBeFalsy();
    const second = await opened(path);
    expect(await second.estimate()).toBe(3);
    await second.ping();
  });

  test("writes down the schema version of a new file", async () => {
    const path = join(folder(), "events.db");
    const admit = versionCheck({ ...OPTIONS, host: "lab" });
    await (await openSqlite(path, { ...OPTIONS, admit })).close();
    const database = new DatabaseSync(path);
    const columns = "version, applied_at, migration_notes";
    expect(database.prepare(`select ${columns} from schema_versions order by version`).all()).toEqual([
      {
        version: "1.0.0",
        applied_at: "2025-06-01T00:00:00Z",
        migration_notes: "Auto-initialized schema version 1.0.0",
      },
      expect.objectContaining({ version: "1.0.0+madsci-events.1" }),
    ]);
    database.exec("pragma user_version = 2");
    database.close();
    await expect(opened(path)).rejects.toMatchObject({ code: "EVT_SCHEMA_MISMATCH" });
  });

  test("leaves files of others alone and says why", async () => {
    const at = folder();
    writeFileSync(
      join(at, "notes.txt"),
      "not a database, but long enough to be read as a header of one, surely it is\n".repeat(3),
    );
    const other = new DatabaseSync(join(at, "other.db"));
    other.exec("create table theirs (x)");
    other.close();
    const before = readFileSync(join(at, "other.db"));
    const refusals: [string, string][] = [
      [join(at, "notes.txt"), "is not an SQLite database"],
      [join(at, "other.db"), "another program"],
      [join(at, "notes.txt", "below.db"), "cannot be created"],
      [at, "cannot be opened"],
    ];
    for (const [path, reason] of refusals) {
      const message = expect.stringMatching(new RegExp(`${reason}`));
      await expect(opened(path), path).rejects.toMatchObject({ code: "EVT_INVALID_OPTION", message });
    }
    expect(readFileSync(join(at, "other.db")).equals(before)).toBe(true);
    const missing = opened(join(at, "none.db"), { readOnly: true });
    await expect(missing).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    expect(existsSync(join(at, "none.db"))).toBe(false);
    expect(APPLICATION_ID).toBe(0x4d455654);
  });

  test.skipIf(process.getuid?.() === 0)("names the folder it may not write to", async () => {
    const at = folder();
    chmodSync(at, 0o500);
    await expect(opened(join(at, "events.db"))).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  });
});
