import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { failure, load, newFolder, put, root, settings } from "./settings-folder.ts";

beforeEach(newFolder);

describe("email_alerts", () => {
  test("comes field by field from the environment", () => {
    const env = { EVENT_EMAIL_ALERTS__SMTP_SERVER: "mail", event_email_alerts__smtp_port: "25" };
    expect(settings({ env }).email_alerts).toMatchObject({ smtp_server: "mail", smtp_port: 25, use_tls: true });
  });

  test("comes as JSON from the environment, completed by single fields", () => {
    const env = {
      EVENT_EMAIL_ALERTS: '{"smtp_server": "mail", "email_addresses": ["a@b"], "smtp_password": "old"}',
      EVENT_EMAIL_ALERTS__SMTP_PASSWORD: "new",
    };
    expect(settings({ env }).email_alerts).toMatchObject({
      smtp_server: "mail",
      email_addresses: ["a@b"],
      smtp_password: "new",
    });
  });

  test("merges a file with a password from the environment", () => {
    put("event.settings.yaml", "event_email_alerts:\n  smtp_server: mail\n  smtp_username: lab\n");
    const env = { EVENT_EMAIL_ALERTS__SMTP_PASSWORD: "secret" };
    expect(settings({ env }).email_alerts).toMatchObject({ smtp_username: "lab", smtp_password: "secret" });
  });

  test("is taken back by a null of higher precedence", () => {
    put("settings.yaml", "email_alerts: {smtp_server: mail}");
    put("event.settings.yaml", "email_alerts: null");
    expect(settings().email_alerts).toBeNull();
  });

  test.each([
    [{ EVENT_EMAIL_ALERTS: "not json hunter2" }, "email_alerts: the environment variable EVENT_EMAIL_ALERTS"],
    [{ EVENT_EMAIL_ALERTS: "[1]" }, "must hold an object"],
    [{ EVENT_EMAIL_ALERTS__SMTP_PORT: "hunter2" }, "email_alerts.smtp_port: must be a whole number from 1 to 65535"],
    [{ EVENT_EMAIL_ALERTS: '{"smtp_password": ["hunter2"]}' }, "email_alerts.smtp_password"],
  ])("refuses %j by name", (env, words) => {
    const message = failure({ env });
    expect(message).toContain(words);
    expect(message).not.toContain("hunter2");
  });
});

describe("files", () => {
  test("are searched upwards to the project root, each on its own", () => {
    put("settings.yaml", "database_name: above");
    put("a/b/event.settings.yaml", "collection_name: here");
    const found = settings({ cwd: join(root, "a/b") });
    expect(found).toMatchObject({ database_name: "above", collection_name: "here" });
  });

  test("above the project root are not found", () => {
    put("settings.yaml", "database_name: above");
    put("inner/.madsci/x", "");
    expect(settings({ cwd: join(root, "inner") }).database_name).toBe("madsci_events");
  });

  test("more than ten folders up are not found", () => {
    put("settings.yaml", "database_name: above");
    const near = join(root, ..."abcdefghij");
    mkdirSync(join(near, "k"), { recursive: true });
    expect(settings({ cwd: near }).database_name).toBe("above");
    expect(settings({ cwd: join(near, "k") }).database_name).toBe("madsci_events");
  });

  test("are found in managers/ and then config/ when not upwards", () => {
    put("config/settings.yaml", "database_name: config");
    expect(settings().database_name).toBe("config");
    put("managers/settings.yaml", "database_name: managers");
    expect(settings().database_name).toBe("managers");
    put("settings.yaml", "database_name: start");
    expect(settings().database_name).toBe("start");
  });

  test("are searched from MADSCI_SETTINGS_DIR, and from --settings-dir before it", () => {
    put("one/.madsci/x", "");
    put("one/settings.yaml", "database_name: one");
    put("two/.madsci/x", "");
    put("two/settings.yaml", "database_name: two");
    const env = { MADSCI_SETTINGS_DIR: join(root, "one") };
    expect(settings({ env }).database_name).toBe("one");
    expect(settings({ env, settingsDir: "two" }).database_name).toBe("two");
    expect(failure({ settingsDir: "three" })).toContain(`${root}/three does not exist`);
  });

  test.each([
    ["settings.yaml", "a: [1"],
    ["settings.toml", "a = "],
    ["settings.json", "{"],
    ["event.settings.yaml", "- 1\n- 2"],
  ])("that cannot be understood are named (%s)", (name, text) => {
    put(name, text);
    expect(failure({})).toContain(`${root}/${name}`);
  });

  test("that are empty say nothing", () => {
    for (const name of ["settings.yaml", "settings.json", "settings.toml", ".env"]) put(name, "\n");
    expect(settings().database_name).toBe("madsci_events");
  });
});

describe("warnings", () => {
  test("unknown keys of other programs are ignored in silence", () => {
    put("settings.yaml", "lab_server_url: http://x\nworkcell_name: w\nevent_something_else: 1\nname: x");
    expect(load({ env: { EVENT_CLIENT_NAME: "x", PATH: "/bin" } }).warnings).toEqual([]);
  });

  test("a near miss of a known key is named with what it may mean", () => {
    put("event.settings.yaml", "colection_name: x\nevent_databse_name: y");
    expect(load({ env: { EVENT_ALERT_LEVLE: "10" } }).warnings).toEqual([
      `colection_name in ${root}/event.settings.yaml is not a setting and is ignored; did you mean collection_name?`,
      `event_databse_name in ${root}/event.settings.yaml is not a setting and is ignored; did you mean event_database_name?`,
      "EVENT_ALERT_LEVLE in the environment is not a setting and is ignored; did you mean EVENT_ALERT_LEVEL?",
    ]);
  });

  test("single keys of alerting in the environment are pointed out: there are no such variables", () => {
    put(".env", "EVENT_ALERTING__LABPACK=false\n");
    const { warnings } = load({ env: { EVENT_ALERTING__SMTP__HOST: "mail.example.org" } });
    expect(warnings).toEqual([
      expect.stringMatching(/^the environment variable EVENT_ALERTING__SMTP__HOST has no effect: .*section/),
      expect.stringMatching(/^EVENT_ALERTING__LABPACK in .*\.env has no effect: /),
    ]);
  });

  test("collection_name = madsci_events is pointed out: it was the database name before 0.6", () => {
    const [warning] = load({ env: { EVENT_COLLECTION_NAME: "madsci_events" } }).warnings;
    expect(warning).toContain("before MADSci 0.6");
    expect(warning).toContain("EVENT_COLLECTION_NAME");
  });

  test("collection_name equal to database_name is pointed out", () => {
    expect(load({ flags: { database_name: "lab", collection_name: "lab" } }).warnings).toHaveLength(1);
  });
});
