/** The whole configuration, from what people write to the checked plan. */
import { describe, expect, it } from "vitest";
import { alertPlan } from "../../src/alert/plan-file.ts";
import { around, CONTEXT, EXAMPLE, refusal } from "./plan-setup.ts";

const snake = (text: string) => text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** Keys in snake_case, but not those of selectors and names. */
const RAW = new Set(["select", "source", "target", "while", "severityFromLevel"]);
function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [snake(key), RAW.has(key) ? inner : inSnakeCase(inner)]),
  );
}
/** Without functions, so that two plans can be compared. */
const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, inner) => (inner instanceof Map ? [...inner] : inner)));

describe("plan", () => {
  it("reads the design's example completely", () => {
    const plan = alertPlan(EXAMPLE, CONTEXT);
    expect(plan).toMatchObject({
      mode: "native",
      maxSamples: 5,
      stormPerMinute: 1_000,
      receivers: [{ name: "ops", channels: ["mail-ops"], escalate: [{ afterMs: 900_000, channels: ["pager"] }] }],
      delivery: {
        attempts: 12,
        backoff: { baseMs: 15_000, factor: 2, maxMs: 1_800_000, jitter: 0.2 },
        breaker: { failures: 5, openForMs: 60_000 },
        perRecipient: { perHour: 20, perDay: 100, criticalPerHour: 5 },
        concurrency: { email: 5, webhook: 10 },
        timeoutMs: 30_000,
      },
      digest: { cron: "0 * * * *", timezone: "Europe/Berlin", minSeverity: "warning" },
      quietHours: { timezone: "Europe/Berlin", from: "22:00", to: "06:00", except: ["critical"] },
      publicUrl: "https://events.lab.example.org",
      lease: { ttlMs: 15_000, renewMs: 5_000 },
      timezone: "America/Chicago",
      awaitDeliveryMs: null,
      redact: [],
      templates: {},
    });
    expect(plan.inhibit).toHaveLength(1);
  });

  it("reads channels with their mail server and their secrets", () => {
    const [mail, pager] = alertPlan(EXAMPLE, CONTEXT).channels;
    expect(mail).toEqual({
      type: "email",
      name: "mail-ops",
      to: ["lab@example.org"],
      importance: "High",
      smtp: {
        host: "smtp.example.org",
        port: 587,
        tls: "starttls",
        user: "lab@example.org",
        password: "tops3cret",
        rejectUnauthorized: true,
        connections: 5,
        messagesPerConnection: 100,
        connectMs: 10_000,
        greetingMs: 10_000,
        socketMs: 30_000,
        from: "lab@example.org",
      },
    });
    expect(pager).toMatchObject({
      type: "webhook",
      secret: "routing-k3y",
      headers: {},
      format: "json",
      timeoutMs: 10_000,
    });
  });

  it("takes the same keys in snake_case", () => {
    expect(plain(alertPlan(inSnakeCase(EXAMPLE), CONTEXT))).toEqual(plain(alertPlan(EXAMPLE, CONTEXT)));
  });

  it("is complete with nothing written at all", () => {
    const plan = alertPlan({}, CONTEXT);
    expect(plan.receivers).toEqual([]);
    expect(plan.rules.find(({ id }) => id === "alert-flag")).toMatchObject({ oneOff: true, enabled: true });
    expect(plan.rules.find(({ id }) => id === "node-error")).toMatchObject({
      ...{ enabled: true, severity: "level", severityAtLeast: "error" },
    });
    expect(plan.quietHours).toBeNull();
    expect([...plan.severityFromLevel]).toEqual([
      [0, "info"],
      [10, "info"],
      [20, "info"],
      [30, "warning"],
      [40, "error"],
      [50, "critical"],
    ]);
  });

  it("tells all channels where nobody says who is told", () => {
    const channels = {
      a: { type: "slack", url: "env:SLACK_URL" },
      b: { type: "pagerduty", secretRef: "env:PAGER_SECRET" },
    };
    const plan = alertPlan({ channels }, CONTEXT);
    expect(plan.receivers).toEqual([{ name: "default", channels: ["a", "b"], escalate: [] }]);
    expect(plan.rules.filter(({ receivers }) => receivers[0] !== "default").map(({ id }) => id)).toEqual([
      "workcell-stopped",
    ]);
    expect(plan.channels).toMatchObject([
      { type: "slack", url: "https://hooks.slack.example/T0/B0/x" },
      { type: "pagerduty", url: "https://events.pagerduty.com/v2/enqueue", secret: "routing-k3y" },
    ]);
  });

  it("lets templates and secrets come from files, and headers from the environment", () => {
    const plan = alertPlan(
      around({
        channels: {
          hook: {
            type: "webhook",
            url: "https://h.example/",
            secretRef: "file:/run/secrets/hook",
            headers: { "x-key": "env:PAGER_SECRET" },
          },
        },
        templates: { subject: "{{ incident.rule }}", text: "file:/run/secrets/hook" },
      }),
      CONTEXT,
    );
    expect(plan.channels).toMatchObject([{ secret: "from-a-file", headers: { "x-key": "routing-k3y" } }]);
    expect(plan.templates).toEqual({ subject: "{{ incident.rule }}", text: "from-a-file" });
  });

  it("gives port and encryption that go together", () => {
    const tlsOf = (smtp: object) => {
      const [channel] = alertPlan(
        {
          smtp: { host: "mx.example.org", from: "a@example.org", ...smtp },
          channels: { m: { type: "email", to: "a@example.org" } },
        },
        CONTEXT,
      ).channels;
      return channel?.type === "email" ? [channel.smtp.port, channel.smtp.tls] : [];
    };
    expect(tlsOf({})).toEqual([587, "starttls"]);
    expect(tlsOf({ port: 465 })).toEqual([465, "implicit"]);
    expect(tlsOf({ tls: "implicit" })).toEqual([465, "implicit"]);
    expect(tlsOf({ tls: "none" })).toEqual([25, "none"]);
  });

  it("throws the first trouble with its path and the way out", () => {
    const broken = around({
      rules: [
        { id: "a", select: {} },
        { id: "b", kind: "threshold", count: 5, select: {}, within: "5 minutes" },
      ],
    });
    expect(refusal(() => alertPlan(broken, CONTEXT))).toBe(
      "EVT_INVALID_OPTION rules[1].within: must be a span like 30s, 5m, 2h or 7d",
    );
    expect(refusal(() => alertPlan([], CONTEXT))).toBe("EVT_INVALID_OPTION must be an object of keys and values");
  });

  it("never shows a secret, wherever one stands in the wrong place", () => {
    const wrong = around({
      channels: {
        a: { type: "webhook", url: "https://user:hunter22@h.example/", secretRef: "hunter22" },
        b: { type: "pagerduty", secret: ["hunter22"] },
        c: { type: "slack", url: "hunter22" },
        d: { type: "email", to: "a@b.example" },
      },
      smtp: { host: "mx.example", userRef: "env:SMTP_USER", passwordRef: "hunter22" },
    });
    const text = refusal(() => alertPlan(wrong, CONTEXT));
    expect(text).toBe("EVT_INVALID_OPTION smtp.passwordRef: must say where it is kept: env:NAME or file:PATH");
  });

  it("names the secret it cannot find", () => {
    const missing = around({
      channels: { hook: { type: "webhook", url: "https://h.example/", secretRef: "env:NOBODY" } },
    });
    const expected = "channels.hook.secretRef: env:NOBODY cannot be resolved: the environment variable is not set";
    expect(refusal(() => alertPlan(missing, CONTEXT))).toBe(`EVT_INVALID_OPTION ${expected}`);
    const failing = {
      ...CONTEXT,
      secret: () => {
        throw new Error("EACCES");
      },
    };
    expect(refusal(() => alertPlan(missing, failing))).toBe(`EVT_INVALID_OPTION ${expected}`);
  });

  it("does not change what it was given and cannot be changed itself", () => {
    const before = JSON.stringify(EXAMPLE);
    const plan = alertPlan(EXAMPLE, CONTEXT);
    expect(JSON.stringify(EXAMPLE)).toBe(before);
    expect([plan, plan.rules, plan.rules[0], plan.channels[0], plan.delivery].every(Object.isFrozen)).toBe(true);
  });
});
