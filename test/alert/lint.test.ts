/** Lint finds all troubles, each with its place and the way out, and nothing where there is none. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neverHolds } from "../../src/alert/contradiction.ts";
import { lintAlerts } from "../../src/alert/lint.ts";
import { createEvent } from "../../src/event/parse.ts";
import { compileMatcher } from "../../src/event/selector/matches.ts";
import { parseSelector } from "../../src/event/selector/parse.ts";
import { arbitraryEventInput, arbitrarySelector } from "../helpers/selectors.ts";
import { around, CONTEXT, EXAMPLE, ruleTroubles, troublesOf } from "./plan-setup.ts";

const select = { event_type: "node_error" };

describe("lint", () => {
  it("has nothing to say about a good configuration", () => {
    expect(lintAlerts(EXAMPLE, CONTEXT)).toEqual([]);
    expect(lintAlerts(around({}), CONTEXT)).toEqual([]);
  });

  it("lists all troubles at once", () => {
    const troubles = troublesOf({
      rules: [{ select }, { id: "b c", select }, { id: "d" }, { id: "e", select, severity: "grave" }],
      publicUrl: "events.lab",
      timezone: "Mars/Base",
    });
    expect(troubles).toEqual([
      "timezone: is no known time zone; write it like Europe/Berlin or UTC",
      "rules[0].id: is missing; give the rule a name of letters, digits and dashes",
      "rules[1].id: must be letters, digits and dashes, at most 64",
      "rules[2].select: is missing; it says which events, like {event_type: node_error}",
      "rules[3].severity: must be one of info, warning, error, critical, from-level, level, at-least-warning, at-least-error",
      "publicUrl: must be a URL that begins with https:// (or http://)",
    ]);
  });

  it("knows what a mistyped key meant", () => {
    expect(ruleTroubles({ select, recievers: ["ops"] })).toEqual([
      "rules[0].recievers: is not known here; did you mean receivers?",
    ]);
    expect(troublesOf({ chanels: {} })).toEqual(["chanels: is not known here; did you mean channels?"]);
    expect(troublesOf({ delivery: { attemps: 3, zzz: 1 } })).toEqual([
      "delivery.attemps: is not known here; did you mean attempts?",
      "delivery.zzz: is not known here",
    ]);
    expect(ruleTroubles({ select, groupWait: "1s", group_wait: "2s" })).toEqual([
      "rules[0].group_wait: stands twice, also as groupWait; keep one",
    ]);
  });

  it("finds ids that stand twice, and more rules than are allowed", () => {
    expect(
      troublesOf({
        rules: [
          { id: "a", select },
          { id: "a", select },
        ],
      }),
    ).toEqual(["rules[1].id: a is the id of rules[0] already; each rule has its own"]);
    const many = Array.from({ length: 4 }, (_, i) => ({ id: `r${i}`, select, enabled: i > 0 }));
    expect(troublesOf({ rules: many, evaluate: { maxRules: 4 } })).toEqual([
      "rules: 5 rules are more than evaluate.maxRules (4), built-in ones included",
    ]);
  });

  it("finds receivers and channels that are not there, and channels nobody uses", () => {
    expect(ruleTroubles({ select, receivers: ["opps"] })).toEqual([
      "rules[0].receivers[0]: there is no receiver opps; did you mean ops?",
    ]);
    expect(
      troublesOf({ receivers: { ops: { channels: ["hok"], escalate: [{ after: "15m", channels: "nobody" }] } } }),
    ).toEqual([
      "receivers.ops.channels[0]: there is no channel hok; did you mean hook?",
      "receivers.ops.escalate[0].channels: there is no channel nobody",
    ]);
    expect(
      troublesOf(
        {
          channels: {
            hook: { type: "webhook", url: "https://h.example/" },
            spare: { type: "webhook", url: "https://s.example/" },
          },
        },
        "warning",
      ),
    ).toEqual(["channels.spare: is used by no receiver"]);
  });

  it("warns where nobody is told", () => {
    expect(troublesOf({ receivers: { ops: ["hook"], none: [] }, defaults: { receivers: "ops" } }, "warning")).toEqual([
      "receivers.none: has no channels, so nobody is told",
    ]);
    const undecided = { receivers: { a: ["hook"], b: ["hook"] }, rules: [{ id: "mine", select }] };
    expect(troublesOf(undecided, "warning")).toContain(
      "rules[0].receivers: nobody is told; name receivers here or in defaults.receivers, or write [] where that is meant",
    );
    expect(ruleTroubles({ select, receivers: [] }, "warning")).toEqual([]);
    expect(troublesOf({ receivers: { a: ["hook"], b: ["hook"] } }, "warning")).toEqual([
      "defaults.receivers: is missing, so built-in rules tell nobody; name some of a, b",
    ]);
    expect(lintAlerts({ rules: [{ id: "mine", select }] }, CONTEXT)).toEqual([
      { path: "channels", level: "warning", message: "there are none; incidents can be looked at, but nobody is told" },
    ]);
  });

  it("passes on what the guard of selectors refuses, with the place", () => {
    expect(ruleTroubles({ select: { $where: "1" } })[0]).toMatch(
      /^rules\[0\]\.select\.\$where: operator "\$where" is not supported/,
    );
    expect(ruleTroubles({ select: { $or: [{ log_level: { $near: 1 } }] } })[0]).toMatch(
      /^rules\[0\]\.select\.\$or\[0\]\.log_level\.\$near: /,
    );
    expect(ruleTroubles({ select: { "event_data.m": { $regex: "(" } } })[0]).toMatch(
      /^rules\[0\]\.select\.event_data\.m/,
    );
    expect(ruleTroubles({ select: "node_error" })[0]).toMatch(/^rules\[0\]\.select: a selector must be an object/);
  });

  it.each([
    { event_type: { $in: [] } },
    { $and: [{ event_type: "node_error" }, { event_type: "node_start" }] },
    { event_type: "node_error", $nor: [{}] },
    { log_level: { $gt: 50 } },
    { log_level: 35 },
    { alert: "yes" },
    { archived: true },
    { event_type: { $in: ["a", "b"], $nin: ["b", "a"] } },
    { "source.node_id": { $in: [null], $gt: "" } },
    { $or: [{ log_level: 5 }, { $and: [{ alert: true }, { alert: false }] }] },
  ])("finds that no event can match %j", (impossible) => {
    expect(ruleTroubles({ select: impossible })).toEqual([
      "rules[0].select: can never match: its conditions contradict each other",
    ]);
  });

  it("finds bad events that are none of the events", () => {
    const rule = {
      kind: "ratio",
      select: { event_type: "action_complete" },
      bad: { event_type: "action_failed" },
      over: 0.2,
      within: "1h",
    };
    expect(ruleTroubles(rule)).toEqual([
      "rules[0].bad: can never match what select accepts; select must accept the bad events and the good ones",
    ]);
  });

  it("warns of fields and types that look mistaken", () => {
    expect(ruleTroubles({ select: { node_id: "x" } }, "warning")).toEqual([
      "rules[0].select: there is no field node_id to match; did you mean source.node_id?",
    ]);
    expect(ruleTroubles({ select: { temperature: { $gt: 90 } } }, "warning")).toEqual([
      "rules[0].select: there is no field temperature to match; a field of the sender's own data is written event_data.temperature",
    ]);
    expect(
      ruleTroubles({ select: { event_type: { $in: ["NODE_ERROR", "node_eror", "clot_seen"] } } }, "warning"),
    ).toEqual([
      "rules[0].select: event types are lower case: node_error instead of NODE_ERROR",
      "rules[0].select: no known event type is node_eror; did you mean node_error?",
    ]);
    expect(ruleTroubles({ select, groupBy: ["node_id", "source.nodeid", "a..b"] })).toEqual([
      "rules[0].groupBy[0]: events have no field node_id; did you mean source.node_id?",
      "rules[0].groupBy[1]: sources have no field nodeid; did you mean node_id?",
      "rules[0].groupBy[2]: is no path: a path must not have empty segments",
    ]);
  });

  it("warns of an event that could never resolve its group", () => {
    const rule = { select, resolveWhen: { event_type: "node_start" } };
    expect(ruleTroubles(rule, "warning")).toEqual([]);
    expect(ruleTroubles({ ...rule, groupBy: ["source.node_id", "event_type"] }, "warning")).toEqual([
      "rules[0].resolveWhen: never resolves anything: the rule groups by event_type, and this is another type; leave it out of groupBy",
    ]);
  });

  it("never calls a selector impossible that an event matches", () => {
    fc.assert(
      fc.property(arbitrarySelector(), arbitraryEventInput(), (written, input) => {
        const root = parseSelector(written, { naiveTimezone: CONTEXT.naiveTimezone });
        const isMatch = compileMatcher(root, CONTEXT.zone)(createEvent(input));
        return !(isMatch && neverHolds(root.root, CONTEXT.zone));
      }),
      { numRuns: process.env.FUZZ ? 20_000 : 1_000 },
    );
  });

  it("warns of spans out of order, once", () => {
    expect(ruleTroubles({ select, groupWait: "10m" }, "warning")).toEqual([
      "rules[0].groupWait: the first notice waits longer (groupWait 10m) than later ones (groupInterval 5m)",
    ]);
    expect(troublesOf({ defaults: { repeatInterval: "1m" }, rules: [{ id: "a", select }] }, "warning")).toEqual([
      "defaults.repeatInterval: groupInterval (5m) is longer than repeatInterval (1m)",
    ]);
    expect(ruleTroubles({ select, groupWait: "2d" })).toEqual([
      "rules[0].groupWait: must be a span from 0s to 1d, not 2d",
    ]);
    expect(troublesOf({ leases: { ttl: "5s", renew: "4s" } })).toEqual([
      "leases.renew: must be at most half of ttl, so that one renewal may fail",
    ]);
  });

  it("checks cron lines, zones and times of day", () => {
    expect(
      troublesOf({ digest: { cron: "61 * * * *", tz: "Europe/Berln" }, quietHours: { from: 22, to: "24:00" } }),
    ).toEqual([
      "digest.tz: is no known time zone; write it like Europe/Berlin or UTC",
      "digest.cron: is no cron line of minute, hour, day, month and weekday; write it like 0 * * * * (every full hour)",
      'quietHours.from: must be a time of day in quotes, like "22:00"',
      'quietHours.to: must be a time of day in quotes, like "22:00"',
    ]);
    expect(troublesOf({ digest: { cron: "0 0 30 2 *" } })).toEqual([
      "digest.cron: never comes true; write it like 0 * * * * (every full hour)",
    ]);
  });

  it("does not look secrets up where nobody can", () => {
    const { secret: _, ...context } = CONTEXT;
    expect(lintAlerts(EXAMPLE, context)).toEqual([]);
    const hook = { channels: { hook: { type: "slack", urlRef: "env:ANY" } } };
    expect(troublesOf(hook, "error", context)).toEqual([]);
  });

  it("never throws, whatever is written", () => {
    const names =
      "rules channels receivers smtp delivery defaults digest quietHours inhibit id select kind within type to url while of equal source target __proto__";
    const keys = fc.constantFrom(...names.split(" "));
    const words = fc.constantFrom<unknown>(
      "match",
      "threshold",
      "sequence",
      "absence",
      "email",
      "webhook",
      "5m",
      "a@b.example",
      "https://x.example",
      "env:X",
      "\u0000",
      null,
      0,
      -1,
      true,
      [],
      {},
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        words,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 4 }),
        fc.anything(),
      ),
    }));
    fc.assert(
      fc.property(tree, (written) => {
        for (const { path, message } of lintAlerts(written, CONTEXT)) {
          expect(typeof path).toBe("string");
          expect(message).not.toBe("");
        }
      }),
      { numRuns: process.env.FUZZ ? 10_000 : 300 },
    );
  });
});
