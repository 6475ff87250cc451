/** The built-in rules: they are good configuration, see MADSci's events in both forms, and can be changed field by field. */
import { describe, expect, it } from "vitest";
import { LAB_PACK } from "../../src/alert/lab-pack.ts";
import { lintAlerts } from "../../src/alert/lint.ts";
import { compileMarker } from "../../src/alert/marker.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import type { Rule } from "../../src/alert/rule.ts";
import { severityOf } from "../../src/alert/severity.ts";
import type { EventInput } from "../../src/event/event.ts";
import { createEvent } from "../../src/event/parse.ts";
import { CONTEXT, ruleOf, troublesOf } from "./plan-setup.ts";

const channels = { hook: { type: "webhook", url: "https://h.example/" } };
const planOf = (part: object = {}, alertLevel = 40) => alertPlan({ channels, ...part }, { ...CONTEXT, alertLevel });
const idsOf = (event: EventInput, part: object = {}) => compileMarker(planOf(part).rules)(createEvent(event));
/** As log calls of MADSci 0.7 say a type. */
const wrapped = (event_type: string, level = 20, data: object = {}): EventInput => ({
  event_type: level >= 40 ? "log_error" : "log_info",
  log_level: level,
  event_data: { event_type, ...data },
});

describe("lab pack", () => {
  it("is in the form people write, and nothing is wrong with it", () => {
    expect(lintAlerts({ channels }, CONTEXT)).toEqual([]);
    const copy = JSON.parse(JSON.stringify(LAB_PACK));
    expect(lintAlerts({ channels, labPack: false, rules: copy }, CONTEXT)).toEqual([]);
    const [own, pack] = [alertPlan({ channels, labPack: false, rules: copy }, CONTEXT), planOf()];
    expect(own.rules.map(({ id }) => id).sort()).toEqual(pack.rules.map(({ id }) => id).sort());
  });

  it("covers what the design promises", () => {
    const ids = LAB_PACK.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining([
        "node-loss",
        "node-silent",
        "node-error",
        "workflow-failed",
        "workflow-aborted",
        "step-failed",
        "manager-error",
        "hanging-action",
        "manager-silent",
        "event-drops",
        "clock-skew",
        "disk-low",
        "backup-failed",
        "retention-failed",
        "dead-letter",
        "alerting-behind",
      ]),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    ["node-error", { event_type: "node_error", log_level: 40 }],
    ["node-error", wrapped("node_error", 40)],
    ["node-error", wrapped("node_start")],
    ["node-loss", wrapped("node_status_update", 40, { node_name: "pf400", error: "x" })],
    ["workflow-failed", wrapped("workflow_complete", 20, { workflow_status: "failed" })],
    ["workflow-failed", { event_type: "workflow_complete", event_data: { status: "failed" } }],
    [
      "workflow-failed",
      { event_type: "workflow_complete", event_data: { status: { failed: true, completed: false } } },
    ],
    ["workflow-aborted", { event_type: "workflow_abort" }],
    ["step-failed", wrapped("workflow_step_failed", 40)],
    ["manager-error", { event_type: "manager_error", log_level: 40 }],
    ["workcell-stopped", { event_type: "workcell_stop" }],
    ["workcell-stopped", wrapped("workcell_start")],
    ["action-failed", wrapped("action_failed", 40)],
    ["hanging-action", wrapped("action_start")],
    ["hanging-action", wrapped("action_failed", 40)],
    ["manager-silent", wrapped("manager_health_check")],
    ["event-drops", { event_type: "log_dropped", log_level: 40 }],
    ["backup-failed", { event_type: "backup_create", log_level: 40 }],
  ] as const)("lets %s see its events", (id, event) => {
    expect(idsOf(event)).toContain(id);
  });

  it("leaves ordinary events alone", () => {
    expect(idsOf({ event_type: "log_info", event_data: { message: "hello" } })).toEqual([]);
    expect(idsOf({ event_type: "workflow_complete", event_data: { status: "completed" } })).toEqual([]);
    expect(idsOf({ event_type: "workflow_complete" })).toEqual([]);
    expect(idsOf({ event_type: "backup_create", log_level: 20 })).toEqual([]);
  });
});

