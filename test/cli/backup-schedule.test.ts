/** Scheduled backups: what `backup schedule` prints, and what a running server does. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ServedDesk } from "../../src/cli/backup-desk.ts";
import { backupDoubts, backupLine, timesOf } from "../../src/cli/backup-serve.ts";
import type { Place } from "../../src/cli/migrate-place.ts";
import { defaultSettings } from "../../src/cli/redacted.ts";
import { EventStore } from "../../src/store/store.ts";
import { backedUp, inFolder } from "../backup/filled.ts";
import { ensureBuilt, project, type RunningServer, serve, start } from "./run.ts";
import { runHere } from "./run-here.ts";

beforeAll(ensureBuilt, 120_000);

const DAILY = ["--backup-schedule", "0 3 * * *"];

async function until(condition: () => boolean | Promise<boolean>, everyMs = 20): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error("it did not come true in 20 s");
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

describe("backup schedule", () => {
  it("prints what the settings say, and the next times", async () => {
    const flags = ["--backup-enabled", ...DAILY, "--naive-timezone", "Europe/Berlin", "--next", "2"];
    const { code, stdout, stderr } = await runHere(["backup", "schedule", ...flags]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /enabled +yes\nschedule +"0 3 \* \* \*" \(Europe\/Berlin\)\nfolder +\/.*\.madsci\/mongodb\/backups\n/,
    );
    const time = String.raw`\d{4}-\d\d-\d\dT03:00:00\+0[12]:00 \(0[12]:00:00 UTC\)`;
    expect(stdout).toMatch(new RegExp(String.raw`kept +10\nnext +${time}\n +${time}\n$`));
  });

  it("takes a number of times from 1", async () => {
    for (const next of ["0", "1001", "-1"]) {
      const { code, stderr } = await runHere(["backup", "schedule", ...DAILY, "--next", next]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("--next")]);
    }
  });

  it("says that nothing is scheduled, and why", async () => {
    const none = await runHere(["backup", "schedule"]);
    expect(none.stdout).toMatch(/enabled +no\nschedule +none\n/);
    expect((await runHere(["backup", "schedule", "--backup-enabled"])).stderr).toContain(
      "no backup_schedule says when",
    );
    expect((await runHere(["backup", "schedule", ...DAILY])).stderr).toContain("backup_enabled is off");
  });

  it.each([["61 3 * * *"], ["0 0 30 2 *"], ["daily"]])("refuses the cron line %j, with an example", async (line) => {
    for (const command of [["backup", "schedule"], ["serve"]]) {
      const { code, stderr } = await runHere([...command, "--backup-schedule", line]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/backup_schedule: must be a cron line.*0 3 \* \* \*/)]);
    }
  });
});

it("settings say when backups are made", () => {
  const settings = { ...defaultSettings(), backup_enabled: true, backup_schedule: "0 3 * * *" };
  expect(timesOf(settings)).toEqual({ cron: "0 3 * * *", zone: "UTC" });
  expect(backupLine(settings, "/b")).toMatch(/^ {2}backup "0 3 \* \* \*" \(UTC\), next \S+T03:00:00Z, into \/b$/);
  expect(timesOf({ ...settings, backup_enabled: false })).toBeUndefined();
  expect(backupDoubts({ ...settings, mongo_db_url: "memory:" })).toEqual(["a database in memory is never backed up"]);
  expect(backupDoubts(settings)).toEqual([]);
});

it("counts only backups of all collections as made at a time", () =>
  inFolder(async (folder) => {
    const dir = join(folder, "backups");
    const place = { backup: { dir } } as Place;
    const facts = { database: "lab", enabled: true, keep: 0, warn: () => {}, tell: async () => {} };
    const desk = new ServedDesk({ place, ...facts, now: () => new Date() });
    await backedUp(folder, { format: "folder", collections: ["events"], now: () => new Date("2026-03-05T03:00:00Z") });
    expect(await desk.newest()).toBeUndefined();
    await backedUp(folder, { now: () => new Date("2026-03-04T03:00:00Z") });
    expect(await desk.newest()).toEqual(new Date("2026-03-04T03:00:00Z"));
    expect((await runHere(["backup", "list", "--backup-dir", dir], {})).stdout).toMatch(
      /folder partial +lab_.*\n.*sqlite +lab_/,
    );
  }));

