/** Lint of inhibitions: over the fields of incidents, and never both ways. */
import { describe, expect, it } from "vitest";
import { lintAlerts } from "../../src/alert/lint.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import { around, CONTEXT, troublesOf } from "./plan-setup.ts";

const select = { event_type: "node_error" };

describe("lint of inhibitions", () => {
  it("checks inhibitions over the fields of incidents", () => {
    const good = {
      source: { rule: "a", "labels.x": 1 },
      target: { severity: "error", state: "firing" },
      equal: ["source.node_id"],
    };
    const rules = [{ id: "a", select }];
    expect(lintAlerts(around({ rules, inhibit: [good] }), CONTEXT)).toEqual([]);
    const pair = { source: "event_data.node_name", target: "event_data.step_node" };
    const paired = [{ ...good, equal: ["source.workcell_id", pair] }];
    const named = alertPlan(around({ rules, inhibit: paired }), CONTEXT).inhibit;
    expect(named).toMatchObject([
      { equal: ["source.workcell_id", pair.source], targetEqual: ["source.workcell_id", pair.target] },
    ]);
    expect(troublesOf({ rules, inhibit: [{ ...good, equal: [{ source: "a..b" }] }] })).toEqual([
      "inhibit[0].equal[0].source: is no path; write it like source.workcell_id",
      "inhibit[0].equal[0].target: is missing",
    ]);
    expect(troublesOf({ inhibit: [{ source: { $where: 1 }, equal: ["a..b"] }] })).toEqual([
      expect.stringMatching(/^inhibit\[0\]\.source\.\$where: /),
      "inhibit[0].target: is missing; it selects incidents",
      "inhibit[0].equal[0]: is no path; write it like source.workcell_id",
    ]);
    expect(troublesOf({ inhibit: [{ ...good, source: { sevrity: "x" } }] }, "warning")).toEqual([
      expect.stringMatching(/^inhibit\[0\]\.source: there is no field sevrity to match; did you mean severity\?/),
    ]);
  });

  it("refuses rules, severities, states and paths that no incident has, and names the nearest", () => {
    const rules = [{ id: "node-eror", select }];
    const source = { rule: { $in: ["node-error", "node-eror"] }, state: "fireing" };
    const target = { $or: [{ severity: "criticl" }, { rule: { $ne: "pump" } }] };
    const equal = ["sorce.node_id", { source: "source.nod_id", target: "labels.event_data.x" }];
    expect(troublesOf({ rules, labPack: true, inhibit: [{ source, target, equal }] })).toEqual([
      "inhibit[0].source: there is no state fireing; did you mean firing?",
      expect.stringMatching(/^inhibit\[0\]\.target: there is no rule pump; there are alert-flag, .*, …$/),
      "inhibit[0].target: there is no severity criticl; did you mean critical?",
      "inhibit[0].equal[0]: incidents have no field sorce; did you mean source?",
      "inhibit[0].equal[1].source: sources have no field nod_id; did you mean node_id?",
    ]);
    expect(troublesOf({ rules, inhibit: [{ source: { rule: "node-erorr" }, target: {} }] })).toEqual([
      "inhibit[0].source: there is no rule node-erorr; did you mean node-eror?",
    ]);
  });

  it("only warns of a built-in rule that is left out", () => {
    const part = { rules: [{ id: "a", select }], inhibit: [{ source: { rule: "node-loss" }, target: { rule: "a" } }] };
    expect(troublesOf(part)).toEqual([]);
    expect(troublesOf(part, "warning")).toEqual([
      "inhibit[0].source: the built-in rule node-loss is left out (labPack: false)",
    ]);
  });

  it("warns of two inhibitions that keep each other quiet", () => {
    const rules = ["a", "b", "c"].map((id) => ({ id, select }));
    const warnings = (...inhibit: object[]) => troublesOf({ rules, inhibit }, "warning");
    const one = { source: { rule: "a" }, target: { rule: { $in: ["b", "c"] } }, equal: ["source.node_id"] };
    const back = { source: { rule: "b" }, target: { rule: { $ne: "b" } } };
    const told =
      "inhibit[1]: together with inhibit[0], two incidents keep each other quiet for ever (like those of a and b)";
    expect(warnings(one, back)).toEqual([`${told}; leave one out, or make its source or target narrower`]);
    expect(warnings(one, { ...back, source: { rule: "b", severity: "critical" } })).toHaveLength(1);
    expect(warnings(one, { source: { rule: "b" }, target: { rule: "c" } })).toEqual([]);
    expect(warnings(one)).toEqual([]);
    expect(warnings({ source: {}, target: {} }, { source: {}, target: {} })).toEqual([]);
    const [stop, error] = [{ event_type: "workcell_stop" }, { event_type: "node_error" }];
    expect(warnings({ source: stop, target: error }, { source: error, target: stop })).toEqual([
      expect.stringMatching(
        /^inhibit\[1\]: together with inhibit\[0\], two incidents keep each other quiet for ever; /,
      ),
    ]);
  });
});
