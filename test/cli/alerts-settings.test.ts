import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { alertSetup } from "../../src/cli/alert-setup.ts";
import type { ConfigInput } from "../../src/cli/config.ts";
import { redacted } from "../../src/cli/redacted.ts";
import { redactedAlerting } from "../../src/cli/redacted-alerting.ts";
import { secretReader } from "../../src/cli/secrets.ts";
import { alertsLine } from "../../src/cli/serve-alerts.ts";
import { EventStoreError } from "../../src/errors.ts";
import { load, newFolder, put, root, settings } from "./settings-folder.ts";

beforeEach(newFolder);

const SECTION = {
  rules: [{ id: "loud", select: { log_level: { $gte: 50 } } }],
  receivers: { ops: ["mail"] },
  channels: { mail: { type: "email", to: "lab@example.org" } },
  smtp: { host: "mail.example.org", from: "lab@example.org", userRef: "env:SMTP_USER", passwordRef: "file:smtp.key" },
};
const JSON_SECTION = JSON.stringify(SECTION);
const SECRETS = { SMTP_USER: "lab" };

const setupOf = (input: Partial<ConfigInput> = {}) => alertSetup(load(input), { env: input.env ?? {} });

function refusal(input: Partial<ConfigInput>): string {
  try {
    setupOf(input);
  } catch (error) {
    expect(error).toBeInstanceOf(EventStoreError);
    return (error as EventStoreError).message;
  }
  throw new Error("expected a refusal");
}

describe("the setting alerting", () => {
  test("is an object in a file, JSON in the environment, and off without either", () => {
    expect(settings().alerting).toBeNull();
    expect(settings({ env: { EVENT_ALERTING: JSON_SECTION } }).alerting).toEqual(SECTION);
    put("event.settings.yaml", `alerting: ${JSON_SECTION}\n`);
    expect(settings().alerting).toEqual(SECTION);
    expect(settings({ env: { EVENT_ALERTING: "null" } }).alerting).toBeNull();
  });

  test("is a path, from the folder of the file that names it", () => {
    put("config/event.settings.yaml", "alerting: rules/alerts.yaml\n");
    expect(settings().alerting).toBe(`${root}/config/rules/alerts.yaml`);
    expect(settings({ env: { EVENT_ALERTING: "alerts.yaml" } }).alerting).toBe(`${root}/alerts.yaml`);
    put("sub/event.env", "EVENT_ALERTING=mine.json");
    expect(settings({ cwd: join(root, "sub") }).alerting).toBe(`${root}/sub/mine.json`);
    expect(settings({ flags: { alerting: "/etc/alerts.yaml" } }).alerting).toBe("/etc/alerts.yaml");
  });

  test.each(["[1]", "{broken", "", " "])("%j is no section", (text) => {
    put("event.settings.json", JSON.stringify({ alerting: text === "[1]" ? [1] : text }));
    expect(refusal({})).toContain("alerting: must be an object, or the path of a YAML or JSON file of it");
  });
});

