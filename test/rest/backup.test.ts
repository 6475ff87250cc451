/** `POST /backup` and `GET /backup/status`: MADSci's shapes, over real backups of a real file. */
import { EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ServedDesk } from "../../src/cli/backup-desk.ts";
import { loadConfig } from "../../src/cli/config.ts";
import { placeOf } from "../../src/cli/migrate-place.ts";
import { EventStoreError } from "../../src/errors.ts";
import type { BackupDesk } from "../../src/rest/backup-desk.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { openServer } from "./server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "madsci-rest-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function deskOf(told: object[], dir = join(folder, "backups"), tell?: () => Promise<void>): ServedDesk {
  const url = `sqlite:${join(folder, "lab.db")}`;
  const config = loadConfig({ flags: { mongo_db_url: url, backup_dir: dir }, env: {}, cwd: folder });
  const io = { cwd: folder, err: () => {} } as never;
  const keep = { place: placeOf(config, undefined, io), database: "lab", enabled: true, keep: 3 };
  const now = () => new Date();
  return new ServedDesk({ ...keep, warn: () => {}, now, tell: tell ?? (async (event) => void told.push(event)) });
}

async function serverOf(backups: BackupDesk) {
  return openServer({ url: `sqlite:${join(folder, "lab.db")}`, backups });
}

describe("POST /backup", () => {
  it("makes one, answers with its path, and tells of it as an event", async () => {
    const told: object[] = [];
    await using server = await serverOf(deskOf(told));
    await server.post("/event", { event_data: { message: "here" } });
    for (const body of [{ description: "before run 7" }, { description: null }, {}, "null", undefined]) {
      const { status, json } = await server.post("/backup", body);
      expect([status, json]).toEqual([200, { backup_path: expect.any(String), status: "completed" }]);
      expect(existsSync(json.backup_path)).toBe(true);
      const suffix = typeof body === "object" && body.description ? "before_run_7" : "manual_backup";
      expect(json.backup_path).toMatch(new RegExp(`/lab_backup_\\d{8}_\\d{6}_\\d{6}_${suffix}$`));
    }
    expect(readdirSync(join(folder, "backups"))).toHaveLength(3);
    expect(told).toHaveLength(5);
    const event_data = { backup_path: expect.any(String), label: "before_run_7", documents: { events: 1 } };
    expect(told[0]).toMatchObject({ event_type: "backup_create", log_level: 20, event_data });
  });

  it.each([
    [{ description: "../../etc" }, "string_pattern_mismatch"],
    [{ description: "a/b" }, "string_pattern_mismatch"],
    [{ description: "x".repeat(65) }, "string_pattern_mismatch"],
    [{ description: "é" }, "string_pattern_mismatch"],
    [{ description: 7 }, "string_type"],
  ])("refuses %j, naming the field", async (body, type) => {
    await using server = await serverOf(deskOf([]));
    const { status, json } = await server.post("/backup", body);
    expect(status).toBe(422);
    expect(json.detail).toEqual([expect.objectContaining({ type, loc: ["body", "description"] })]);
    expect(existsSync(join(folder, "backups"))).toBe(false);
  });

  it("refuses a body that is no object, and no JSON", async () => {
    await using server = await serverOf(deskOf([]));
    expect((await server.post("/backup", [1])).json.detail[0].type).toBe("model_attributes_type");
    expect((await server.post("/backup", "{")).json.detail[0].type).toBe("json_invalid");
  });

  it("refuses a second one while one is under way, and answers other requests", async () => {
    const hold = new EventEmitter();
    const [begun, going] = [once(hold, "begun"), once(hold, "going")];
    const desk = deskOf([], join(folder, "backups"), async () => {
      hold.emit("begun");
      await going;
    });
    await using server = await serverOf(desk);
    const first = server.post("/backup");
    await begun;
    const second = await server.post("/backup");
    expect([second.status, second.json.detail]).toEqual([409, expect.stringContaining("under way")]);
    expect((await server.get("/health")).json.healthy).toBe(true);
    hold.emit("going");
    expect((await first).status).toBe(200);
    expect((await server.post("/backup")).status).toBe(200);
  });

  it("refuses one while another process makes one into the folder", async () => {
    await using server = await serverOf(deskOf([]));
    await server.post("/backup");
    const init = { pid: 1, started: "", place: "another machine" };
    writeFileSync(join(folder, "backups", ".lab.lock-0"), JSON.stringify(init));
    expect((await server.post("/backup")).status).toBe(409);
  });

  it("says why one failed, and tells of it as an event", async () => {
    writeFileSync(join(folder, "taken"), "a file");
    const told: object[] = [];
    await using server = await serverOf(deskOf(told, join(folder, "taken")));
    const { status, json } = await server.post("/backup");
    expect([status, json.detail]).toEqual([500, expect.stringMatching(/^Failed to create backup: .*taken/)]);
    const event_data = { message: expect.stringContaining("Backup failed"), label: "manual_backup" };
    expect(told).toEqual([{ event_type: "backup_create", log_level: 40, event_data }]);
  });

  it("shows nothing of what nobody expected", async () => {
    const broken = { enabled: false, dir: "b", list: async () => [] };
    const fail = (error: Error) => ({ ...broken, create: () => Promise.reject(error) });
    await using server = await openServer({ backups: fail(new TypeError("secret")), onError: () => {} });
    expect((await server.post("/backup")).json).toEqual({ detail: "Internal Server Error" });
    await using known = await openServer({ backups: fail(new EventStoreError("EVT_CLOSED", "the server stops")) });
    expect((await known.post("/backup")).json.detail).toBe("Failed to create backup: the server stops");
  });

  it("is a 501 where the store cannot be backed up", async () => {
    await using server = await openServer();
    expect((await server.post("/backup")).status).toBe(501);
  });
});

