import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addressOf, urlOf } from "../../src/cli/address.ts";
import { loadConfig } from "../../src/cli/config.ts";
import { managerId } from "../../src/cli/manager-id.ts";
import { defaultSettings, redacted, redactedDefaults, settingsSchema } from "../../src/cli/redacted.ts";
import { announcement, doubts } from "../../src/cli/server.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { within } from "../../src/cli/shutdown.ts";
import { EventStoreError } from "../../src/errors.ts";
import { isUlid } from "../../src/event/id.ts";

const cwd = mkdtempSync(join(tmpdir(), "madsci-serve-"));

function settings(changes: Partial<Settings> = {}): Settings {
  return { ...defaultSettings(), ...changes };
}

describe("redacted", () => {
  const { settings: configured } = loadConfig({
    flags: {},
    cwd,
    env: {
      MONGO_DB_URL: "mongodb://app:hunter2@h/db",
      EVENT_LAB_URL: "http://lab:8000",
      EVENT_EMAIL_ALERTS: '{"smtp_username": "hunter2", "smtp_password": "hunter2", "sender": "lab@example.com"}',
    },
  });

  test("hides secrets, normalises URLs and keeps the rest", () => {
    expect(redacted(configured)).toMatchObject({
      mongo_db_url: "***REDACTED***",
      server_url: "http://localhost:8001/",
      lab_url: "http://lab:8000/",
      rate_limit_requests: 300,
      email_alerts: { smtp_username: "***REDACTED***", smtp_password: "***REDACTED***", sender: "lab@example.com" },
    });
    expect(JSON.stringify(redacted(configured))).not.toContain("hunter2");
  });

  test("hides secrets that are not set, and shows email_alerts as null when unset", () => {
    expect(redactedDefaults()).toMatchObject({ mongo_db_url: "***REDACTED***", email_alerts: null, lab_url: null });
  });

  test("has exactly the properties of the schema, which has a default and a description for each", () => {
    const schema = settingsSchema() as { title: string; properties: Record<string, Record<string, unknown>> };
    expect(schema.title).toBe("EventManagerSettings");
    expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(redactedDefaults()).sort());
    expect(schema.properties.rate_limit_window).toMatchObject({ type: "integer", minimum: 1, default: 60 });
    for (const [name, property] of Object.entries(schema.properties)) expect(property, name).toHaveProperty("default");
  });
});

describe("the address", () => {
  test.each([
    ["http://localhost:8001", {}, "localhost", 8001],
    ["http://0.0.0.0:9000/", {}, "0.0.0.0", 9000],
    ["http://lab.example.com", {}, "lab.example.com", 80],
    ["https://lab.example.com", {}, "lab.example.com", 443],
    ["http://[::1]:8001", {}, "::1", 8001],
    ["http://localhost:8001", { port: "9" }, "localhost", 9],
    ["http://localhost:8001", { host: "::", port: "0" }, "::", 0],
  ])("of %s with %j is %s port %i", (url, flags, host, port) => {
    expect(addressOf(url, flags)).toEqual({ host, port });
  });

  test.each(["-1", "65536", "http", "80.5", ""])("a port %j is refused", (port) => {
    expect(() => addressOf("http://localhost:8001", { port })).toThrow(EventStoreError);
  });

  test("with IPv6 is written in brackets", () => {
    expect(urlOf({ host: "::1", port: 8001 })).toBe("http://[::1]:8001");
  });
});

describe("doubts", () => {
  const config = (env: Record<string, string>) => loadConfig({ flags: {}, cwd, env });

  test.each(["localhost", "127.0.0.1", "127.9.9.9", "::1"])("%s is safe", (host) => {
    expect(doubts(config({}), { host, port: 1 })).toEqual([]);
  });

  test.each(["0.0.0.0", "::", "192.168.1.5", "lab.example.com"])("%s can be reached by others", (host) => {
    expect(doubts(config({}), { host, port: 1 })).toHaveLength(1);
  });

  test("settings without effect are named when they ask for something", () => {
    const set = config({ EVENT_RETENTION_ENABLED: "true", EVENT_BACKUP_ENABLED: "false", EVENT_EMAIL_ALERTS: "{}" });
    const [message] = doubts(set, { host: "localhost", port: 1 });
    expect(message).toMatch(/: retention_enabled$/);
  });
});

describe("announcement", () => {
  const address = { host: "0.0.0.0", port: 8001 };

  test("says what to try, with an address that works", () => {
    const lines = announcement(address, "sqlite:/x/events.db", true);
    expect(lines).toHaveLength(6);
    expect(lines.join("\n")).toContain("http://localhost:8001/docs");
    expect(lines.join("\n")).toContain("curl http://localhost:8001/event -H");
  });
});

describe("the manager id", () => {
  const fail = (message: string) => {
    throw new Error(message);
  };

  test("is the configured one", () => {
    const manager_id = "01JYKZDPANTNRYXF5TQKRJS0F2";
    expect(managerId(settings({ manager_id }), cwd, fail)).toBe(manager_id);
  });

  test("is made once and kept beside the database", () => {
    const configured = settings({ mongo_db_url: `sqlite:${cwd}/kept/events.db` });
    const id = managerId(configured, cwd, fail);
    expect(isUlid(id)).toBe(true);
    expect(managerId(configured, cwd, fail)).toBe(id);
    expect(readFileSync(join(cwd, "kept/manager_id"), "utf8")).toBe(`${id}\n`);
  });

  test("in memory is a new one each time, kept nowhere", () => {
    const configured = settings({ mongo_db_url: "memory:" });
    expect(managerId(configured, cwd, fail)).not.toBe(managerId(configured, cwd, fail));
  });

  test("that cannot be kept is said", () => {
    writeFileSync(join(cwd, "file"), "");
    const said: string[] = [];
    const configured = settings({ mongo_db_url: `sqlite:${cwd}/file/events.db` });
    expect(isUlid(managerId(configured, cwd, (message) => said.push(message)))).toBe(true);
    expect(said).toHaveLength(1);
  });
});

describe("a clean end", () => {
  test("is done when the work is", async () => {
    expect(await within(10_000, async () => {})).toBe(true);
  });

  test("is given up at the limit", async () => {
    expect(await within(5, () => new Promise(() => {}))).toBe(false);
  });

  test("passes on what goes wrong", async () => {
    await expect(within(10_000, () => Promise.reject(new Error("x")))).rejects.toThrow("x");
  });
});