describe("what alerts there are", () => {
  test("with the templates of files, also for who looks up no secrets", () => {
    put("subject.liquid", "{{ tag }}!");
    const section = { ...SECTION, templates: { subject: "file:subject.liquid", text: "file:none.liquid" } };
    const setup = alertSetup(load({ env: { EVENT_ALERTING: JSON.stringify(section) } }), {
      env: {},
      withoutSecrets: true,
    });
    expect(setup?.plan.templates.subject).toBe("{{ tag }}!");
    expect(setup?.plan.channels).toMatchObject([{ smtp: { user: "unchecked", password: "unchecked" } }]);
  });

  test("none without a word in the settings", () => {
    expect(setupOf()).toBeUndefined();
  });

  test("none with enabled: false, whatever else is set", () => {
    const env = { EVENT_ALERTING: '{"enabled": false}', EVENT_EMAIL_ALERTS: '{"email_addresses": ["a@example.org"]}' };
    expect(setupOf({ env })).toBeUndefined();
  });

  test("MADSci's with email_alerts alone: its level, its addresses, single fields from the environment", () => {
    const env = {
      EVENT_EMAIL_ALERTS: '{"email_addresses": ["a@example.org", "b@example.org"]}',
      EVENT_EMAIL_ALERTS__SMTP_SERVER: "mail.example.org",
      EVENT_ALERT_LEVEL: "CRITICAL",
    };
    const setup = setupOf({ env });
    expect(setup?.plan).toMatchObject({ mode: "compat", awaitDeliveryMs: null });
    expect(setup?.plan.channels).toMatchObject([
      { type: "email", to: ["a@example.org", "b@example.org"], smtp: { host: "mail.example.org" } },
    ]);
    expect(JSON.stringify(setup?.plan.rules[0])).toContain('"$gte":50');
    expect(setup?.warnings).toEqual([]);
    expect(alertsLine(setup?.plan as never)).toBe("  alerts as MADSci sends them → a@example.org, b@example.org");
  });

  test.each([
    ["a setting", { EVENT_EMAIL_ALERTS_AWAIT_DELIVERY: "true" }],
    ["alerting.compat", { EVENT_ALERTING: '{"compat": {"awaitDelivery": true}}' }],
    ["alerting.compat in snake_case", { EVENT_ALERTING: '{"compat": {"await_delivery": true}}' }],
  ])("MADSci's wait for delivery when %s says so", (_how, more) => {
    const env = { EVENT_EMAIL_ALERTS: '{"email_addresses": ["a@example.org"]}', ...more };
    expect(setupOf({ env })?.plan).toMatchObject({ mode: "compat", awaitDeliveryMs: 5000 });
  });

  test("no look at the mail server's certificate when a setting says so", () => {
    const env = {
      EVENT_EMAIL_ALERTS: '{"email_addresses": ["a@example.org"]}',
      EVENT_EMAIL_ALERTS_VERIFY_CERTIFICATE: "false",
    };
    expect(setupOf({ env })?.plan.channels).toMatchObject([{ smtp: { rejectUnauthorized: false } }]);
    expect(setupOf({ env })?.warnings).toEqual([expect.stringMatching(/^email_alerts_verify_certificate: lets/)]);
  });

  test("email_alerts that reach nobody are warned about", () => {
    expect(setupOf({ env: { EVENT_EMAIL_ALERTS: "{}" } })?.warnings).toEqual([
      expect.stringMatching(/^email_alerts\.email_addresses: /),
    ]);
  });

  test("those of alerting with it, and a warning when email_alerts is there as well", () => {
    put("event.settings.yaml", `alerting: ${JSON_SECTION}\nemail_alerts: {email_addresses: [a@example.org]}\n`);
    put("smtp.key", "hunter2\n");
    const setup = setupOf({ env: SECRETS });
    expect(setup?.plan).toMatchObject({ mode: "native", channels: [{ smtp: { user: "lab", password: "hunter2" } }] });
    expect(setup?.plan.rules.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["loud", "node-error", "alert-level"]),
    );
    expect(setup?.warnings).toEqual([expect.stringMatching(/^alerting is set, so email_alerts has no effect/)]);
    expect(alertsLine(setup?.plan as never)).toMatch(/^ {2}alerts \d+ rules → ops \(mail\)$/);
  });

  test("a file of its own finds its secrets beside itself, and may be a whole settings file", () => {
    put("lab/alerts.yaml", `alerting: ${JSON_SECTION}\n`);
    put("lab/smtp.key", "beside");
    const env = { ...SECRETS, EVENT_ALERTING: "lab/alerts.yaml" };
    expect(setupOf({ env })?.plan).toMatchObject({ channels: [{ smtp: { password: "beside" } }] });
  });

  test("the start line names channels that only an escalation uses", () => {
    const receivers = { ops: { channels: ["mail"], escalate: [{ after: "15m", channels: ["chief", "mail"] }] } };
    const chief = { type: "email", to: "chief@example.org" };
    const section = { ...SECTION, receivers, channels: { ...SECTION.channels, chief } };
    put("smtp.key", "hunter2");
    const setup = setupOf({ env: { ...SECRETS, EVENT_ALERTING: JSON.stringify(section) } });
    expect(alertsLine(setup?.plan as never)).toMatch(/ → ops \(mail, later chief\)$/);
  });

  test.each([
    ["in the settings", { channels: { mail: { type: "fax" } } }, "alerting.channels.mail.type: "],
    ["a secret that is not there", SECTION, "alerting.smtp.passwordRef: "],
  ])("what is wrong is named by its path: %s", (_what, section, path) => {
    const message = refusal({ env: { ...SECRETS, EVENT_ALERTING: JSON.stringify(section) } });
    expect(message).toContain(`EVENT_ALERTING: ${path}`);
  });

  test("what is wrong in a file is named by file and path", () => {
    put("alerts.yaml", "rules: [{ id: a, select: { log_level: 40 }, for: soon }]\n");
    expect(refusal({ env: { EVENT_ALERTING: "alerts.yaml" } })).toMatch(`${root}/alerts.yaml: rules[0].for: `);
    expect(refusal({ env: { EVENT_ALERTING: "none.yaml" } })).toContain(`${root}/none.yaml cannot be read (ENOENT)`);
  });

  test("a file that is not there is named with the setting that names it", () => {
    expect(refusal({ env: { EVENT_ALERTING: "none.yaml" } })).toMatch(/EVENT_ALERTING: /);
    put("event.settings.yaml", "alerting: none.yaml\n");
    expect(refusal({})).toBe(`alerting in ${root}/event.settings.yaml: ${root}/none.yaml cannot be read (ENOENT)`);
  });

  test.each(["rules", "severity_from_level", "smtp", "event_alerting"])(
    "a file with %s beside alerting is refused, as that would be lost",
    (key) => {
      put("alerts.yaml", `alerting: ${JSON_SECTION}\n${key}: {}\nserver_url: http://localhost:8001\n`);
      expect(refusal({ env: { ...SECRETS, EVENT_ALERTING: "alerts.yaml" } })).toContain(
        `${key} stands beside alerting; write everything below alerting, or nothing`,
      );
    },
  );
});