describe("serve", () => {
  const EVERY_SECOND = ["--backup-enabled", "--backup-schedule", "* * * * * *", "--backup-max-count", "2"];

  async function told(server: RunningServer): Promise<string[]> {
    const answer = await fetch(`${server.url}/events/query`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ event_type: "backup_create" }),
    });
    const events = (await answer.json()) as Record<string, { log_level: number }>;
    return Object.values(events).map(({ log_level }) => `backup_create ${log_level}`);
  }

  it("makes backups by its schedule, tells of them as events, and keeps as many as it shall", async () => {
    const cwd = project();
    const server = await serve(["--url", "sqlite:lab.db", ...EVERY_SECOND], { cwd });
    try {
      await server.says('backup "* * * * * *" (UTC), next ');
      await until(async () => (await told(server)).length >= 3, 100);
      expect(new Set(await told(server))).toEqual(new Set(["backup_create 20"]));
      const status = await (await fetch(`${server.url}/backup/status`)).json();
      const available_backups = expect.arrayContaining([expect.objectContaining({ size_bytes: expect.any(Number) })]);
      expect(status).toMatchObject({ backup_enabled: true, available_backups });
    } finally {
      expect(await server.stop()).toBe(0);
    }
    const dir = join(cwd, ".madsci/mongodb/backups");
    const names = readdirSync(dir).filter((name) => !name.startsWith("."));
    expect(names.length).toBeLessThanOrEqual(2);
    for (const name of names) expect(name).toMatch(/^lab_backup_.*_scheduled$/);
    expect(readdirSync(dir).filter((name) => name.includes(".lock-") || name.endsWith(".partial"))).toEqual([]);
    const url = `sqlite:${join(cwd, "lab.db")}`;
    const verified = await runHere(["backup", "verify", String(names[0]), "--url", url], { cwd });
    expect([verified.code, verified.stderr]).toEqual([0, ""]);
  });

  it("tells of a failure as an event of level error, and goes on", async () => {
    const cwd = project();
    const flags = ["--backup-dir", "lab.db", ...EVERY_SECOND];
    const server = await serve(["--url", "sqlite:lab.db", ...flags], { cwd });
    try {
      await until(async () => (await told(server)).filter((one) => one === "backup_create 40").length >= 2, 100);
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
    } finally {
      await server.stop();
    }
    expect(existsSync(join(cwd, "lab.db"))).toBe(true);
  });
});

it("Ctrl-C ends a backup under way; what was begun is gone", async () => {
  const cwd = project();
  const store = await EventStore.open(`sqlite:${join(cwd, "lab.db")}`);
  // Few events, but 30 MB that are slow to pack: it must still be under way when the signal comes.
  for (let n = 0; n < 30; n++)
    await store.append(Array.from({ length: 100 }, () => ({ event_data: { pad: randomBytes(5000).toString("hex") } })));
  await store.close();
  const child = start(["backup", "create", "--url", "sqlite:lab.db", "--format", "folder", "--gzip"], { cwd });
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const ended = once(child, "close");
  const dir = join(cwd, ".madsci/mongodb/backups");
  const isBegun = () => existsSync(dir) && readdirSync(dir).some((name) => name.endsWith(".partial"));
  await until(() => isBegun() || child.exitCode !== null);
  child.kill("SIGINT");
  expect(await ended).toEqual([1, null]);
  expect(stderr).toBe("error: Backup failed: interrupted\n");
  expect(readdirSync(dir)).toEqual([]);
});
