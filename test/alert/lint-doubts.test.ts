/** Lint of slips: words that are right by themselves and hardly meant. */
import { describe, expect, it } from "vitest";
import { KNOWN_COUNTERS } from "../../src/alert/lint.ts";
import { EventStore } from "../../src/store/store.ts";
import { ruleTroubles, troublesOf } from "./plan-setup.ts";

describe("lint of slips", () => {
  it("knows the counters there are", async () => {
    await using store = await EventStore.open("memory:", { onWarning: () => {} });
    expect(KNOWN_COUNTERS).toEqual(expect.arrayContaining(Object.keys(store.stats())));
    const rule = { kind: "ledger", over: 0, receivers: "ops" };
    for (const counter of KNOWN_COUNTERS) expect(ruleTroubles({ ...rule, counter }, "warning")).toEqual([]);
    expect(ruleTroubles({ ...rule, counter: "conflict" }, "warning")).toEqual([
      "rules[0].counter: nobody here counts conflict; did you mean conflicts?",
    ]);
    expect(ruleTroubles({ ...rule, counter: "spool" }, "warning")).toEqual([
      expect.stringMatching(/^rules\[0\]\.counter: nobody here counts spool; there are stored, /),
    ]);
  });

  it.each([
    [{ log_level: { $gte: "ERROR" } }, '40 instead of "ERROR"'],
    [{ log_level: "critical" }, '50 instead of "critical"'],
    [{ log_level: { $nin: ["DEBUG", 20] } }, '10 instead of "DEBUG"'],
    [{ $or: [{ event_type: "node_error" }, { log_level: { $not: { $lt: "40" } } }] }, '40 instead of "40"'],
    [{ log_level: { $gt: "bad" } }, '0, 10, 20, 30, 40 or 50 instead of "bad"'],
  ])("refuses a level in words with the number to write: %j", (select, words) => {
    expect(ruleTroubles({ select })).toEqual([`rules[0].select: log_level is a number here; write ${words}`]);
  });

  it("warns of fields no source has", () => {
    const select = { event_type: "node_error", $nor: [{ "source.nodeid": "x" }] };
    expect(ruleTroubles({ select }, "warning")).toContain(
      "rules[0].select: sources have no field nodeid to match; did you mean node_id?",
    );
    expect(ruleTroubles({ select: { "source.node_id": "x" }, receivers: "ops" }, "warning")).toEqual([]);
  });

  it("names the built-in rule a misspelt id probably means", () => {
    expect(troublesOf({ rules: [{ id: "node-eror", enabled: false }] }, "warning")).toContain(
      "rules[0].id: no built-in rule is called node-eror; did you mean node-error?",
    );
    expect(troublesOf({ labPack: true, rules: [{ id: "node-error", enabled: false }] }, "warning")).toEqual([]);
  });
});