describe("secrets by reference", () => {
  const envFiles = [
    { path: ".env", values: { FROM_FILE: "file", BOTH: "file" } },
    { path: "event.env", values: { FROM_FILE: "later" } },
  ];

  test("come from the environment, then from .env files, and from files", () => {
    put("key", "text\n");
    const secret = secretReader({ env: { BOTH: "env", EMPTY: "" }, envFiles, folder: root });
    expect(["env:BOTH", "env:FROM_FILE", "env:EMPTY", "env:NONE"].map(secret)).toEqual([
      "env",
      "later",
      undefined,
      undefined,
    ]);
    expect(["file:key", `file:${root}/key`, "file:none", "file:."].map(secret)).toEqual([
      "text",
      "text",
      undefined,
      undefined,
    ]);
    expect(secret("plain")).toBeUndefined();
  });

  test("a file too large to be one is none", () => {
    writeFileSync(join(root, "large"), "x".repeat(70_000));
    expect(secretReader({ env: {}, envFiles: [], folder: root })("file:large")).toBeUndefined();
  });
});

describe("GET /settings", () => {
  test("shows alerting without its secrets", () => {
    const section = {
      smtp: { host: "h", user: "hunter2", password: "hunter2", passwordRef: "env:SMTP_PASSWORD" },
      channels: {
        chat: { type: "slack", url: "https://hooks.example.org/services/hunter2" },
        page: { type: "pagerduty", secret: "hunter2" },
        hook: { type: "webhook", url: "https://h.example.org", urlRef: "file:u", headers: { "x-a": "hunter2" } },
      },
    };
    const shown = redacted(settings({ env: { EVENT_ALERTING: JSON.stringify(section) } })).alerting;
    expect(JSON.stringify(shown)).not.toContain("hunter2");
    expect(shown).toMatchObject({
      smtp: { host: "h", passwordRef: "env:SMTP_PASSWORD" },
      channels: {
        chat: { url: "https://hooks.example.org/***REDACTED***" },
        hook: { url: "https://h.example.org/", urlRef: "file:u" },
      },
    });
  });

  test("shows a path as it is, and nothing as null", () => {
    expect(redactedAlerting("/etc/alerts.yaml")).toBe("/etc/alerts.yaml");
    expect(redacted(settings()).alerting).toBeNull();
  });
});
