/** Who hears that somebody has acknowledged an incident: what keeps a state of its own, and nobody else. */
import { expect, it } from "vitest";
import { act } from "../../src/alert/act.ts";
import type { Channel } from "../../src/alert/notification.ts";
import { notificationsOf, type Reach } from "../../src/alert/notify.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import { worldOf } from "../../src/alert/world.ts";
import { Bench, MINUTE, ruleOf } from "./lab.ts";
import { CONTEXT } from "./plan-setup.ts";

const channel = (name: string, type: Channel["type"]) =>
  ({ name, type, recipients: [`${name}'s`] }) as unknown as Channel;
const rule = ruleOf({ event_type: "node_error" }, { receivers: ["ops"] });
const bench = (stateful: readonly string[]) => new Bench(rule, { stateful: new Set(stateful) }).event();

function acknowledge(one: Bench): Bench {
  one.group = act(one.group, { kind: "acknowledge", by: "Ada" }, { rule, nowMs: one.nowMs });
  return one.tick();
}

it("is said once, at once, where a receiver has such a channel, and moves no other date", () => {
  const one = acknowledge(bench(["ops"]).advance(MINUTE));
  expect(one.said()).toEqual(["firing@30", "acknowledged@60"]);
  expect(one.spoken.at(-1)?.draft.incident).toMatchObject({ state: "acknowledged", acknowledged_by: "Ada" });
  one.event().advance(10 * MINUTE);
  expect(one.said()).toEqual(["firing@30", "acknowledged@60", "firing@330"]);
});

it("is not said where nobody keeps a state, nor before anybody was told", () => {
  expect(acknowledge(bench([]).advance(MINUTE)).said()).toEqual(["firing@30"]);
  expect(
    acknowledge(bench(["ops"]))
      .advance(MINUTE)
      .said()[0],
  ).toBe("firing@30");
});

it("goes to the channels that keep a state only", () => {
  const one = acknowledge(bench(["ops"]).advance(MINUTE));
  const channels = new Map([channel("mail", "email"), channel("pd", "pagerduty")].map((each) => [each.name, each]));
  const receivers = new Map([["ops", { name: "ops", channels: ["mail", "pd"], escalate: [] }]]);
  const reach: Reach = { receivers, channels, compat: false };
  const told = one.spoken.flatMap(({ draft }) => notificationsOf([draft], reach));
  expect(told.map(({ notice, recipient }) => [notice.occasion, recipient])).toEqual([
    ["firing", "mail's"],
    ["firing", "pd's"],
    ["acknowledged", "pd's"],
  ]);
});

it("concerns receivers whose escalation leads to such a channel, too", () => {
  const plan = alertPlan(
    {
      channels: {
        pd: { type: "pagerduty", secret: "R0UT1NGKEY" },
        hook: { type: "webhook", url: "https://x.example.org/" },
      },
      receivers: { a: ["hook"], b: { channels: ["hook"], escalate: [{ after: "1m", channels: ["pd"] }] }, c: ["pd"] },
    },
    CONTEXT,
  );
  expect([...worldOf(plan).stateful]).toEqual(["b", "c"]);
});