describe.skipIf(mongoSkip)("on MongoDB", () => {
  it("backs up the server's database, and knows its newest backup", async () => {
    const [url, database] = [String(mongoUrl), newDatabase()];
    onTestFinished(() => dropDatabase(database));
    const flags = { mongo_db_url: url, database_name: database, backup_dir: join(folder, "backups") };
    const config = loadConfig({ flags, env: {}, cwd: folder });
    const place = placeOf(config, undefined, { cwd: folder, err: () => {} } as never);
    const facts = { place, database: undefined, enabled: false, keep: 3, warn: () => {}, tell: async () => {} };
    const desk = new ServedDesk({ ...facts, now: () => new Date() });
    await using server = await openServer({ url, storeOptions: { database }, backups: desk });
    await server.post("/event", { event_data: { message: "here" } });
    expect(await desk.newest()).toBeUndefined();
    const { backup_path } = (await server.post("/backup", { description: "x" })).json;
    expect(backup_path).toContain(`/${database}_backup_`);
    expect(existsSync(join(backup_path, database, "events.bson"))).toBe(true);
    expect(Math.abs(Date.now() - Number(await desk.newest()))).toBeLessThan(60_000);
    await desk.close();
    const stopped = await server.post("/backup");
    expect([stopped.status, stopped.json.detail]).toEqual([500, "Failed to create backup: the server stops"]);
  });
});

describe("GET /backup/status", () => {
  it("lists what is there, newest first, and sees that one was changed", async () => {
    await using server = await serverOf(deskOf([]));
    const empty = { backup_enabled: true, backup_dir: join(folder, "backups"), available_backups: [] };
    expect((await server.get("/backup/status")).json).toEqual(empty);
    await server.post("/event", { event_data: { message: "here" } });
    const paths = [];
    for (let n = 0; n < 2; n++) paths.unshift((await server.post("/backup")).json.backup_path);
    const listed = (await server.get("/backup/status")).json.available_backups;
    expect(listed.map((one: { path: string }) => one.path)).toEqual(paths);
    const created_at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    expect(listed[0]).toEqual({ path: paths[0], created_at, size_bytes: expect.any(Number), is_valid: true });
    writeFileSync(join(paths[1], "lab", "lab.sqlite"), "damaged");
    const again = (await server.get("/backup/status")).json.available_backups;
    expect(again.map((one: { is_valid: boolean }) => one.is_valid)).toEqual([true, false]);
  });
});