describe("rules that are always there", () => {
  it("are MADSci's own: the flag and the level", () => {
    const off = { labPack: false };
    expect(idsOf({ log_level: 40 }, off)).toEqual(["alert-level"]);
    expect(idsOf({ log_level: 30 }, off)).toEqual([]);
    expect(idsOf({ log_level: 10, alert: true }, off)).toEqual(["alert-flag"]);
    expect(idsOf({ log_level: 50, alert: true }, off)).toEqual(["alert-flag"]);
    expect(planOf(off).rules.map(({ id }) => id)).toEqual(["alert-flag", "alert-level"]);
    const marker = compileMarker(planOf(off, 20).rules);
    expect(marker(createEvent({ log_level: 20 }))).toEqual(["alert-level"]);
  });

  it("do not tell again what the pack tells at once", () => {
    const error = { event_type: "node_error", log_level: 40 } as const;
    expect(idsOf(error)).toEqual(["node-error"]);
    expect(idsOf({ event_type: "log_error", log_level: 40 })).toEqual(["alert-level"]);
    expect(idsOf(error, { rules: [{ id: "node-error", enabled: false }] })).toEqual(["alert-level"]);
    expect(idsOf(error, { rules: [{ id: "node-error", receivers: [] }] })).toEqual(["alert-level", "node-error"]);
    expect(idsOf(error, { rules: [{ id: "node-error", for: "5m" }] })).toEqual(["alert-level", "node-error"]);
    expect(
      idsOf(error, { rules: [{ id: "node-error", select: { event_type: "node_error", log_level: 50 } }] }),
    ).toEqual(["alert-level"]);
    const asked = { ...error, alert: true } as const;
    expect(idsOf(asked)).toEqual(["node-error"]);
    expect(idsOf({ ...error, event_type: "node_start", alert: true })).toEqual(["alert-flag", "node-error"]);
    expect(idsOf(asked, { rules: [{ id: "node-error", enabled: false }] })).toEqual(["alert-flag"]);
    expect(idsOf(asked, { rules: [{ id: "node-error", receivers: [] }] })).toEqual(["alert-flag", "node-error"]);
  });
});

describe("severity of the pack's rules", () => {
  const severityAt = (id: string, level: number, part: object = {}) => {
    const { rules, severityFromLevel } = planOf(part);
    return severityOf(rules.find((rule) => rule.id === id) as Rule, level, severityFromLevel);
  };
  it("is the event's, and never less than the rule's word", () => {
    expect([20, 30, 40, 50].map((level) => severityAt("node-error", level))).toEqual([
      ...["error", "error", "error", "critical"],
    ]);
    expect([20, 40, 50].map((level) => severityAt("step-failed", level))).toEqual(["warning", "error", "critical"]);
  });

  it("is what somebody writes in its place, also when that is less", () => {
    const rules = [{ id: "node-error", severity: "info" }];
    expect([20, 50].map((level) => severityAt("node-error", level, { rules }))).toEqual(["info", "info"]);
  });
});

describe("a rule with the id of a built-in one", () => {
  it("changes the fields it names and keeps the others", () => {
    const { rules } = planOf({ rules: [{ id: "node-error", severity: "critical", for_each: ["source.workcell_id"] }] });
    const rule = rules.find(({ id }) => id === "node-error");
    expect(rule).toMatchObject({ severity: "critical", groupBy: ["source.workcell_id"], when: { kind: "match" } });
    expect(rule?.resolveWhen).not.toBeNull();
    expect(rules.filter(({ id }) => id === "node-error")).toHaveLength(1);
  });

  it("keeps nothing but the name where it is of another kind", () => {
    const change = {
      id: "node-error",
      kind: "threshold",
      select: { event_type: "node_error" },
      count: 3,
      within: "10m",
    };
    expect(planOf({ rules: [change] }).rules.find(({ id }) => id === "node-error")).toMatchObject({
      when: { kind: "threshold", count: 3 },
      resolveWhen: null,
      severity: "level",
    });
  });

  it("turns it off, and alert-level too", () => {
    const { rules } = planOf({
      rules: [
        { id: "node-error", enabled: false },
        { id: "alert-level", enabled: false },
      ],
    });
    const off = rules.filter(({ enabled }) => !enabled).map(({ id }) => id);
    expect(off).toEqual(
      ["alert-level", "node-error", "node-silent"].sort(
        (a, b) => rules.findIndex(({ id }) => id === a) - rules.findIndex(({ id }) => id === b),
      ),
    );
  });

  it("is told with the place where it was written, and is a rule like others without the pack", () => {
    expect(troublesOf({ labPack: true, rules: [{ id: "node-error", for: "soon" }] })).toEqual([
      "rules[0].for: must be a span like 30s, 5m, 2h or 7d",
    ]);
    expect(troublesOf({ rules: [{ id: "node-error", enabled: false }] })).toEqual([
      "rules[0].select: is missing; it says which events, like {event_type: node_error}",
    ]);
    expect(ruleOf({ select: {} }).id).toBe("mine");
  });
});

it("keeps quiet what follows from something else", () => {
  expect(planOf().inhibit.map(({ source }) => source.selector)).toEqual([
    { rule: "workcell-stopped" },
    { rule: "node-loss" },
    { rule: "node-loss" },
    { rule: "alerting-behind" },
  ]);
  expect(planOf({ labPack: false }).inhibit).toEqual([]);
  expect(planOf({ inhibit: [] }).inhibit).toEqual([]);
});
