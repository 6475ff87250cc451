import { afterEach, describe, expect, it } from "vitest";
import { closeChannels, openChannels } from "../../src/alert/channels.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import type { Channel } from "../../src/alert/notification.ts";
import type { AlertPlan, ChannelPlan } from "../../src/alert/plan.ts";
import { CONTEXT, planOf } from "./http-receiver.ts";

const open: Channel[] = [];
afterEach(() => closeChannels(open.splice(0)));

const MAIL: ChannelPlan = {
  type: "email",
  name: "mail-ops",
  to: ["lab@example.org", "chief@example.org"],
  importance: "High",
  smtp: {
    ...{ host: "localhost", port: 25, tls: "none", user: null, password: null, rejectUnauthorized: true },
    ...{ connections: 5, messagesPerConnection: 100, connectMs: 1000, greetingMs: 1000, socketMs: 1000 },
    from: "events@example.org",
  },
};

function planWith(channels: readonly ChannelPlan[]): AlertPlan {
  return {
    ...{ mode: "native", rules: [], inhibit: [], receivers: [], channels, severityFromLevel: new Map(), maxSamples: 5 },
    stormPerMinute: 1000,
    delivery: {
      attempts: 12,
      backoff: { baseMs: 15_000, factor: 2, maxMs: 1_800_000, jitter: 0.2 },
      breaker: { failures: 5, openForMs: 60_000 },
      perRecipient: { perHour: 20, perDay: 100, criticalPerHour: 5 },
      concurrency: { email: 5, webhook: 7 },
      timeoutMs: 30_000,
    },
    digest: { cron: "0 * * * *", timezone: "UTC", minSeverity: "warning" },
    ...{ quietHours: null, publicUrl: null, lease: { ttlMs: 15_000, renewMs: 5000 }, timezone: "UTC" },
    ...{ awaitDeliveryMs: null, redact: [], templates: {} },
  };
}

function opened(channels: readonly ChannelPlan[], own: readonly Channel[] = []): Map<string, Channel> {
  const made = openChannels(planWith(channels), { clock: CONTEXT.clock, own });
  open.push(...made.values());
  return made;
}

describe("openChannels", () => {
  it("makes each channel of a plan, and adds those of the host", () => {
    const hook = planOf("https://hooks.example.org/x");
    const pager = { ...planOf("", { type: "pagerduty", secret: "key" }), name: "pager" };
    const lamp = functionChannel("lamp", { send: async () => {} });
    const made = opened([MAIL, hook, pager], [lamp]);
    expect([...made].map(([name, { type, recipients, concurrency }]) => [name, type, recipients, concurrency])).toEqual(
      [
        ["mail-ops", "email", ["lab@example.org", "chief@example.org"], 5],
        ["hook", "webhook", ["hooks.example.org"], 7],
        ["pager", "pagerduty", ["events.pagerduty.com"], 7],
        ["lamp", "function", ["lamp"], 5],
      ],
    );
    expect(made.get("lamp")).toBe(lamp);
  });

  it("refuses a name that is used twice", () => {
    const own = [functionChannel("hook", { send: async () => {} })];
    expect(() => opened([planOf("https://hooks.example.org/x")], own)).toThrow(
      /channels\.hook: this name is used twice/,
    );
  });

  it("closes all, even when one cannot be", async () => {
    const closed: string[] = [];
    const send = async () => {};
    const stuck = functionChannel("stuck", { send, close: () => Promise.reject(new Error("no")) });
    const fine = functionChannel("fine", { send, close: () => void closed.push("fine") });
    await closeChannels([stuck, fine]);
    expect(closed).toEqual(["fine"]);
  });
});
