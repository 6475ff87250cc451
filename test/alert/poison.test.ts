/** A mistake of ours in judging one event holds up nothing else. */
import { expect, it } from "vitest";
import { startAlerts } from "../../src/alert/engine.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import type { Rule } from "../../src/alert/rule.ts";
import { EventStore } from "../../src/store/store.ts";

const OPTIONS = {
  labPack: false,
  defaults: { groupWait: "0s" },
  receivers: { ops: ["lamp"] },
  rules: [
    { id: "a", select: { event_type: "a" } },
    { id: "b", select: { event_type: "b" } },
  ],
};

/** The rule, but judging the event `poison` goes wrong once it was marked. */
function mistaken(rule: Rule): Rule {
  if (rule.id !== "a" || rule.when.kind !== "match") return rule;
  const { select } = rule.when;
  let asked = 0;
  const matches: typeof select.matches = (event) => {
    if (event._id === "poison" && asked++ > 0) throw new TypeError("a mistake");
    return select.matches(event);
  };
  return { ...rule, when: { kind: "match", select: { ...select, matches } } };
}

it("leaves an event that cannot be judged behind, with a word and a count, and judges the others", async () => {
  await using store = await EventStore.open("memory:", { onWarning: () => {} });
  const host = store.alertHost;
  const [told, words]: [string[], string[]] = [[], []];
  const lamp = functionChannel("lamp", { send: ({ notice }) => void told.push(notice.incident.rule) });
  const context = { naiveTimezone: host.naiveTimezone, zone: host.zone, ownChannels: ["lamp"] };
  const plan = alertPlan(OPTIONS, context);
  const rules = plan.rules.map(mistaken);
  const options = { channels: [lamp], onWarning: (word: string) => words.push(word) };
  await using alerts = await startAlerts(host, { ...plan, rules }, options);
  await store.append([
    { _id: "poison", event_type: "a" },
    { _id: "fine", event_type: "b" },
    { _id: "fine too", event_type: "a" },
  ]);
  await alerts.idle();
  expect(told.sort()).toEqual(["a", "b"]);
  expect(alerts.stats()).toMatchObject({ marks_waiting: 0, events_ignored: 1, errors: 0 });
  expect(words).toEqual([expect.stringMatching(/event poison cannot be judged by rule a.*a mistake/)]);
});
