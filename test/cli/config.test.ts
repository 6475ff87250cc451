import { mkdirSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { EMAIL_ROWS, envNames, fileKeys, ROWS, type Settings } from "../../src/cli/settings.ts";
import { failure, load, newFolder, put, root, settings } from "./settings-folder.ts";

beforeEach(newFolder);

describe("defaults", () => {
  test("are MADSci's, but for the database, which is an embedded file", () => {
    expect(settings()).toMatchObject({
      server_url: "http://localhost:8001",
      manager_id: null,
      rate_limit_requests: 300,
      rate_limit_short_requests: 50,
      rate_limit_exempt_ips: null,
      database_name: "madsci_events",
      collection_name: "events",
      alert_level: 40,
      email_alerts: null,
      max_batches_per_run: 100,
      mongo_db_url: `sqlite:${root}/.madsci/events/events.db`,
      backup_dir: `${root}/.madsci/mongodb/backups`,
    });
  });

  test("pass their own checks", () => {
    for (const [name, setting] of [...ROWS, ...EMAIL_ROWS])
      expect(setting.kind.schema.safeParse(setting.default), name).toMatchObject({ success: true });
  });

  test("come with an example that passes the check", () => {
    for (const [name, setting] of [...ROWS, ...EMAIL_ROWS])
      expect(setting.kind.schema.safeParse(setting.kind.example), name).toMatchObject({ success: true });
  });
});

describe("precedence", () => {
  const file = (name: string, text: string) => [name, () => put(name, text)] as const;
  const FILES = [
    file("settings.yaml", "database_name: settings.yaml"),
    file("event.settings.yaml", "database_name: event.settings.yaml"),
    file("events.settings.yaml", "database_name: events.settings.yaml"),
    file("settings.toml", 'database_name = "settings.toml"'),
    file("events.settings.toml", 'database_name = "events.settings.toml"'),
    file("settings.json", '{"database_name": "settings.json"}'),
    file("event.settings.json", '{"database_name": "event.settings.json"}'),
    file(".env", "EVENT_DATABASE_NAME=.env"),
    file("event.env", "EVENT_DATABASE_NAME=event.env"),
    file("events.env", "EVENT_DATABASE_NAME=events.env"),
  ];

  test.each(FILES.map(([name], i) => [name, i] as const))("%s overrides every file before it", (name, i) => {
    for (const [, write] of FILES.slice(0, i + 1)) write();
    expect(settings().database_name).toBe(name);
  });

  test("the environment overrides files, and a flag overrides the environment", () => {
    for (const [, write] of FILES) write();
    const env = { EVENT_DATABASE_NAME: "env" };
    expect(settings({ env }).database_name).toBe("env");
    expect(settings({ env, flags: { database_name: "flag" } }).database_name).toBe("flag");
  });

  test("an unprefixed key wins over a prefixed one, even from a file of lower precedence", () => {
    put("settings.yaml", "database_name: plain");
    put("event.settings.json", '{"event_database_name": "prefixed"}');
    expect(settings().database_name).toBe("plain");
  });

  test("a value that loses is not checked", () => {
    const env = { DB_URL: "postgres://u:p@h/db", MONGO_DB_URL: "mongodb://h" };
    expect(settings({ env }).mongo_db_url).toBe("mongodb://h");
  });

  test("the origin of a value is known", () => {
    put("settings.yaml", "database_name: lab");
    const { origins } = load({ env: { EVENT_ALERT_LEVEL: "10" } });
    expect(origins.get("database_name")).toBe(`database_name in ${root}/settings.yaml`);
    expect(origins.get("alert_level")).toContain("EVENT_ALERT_LEVEL");
    expect(origins.has("collection_name")).toBe(false);
  });
});

describe("names", () => {
  const sample = (name: string) => {
    const [, setting] = [...ROWS].find(([row]) => row === name) as (typeof ROWS)[number];
    return { text: setting.kind.example, value: setting.kind.schema.parse(setting.kind.example) };
  };
  const path = (name: string, value: unknown) =>
    typeof value === "string" && value.includes(".madsci/") ? settings()[name as keyof Settings] : value;

  test.each(ROWS.flatMap(([name, row]) => envNames(name, row).map((env) => [env, name] as const)))(
    "the environment variable %s sets %s, in any case",
    (env, name) => {
      const { text, value } = sample(name);
      for (const spelling of [env, env.toLowerCase()])
        expect(settings({ env: { [spelling]: text } })[name as keyof Settings]).toEqual(path(name, value));
    },
  );

  test.each(ROWS.flatMap(([name, row]) => fileKeys(name, row).map((key) => [key, name] as const)))(
    "the file key %s sets %s",
    (key, name) => {
      const { value } = sample(name);
      put("event.settings.json", JSON.stringify({ [key]: value }));
      expect(settings()[name as keyof Settings]).toEqual(path(name, value));
    },
  );

  test("the database URL is taken from the first name present", () => {
    const all = {
      MONGO_DB_URL: "mongodb://one",
      EVENT_DB_URL: "mongodb://two",
      DB_URL: "mongodb://three",
      EVENT_MONGO_DB_URL: "mongodb://four",
      EVENT_DOCUMENT_DB_URL: "mongodb://five",
      DOCUMENT_DB_URL: "mongodb://six",
    };
    const seen: string[] = [];
    for (const name of Object.keys(all)) {
      seen.push(settings({ env: all }).mongo_db_url);
      delete all[name as keyof typeof all];
    }
    expect(seen).toEqual(["one", "two", "three", "four", "five", "six"].map((host) => `mongodb://${host}`));
  });

  test("a bare SERVER_URL belongs to other managers", () => {
    expect(settings({ env: { SERVER_URL: "http://elsewhere:1" } }).server_url).toBe("http://localhost:8001");
  });

  test("an empty environment variable counts as not set", () => {
    expect(settings({ env: { EVENT_RATE_LIMIT_REQUESTS: "", EVENT_LAB_URL: " " } })).toMatchObject({
      rate_limit_requests: 300,
      lab_url: null,
    });
  });
});

describe("values", () => {
  test.each([
    ["EVENT_RATE_LIMIT_ENABLED", "no", "rate_limit_enabled", false],
    ["EVENT_RATE_LIMIT_ENABLED", "1", "rate_limit_enabled", true],
    ["EVENT_ALERT_LEVEL", "EventLogLevel.WARNING", "alert_level", 30],
    ["EVENT_ALERT_LEVEL", "50", "alert_level", 50],
    ["EVENT_RATE_LIMIT_SHORT_REQUESTS", "null", "rate_limit_short_requests", null],
    ["EVENT_RATE_LIMIT_EXEMPT_IPS", '["10.0.0.1"]', "rate_limit_exempt_ips", ["10.0.0.1"]],
    ["EVENT_RATE_LIMIT_EXEMPT_IPS", "10.0.0.1, 10.0.0.2", "rate_limit_exempt_ips", ["10.0.0.1", "10.0.0.2"]],
    ["EVENT_RATE_LIMIT_EXEMPT_IPS", "[]", "rate_limit_exempt_ips", []],
    ["EVENT_REGISTRY_LOCK_TIMEOUT", "2.5", "registry_lock_timeout", 2.5],
    ["EVENT_MAX_BATCHES_PER_RUN", "0", "max_batches_per_run", 0],
    ["EVENT_OTEL_EXPORTER", "none", "otel_exporter", "none"],
  ] as const)("%s=%s means %s = %j", (env, text, name, value) => {
    expect(settings({ env: { [env]: text } })[name]).toEqual(value);
  });

  test("null in a YAML file nulls a nullable setting", () => {
    put("settings.yaml", "rate_limit_short_requests: null");
    expect(settings().rate_limit_short_requests).toBeNull();
  });

  test.each([
    ["EVENT_RATE_LIMIT_REQUESTS", "0", "rate_limit_requests", "holds 0"],
    ["EVENT_RATE_LIMIT_REQUESTS", "many", "rate_limit_requests", "another text"],
    ["EVENT_RATE_LIMIT_WINDOW", "1.5", "rate_limit_window", "holds 1.5"],
    ["EVENT_SOFT_DELETE_AFTER_DAYS", "-1", "soft_delete_after_days", "at least 1"],
    ["EVENT_RETENTION_ENABLED", "maybe", "retention_enabled", "true or false"],
    ["EVENT_ALERT_LEVEL", "fatal", "alert_level", "a log level"],
    ["EVENT_ALERT_LEVEL", "25", "alert_level", "40 ERROR"],
    ["EVENT_SERVER_URL", "localhost:8001", "server_url", "http://localhost:8001"],
    ["EVENT_MANAGER_ID", "lab-7", "manager_id", "ULID"],
    ["EVENT_NAIVE_TIMEZONE", "Middle/Earth", "naive_timezone", "IANA"],
    ["EVENT_OTEL_PROTOCOL", "udp", "otel_protocol", "one of grpc, http"],
    ["EVENT_RATE_LIMIT_EXEMPT_IPS", "[1", "rate_limit_exempt_ips", "a list"],
  ])("%s=%s is refused by name, with the fix", (env, text, name, words) => {
    const message = failure({ env: { [env]: text } });
    expect(message).toContain(`${name}: `);
    expect(message).toContain(`the environment variable ${env}`);
    expect(message).toContain(words);
    expect(message).toMatch(/set it to something like/);
  });

  test("a wrong value names the file it stands in", () => {
    put("event.settings.yaml", "event_archive_batch_size: [1]");
    const message = failure({});
    expect(message).toContain(`archive_batch_size: must be a whole number of at least 1`);
    expect(message).toContain(`event_archive_batch_size in ${root}/event.settings.yaml holds a list`);
  });

  test("a wrong value names the flag, and a line of a .env file its file", () => {
    expect(failure({ flags: { rate_limit_window: "x" } })).toContain("--rate-limit-window");
    put("event.env", "EVENT_RATE_LIMIT_WINDOW=x");
    expect(failure({})).toContain(`EVENT_RATE_LIMIT_WINDOW in ${root}/event.env`);
  });
});

describe("the database URL", () => {
  test.each(["mongodb://u:p@h:1/x", "mongodb+srv://h", "sqlite:a.db", "sqlite:///abs/a.db", "memory:", "SQLite:a.db"])(
    "%s is accepted",
    (url) => {
      expect(settings({ flags: { mongo_db_url: url } }).mongo_db_url.toLowerCase()).toBe(url.toLowerCase());
    },
  );

  test.each([
    ["postgres://u:hunter2@h/db", "postgres:"],
    ["mysql://h", "mysql:"],
    ["events.db", "sqlite:PATH"],
    ["sqlite:", "not complete"],
    ["memory:x", "not complete"],
    ["http://localhost:8001", "name it with --server"],
    ["https://lab.example.com", "name it with --server"],
  ])("%s is refused with the accepted schemes", (url, words) => {
    const message = failure({ flags: { mongo_db_url: url } });
    expect(message).toContain(words);
    for (const scheme of ["sqlite:PATH", "memory:", "mongodb://", "mongodb+srv://"]) expect(message).toContain(scheme);
    expect(message).not.toContain("hunter2");
  });

  test("a DB_URL of another program is an error that names the variable and shows no password", () => {
    const message = failure({ env: { DB_URL: "postgresql://app:hunter2@db/app" } });
    expect(message).toContain("environment variable DB_URL");
    expect(message).toContain("postgresql:");
    expect(message).toContain("set MONGO_DB_URL");
    expect(message).not.toContain("hunter2");
  });

  test.each(["sqlite:.madsci/x.db", "sqlite://.madsci/x.db"])(
    "%s lies in the nearest .madsci folder upwards",
    (url) => {
      put("sub/deep/here", "");
      mkdirSync(join(root, "sub/.madsci"));
      const input = { flags: { mongo_db_url: url }, cwd: join(root, "sub/deep") };
      expect(settings(input).mongo_db_url).toBe(`sqlite:${root}/sub/.madsci/x.db`);
      expect(settings(input).backup_dir).toBe(`${root}/sub/.madsci/mongodb/backups`);
      expect(settings(input).utilization_export_dir).toBeNull();
      const exports = { ...input, env: { EVENT_UTILIZATION_EXPORT_DIR: ".madsci/reports" } };
      expect(settings(exports).utilization_export_dir).toBe(`${root}/sub/.madsci/reports`);
    },
  );

  test("without .madsci and .git upwards the folder is in the home directory", () => {
    const bare = mkdtempSync(join(tmpdir(), "madsci-bare-"));
    expect(settings({ cwd: bare }).mongo_db_url).toBe(`sqlite:${homedir()}/.madsci/events/events.db`);
  });
});
