/** What rules would have said: the engine's own words at their own times, without a database or a message. */
import { expect, it } from "vitest";
import { compatPlan } from "../../src/alert/compat-plan.ts";
import type { AlertOptions } from "../../src/alert/options.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import { simulate } from "../../src/alert/simulate.ts";
import type { StoredEvent } from "../../src/event/event.ts";
import { zoneReader } from "../../src/event/zone.ts";

const START = Date.UTC(2026, 0, 5, 12);
const OPTIONS: AlertOptions = {
  labPack: false,
  smtp: { host: "smtp.example.org", from: "events@example.org" },
  channels: { ops: { type: "email", to: ["ada@example.org", "bob@example.org"] } },
  rules: [
    {
      id: "node-error",
      select: { event_type: "node_error" },
      groupBy: ["source.node_id"],
      resolveWhen: { event_type: "node_start" },
    },
    { id: "alert-level", enabled: false },
  ],
};

const planOf = (options: AlertOptions) => alertPlan(options, { naiveTimezone: "UTC", zone: zoneReader("UTC") });

function event(seconds: number, event_type: string, change: Partial<StoredEvent> = {}): StoredEvent {
  const at = new Date(START + seconds * 1000).toISOString();
  return {
    ...{ _id: `${event_type}-${seconds}`, event_type, log_level: 40, alert: false, event_timestamp: at },
    ...{ source: {}, event_data: { message: "clot" }, trace_id: null, span_id: null },
    ...{ archived: false, archived_at: null, received_at: at, skew_ms: 0 },
    ...change,
  } as StoredEvent;
}

async function* listed(events: readonly StoredEvent[]): AsyncGenerator<StoredEvent> {
  yield* events;
}

const run = (events: readonly StoredEvent[], options = OPTIONS) =>
  simulate(listed(events), planOf(options), { fromMs: START, toMs: START + 86_400_000 });

it("tells each recipient after the group's wait, of news after its interval, and when it is over", async () => {
  const seconds = [0, 4, 8, 100, 101];
  const result = await run([...seconds.map((at) => event(at, "node_error")), event(400, "node_start")]);
  expect(result).toMatchObject({ events: 6, marked: 6, incidents: 1, further: 0, folded: 0 });
  const ada = result.notices.filter(({ recipient }) => recipient === "ada@example.org");
  expect(ada.map(({ at, occasion }) => [(Date.parse(at) - START) / 1000, occasion])).toEqual([
    [30, "firing"],
    [330, "firing"],
    [400, "resolved"],
  ]);
  expect(ada[0]?.subject).toContain("×3");
  expect(result.notices.length).toBe(6);
});

it("counts events that were imported when they happened", async () => {
  const received_at = new Date(START + 3_600_000_000).toISOString();
  const result = await run([event(0, "node_error", { received_at }), event(7200, "node_error", { received_at })]);
  const firing = result.notices.filter(({ occasion }) => occasion === "firing");
  expect(firing.map(({ at }) => Date.parse(at) - START)).toEqual([30_000, 30_000, 7_230_000, 7_230_000]);
});

it("prints the subjects that would be sent: MADSci's, and those of templates", async () => {
  const email = {
    ...{ smtp_server: "smtp.example.com", smtp_port: 587, smtp_username: null, smtp_password: null, use_tls: true },
    ...{ sender: "no-reply@example.com", default_importance: "Normal", email_addresses: ["a@example.com"] },
  };
  const span = { fromMs: START, toMs: START + 86_400_000 };
  const plan = compatPlan(email, 40, { naiveTimezone: "UTC", zone: zoneReader("UTC") });
  const { notices } = await simulate(listed([event(0, "node_error")]), plan, span);
  expect(notices[0]?.subject).toBe("ALERT (EventLogLevel.ERROR): EventType.NODE_ERROR");
  const hook = { type: "webhook", url: "https://hook.example.org" } as const;
  const told = await run([event(0, "node_error")], {
    ...OPTIONS,
    channels: { ...OPTIONS.channels, hook },
    templates: { subject: "{{ tag }}: {{ incident.rule }} of {{ receiver }}" },
  });
  const subjects = Object.fromEntries(told.notices.map(({ recipient, subject }) => [recipient, subject]));
  expect(subjects).toMatchObject({ "ada@example.org": "RESOLVED: node-error of default" });
  expect(subjects.hook).toBe("[RESOLVED] node_error");
  const broken = await run([event(0, "node_error")], { ...OPTIONS, templates: { subject: "{{ tag | nothing }}" } });
  expect(broken.notices[0]?.subject).toBe("[ERROR] node_error");
});

it("keeps the caps", async () => {
  const nodes = Array.from({ length: 40 }, (_, i) =>
    event(i, "node_error", { source: { node_id: `01ARZ3NDEKTSV4RRFFQ69G5F${10 + i}` } }),
  );
  const { notices, folded } = await run(nodes);
  const firing = notices.filter(({ occasion, recipient }) => occasion === "firing" && recipient === "ada@example.org");
  expect(firing.length).toBe(20);
  expect(folded).toBeGreaterThanOrEqual(40);
  expect(notices.filter(({ occasion }) => occasion === "digest").length).toBeGreaterThanOrEqual(2);
});
