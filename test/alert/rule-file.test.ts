/** One rule, from what people write to the checked form; each kind. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSpan, spanText } from "../../src/alert/spans.ts";
import { createEvent } from "../../src/event/parse.ts";
import { ruleOf, ruleTroubles, troublesOf } from "./plan-setup.ts";

const select = { event_type: "node_error" };

describe("rule", () => {
  it("has the documented defaults", () => {
    const { when, ...rest } = ruleOf({ select });
    expect(rest).toEqual({
      id: "mine",
      description: null,
      enabled: true,
      groupBy: ["source.node_id", "event_type"],
      severity: "level",
      forMs: 0,
      groupWaitMs: null,
      groupIntervalMs: 300_000,
      repeatIntervalMs: 14_400_000,
      resolveAfterMs: 900_000,
      resolveWhen: null,
      sendResolved: true,
      burst: 1,
      receivers: ["ops"],
      oneOff: false,
      maxKeys: 10_000,
    });
    expect(when).toMatchObject({ kind: "match", select: { selector: select } });
  });

  it("takes everything that can be written", () => {
    const written = {
      description: "two\n  lines",
      enabled: false,
      groupBy: ["rule", "source.node_id", "source.node_id"],
      severity: "critical",
      for: "1m",
      groupWait: "0s",
      groupInterval: "1h30m",
      repeatInterval: "1d",
      resolveAfter: "never",
      resolveWhen: { event_type: "node_start" },
      sendResolved: false,
      burst: 3,
      oneOff: true,
      maxKeys: 5,
    };
    expect(ruleOf({ select, ...written })).toMatchObject({
      description: "two lines",
      enabled: false,
      groupBy: ["source.node_id"],
      severity: "critical",
      forMs: 60_000,
      groupWaitMs: 0,
      groupIntervalMs: 5_400_000,
      repeatIntervalMs: 86_400_000,
      resolveAfterMs: null,
      resolveWhen: { selector: { event_type: "node_start" } },
      sendResolved: false,
      burst: 3,
      oneOff: true,
      maxKeys: 5,
    });
  });

  it("has the severity of the event's level, and at least the one it names", () => {
    expect(ruleOf({ select, severity: "at-least-error" })).toMatchObject({
      severity: "level",
      severityAtLeast: "error",
    });
    const level = ruleTroubles({ kind: "ledger", counter: "c", severity: "at-least-error" });
    expect(level).toEqual([
      expect.stringMatching(/^rules\[0\]\.severity: ledger has no event whose level tells; use one/),
    ]);
  });

  it("calls its group forEach, for_each and groupBy alike", () => {
    for (const key of ["forEach", "for_each", "groupBy", "group_by"])
      expect(ruleOf({ select, [key]: "source.workcell_id" }).groupBy).toEqual(["source.workcell_id"]);
    expect(ruleTroubles({ select, forEach: "alert", groupBy: "alert" })).toEqual([
      "rules[0].forEach: means the same as rules[0].groupBy; keep one",
    ]);
  });

  it("does not let the type part what a rule must see together", () => {
    const span = { within: "10m" };
    expect(ruleOf({ kind: "absence", select, ...span }).groupBy).toEqual(["source.node_id"]);
    expect(ruleOf({ kind: "ratio", select: {}, bad: select, over: 0.1, ...span }).groupBy).toEqual(["source.node_id"]);
    expect(ruleOf({ select, resolveWhen: { event_type: "node_start" } }).groupBy).toEqual(["source.node_id"]);
    expect(ruleOf({ kind: "ledger", counter: "future" }).groupBy).toEqual([]);
  });

  it("takes defaults of its own", () => {
    const defaults = { groupBy: "alert", groupWait: "1s", burst: 2, resolveAfter: "never", receivers: "ops" };
    expect(ruleOf({ select, burst: 4 }, { defaults })).toMatchObject({
      groupBy: ["alert"],
      groupWaitMs: 1_000,
      burst: 4,
      resolveAfterMs: null,
    });
  });

  it("keeps the matcher ready to run", () => {
    const { when } = ruleOf({ select: { event_timestamp: { $gte: "2025-01-01" } } });
    const matches = when.kind === "match" ? when.select.matches : () => undefined;
    expect(matches(createEvent({ event_timestamp: "2025-01-01T05:59:59Z" }))).toBe(false);
    expect(matches(createEvent({ event_timestamp: "2025-01-01T06:00:00Z" }))).toBe(true);
  });
});

describe("kinds", () => {
  it("reads threshold", () => {
    const expected = { kind: "threshold", count: 5, withinMs: 600_000 };
    expect(ruleOf({ kind: "threshold", select, count: 5, within: "10m" }).when).toMatchObject(expected);
    expect(ruleOf({ kind: "threshold", select, threshold: 5, within: "10m" }).when).toMatchObject(expected);
    expect(ruleTroubles({ kind: "threshold", select })).toEqual([
      "rules[0].count: is missing; it says how many events, like 5",
      "rules[0].within: is missing; it says in how long, like 10m",
    ]);
  });

  it("reads ratio, as a part or in per cent", () => {
    const rule = { kind: "ratio", select: {}, bad: { event_type: "action_failed" }, within: "1h" };
    expect(ruleOf({ ...rule, over: "20%" }).when).toMatchObject({
      kind: "ratio",
      over: 0.2,
      minSamples: 10,
      withinMs: 3_600_000,
    });
    expect(ruleOf({ ...rule, over: 0.2, minSamples: 3 }).when).toMatchObject({ over: 0.2, minSamples: 3 });
    for (const over of [1, "100%", -1, "many", Number.NaN])
      expect(ruleTroubles({ ...rule, over })).toEqual([
        "rules[0].over: must be a part like 0.2 or 20%, from 0 to below 1",
      ]);
  });

  it("reads absence, with what is under way written out or in short", () => {
    const rule = { kind: "absence", select, within: "2m", forEach: ["source.node_id"] };
    expect(ruleOf(rule).when).toMatchObject({
      kind: "absence",
      withinMs: 120_000,
      during: null,
      forgetMs: 604_800_000,
    });
    const from = { event_type: "workcell_start" };
    const until = { event_type: "workcell_stop" };
    const written = { while: { after: from, until, equal: "source.workcell_id" } };
    expect(ruleOf({ ...rule, ...written }).when).toMatchObject({
      during: { from: { selector: from }, until: { selector: until }, equal: ["source.workcell_id"] },
    });
    const short = { ...rule, while: { "ledger.workcell_active": true } };
    expect(ruleOf(short).when).toMatchObject({ during: { equal: ["source.workcell_id"] } });
    const both = ruleOf({ ...short, forEach: ["source.node_id", "source.workcell_id"] }).when;
    expect(both).toMatchObject({ during: { equal: ["source.workcell_id"] } });
    const { during } = both as { during: { from: { matches: (event: unknown) => boolean } } };
    expect(during.from.matches(createEvent(from))).toBe(true);
    expect(
      during.from.matches(createEvent({ event_type: "log_info", event_data: { event_type: "workcell_start" } })),
    ).toBe(true);
    expect(during.from.matches(createEvent(until))).toBe(false);
  });

  it("refuses an absence that could never fire, and a shorthand it does not know", () => {
    const rule = { kind: "absence", select, within: "2m" };
    expect(ruleTroubles({ ...rule, forget: "1m" })).toEqual([
      "rules[0].forget: must be longer than within (2m), else it can never fire",
    ]);
    expect(ruleTroubles({ ...rule, while: { "ledger.workcel_active": true } })[0]).toMatch(
      /^rules\[0\]\.while\.ledger\.workcel_active: is not known; there are ledger\.workcell_active, /,
    );
    expect(ruleTroubles({ ...rule, while: { "ledger.workcell_active": false } })).toEqual([
      "rules[0].while.ledger.workcell_active: can only be true",
    ]);
  });

  it("reads sequence, with a fixed span or what is usual", () => {
    const rule = {
      kind: "sequence",
      after: { event_type: "action_start" },
      expect: { event_type: "action_complete" },
      join: "event_data.action_id",
    };
    expect(ruleOf({ ...rule, within: "10m" }).when).toMatchObject({
      kind: "sequence",
      select: { selector: rule.after },
      join: "event_data.action_id",
      within: { ms: 600_000 },
    });
    const usual = { times: 3, of: "event_data.action_name", atLeast: "1m", at_most: "1h" };
    expect(ruleOf({ ...rule, within: usual }).when).toMatchObject({
      within: { times: 3, of: "event_data.action_name", leastMs: 60_000, mostMs: 3_600_000 },
    });
    expect(ruleTroubles({ ...rule, within: { times: 3 } })).toEqual([
      "rules[0].within.of: is missing; it says the path of what takes equally long, like event_data.action_name",
    ]);
    expect(ruleTroubles({ ...rule, within: { ...usual, atLeast: "2h" } })).toEqual([
      "rules[0].within.at_most: must not be less than atLeast (2h)",
    ]);
  });

  it("reads novelty", () => {
    expect(ruleOf({ kind: "novelty", select, of: "event_data.exception", days: 7 }).when).toMatchObject({
      kind: "novelty",
      of: ["event_data.exception"],
      forgetMs: 7 * 86_400_000,
    });
    expect(ruleOf({ kind: "novelty", select, fingerprint: ["event_type"], forget: "2d" }).when).toMatchObject({
      of: ["event_type"],
      forgetMs: 2 * 86_400_000,
    });
    expect(ruleOf({ kind: "novelty", select }).when).toMatchObject({
      of: ["event_type", "event_data.message"],
      forgetMs: 30 * 86_400_000,
    });
  });

  it("reads ledger, which no event tells about", () => {
    expect(ruleOf({ kind: "ledger", counter: "future", over: 10 })).toMatchObject({
      when: { kind: "ledger", counter: "future", over: 10 },
      severity: "error",
    });
    expect(ruleTroubles({ kind: "ledger", counter: "future", severity: "from-level" })).toEqual([
      "rules[0].severity: ledger has no event whose level tells; use one of info, warning, error, critical",
    ]);
  });

  it("says which kind takes a key that is out of place", () => {
    expect(ruleTroubles({ select, within: "5m" })).toEqual([
      "rules[0].within: rules of kind match do not take it; those of kind threshold, ratio, absence, sequence do",
    ]);
    expect(ruleTroubles({ kind: "thresold", select })).toEqual([
      "rules[0].kind: must be one of match, threshold, ratio, absence, sequence, novelty, ledger; did you mean threshold?",
    ]);
    expect(troublesOf({ rules: { a: 1 } })).toEqual(["rules: must be a list of rules, each with an id"]);
  });
});

describe("spans", () => {
  it("are read as people write them", () => {
    const rows = {
      "30s": 30_000,
      "5m": 300_000,
      "4h": 14_400_000,
      "7d": 604_800_000,
      "500ms": 500,
      "1h30m": 5_400_000,
      "1.5h": 5_400_000,
      "1h 30m": 5_400_000,
      "0": 0,
    };
    for (const [text, ms] of Object.entries(rows)) expect([text, parseSpan(text)]).toEqual([text, ms]);
    for (const text of [
      "",
      "5",
      "m",
      "5 minutes",
      "-5m",
      "5M",
      "1e3s",
      "5mm",
      " ",
      null,
      5,
      Number.NaN,
      `${"9".repeat(400)}s`,
    ])
      expect(parseSpan(text)).toBeUndefined();
  });

  it("come back the same from their text", () => {
    fc.assert(fc.property(fc.nat({ max: 400 * 86_400_000 }), (ms) => parseSpan(spanText(ms)) === ms));
  });
});
