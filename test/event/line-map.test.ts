import { describe, expect, it } from "vitest";
import { fieldsMapper } from "../../src/event/line.ts";
import { levelTable } from "../../src/event/line-level.ts";
import { checkMap, compileMap } from "../../src/event/line-map.ts";

const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const OTHER = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const NOW = "2025-01-02T03:04:05Z";

function map(templates: Record<string, string>, fields: Record<string, unknown>) {
  const { edit } = compileMap(templates, levelTable({ notice: 20 }));
  return fieldsMapper({ levelMap: { notice: 20 } }, { time: () => NOW, edit }).fields(fields);
}

describe("fields", () => {
  it("sets every field a template may name", () => {
    const templates = {
      event_type: "job_{what}",
      log_level: "{severity}",
      alert: "true",
      event_timestamp: "{at}",
      trace_id: "{ids.trace}",
      span_id: "s-{ids.span}",
      "source.node_id": "{node}",
      "event_data.job": "{ids}",
      "event_data.place.room.door": "{n}",
    };
    const fields = { what: "Start", severity: "WARN", at: 1735787045, ids: { trace: "t", span: 2 }, node: NODE, n: 7 };
    expect(map(templates, fields)).toEqual({
      event_type: "job_start",
      log_level: 30,
      alert: true,
      event_timestamp: NOW,
      trace_id: "t",
      span_id: "s-2",
      source: { node_id: NODE },
      event_data: { ...fields, job: fields.ids, place: { room: { door: 7 } } },
    });
  });

  it("wins over what the line says itself", () => {
    const event = map(
      { "source.node_id": "{other}", event_type: "b" },
      { node_id: NODE, other: OTHER, event_type: "a" },
    );
    expect(event).toMatchObject({ source: { node_id: OTHER }, event_type: "b" });
  });

  it("names an untyped event by the level it is given", () => {
    expect(map({ log_level: "error" }, { level: 30 })).toMatchObject({ log_level: 40, event_type: "log_error" });
    expect(map({ log_level: "error" }, { event_type: "log_info" })).toMatchObject({ event_type: "log_info" });
  });

  it.each([
    ["log_level", "loud", 20],
    ["log_level", "30", 30],
    ["log_level", "35", 20],
    ["log_level", "notice", 20],
    ["alert", "maybe", undefined],
    ["event_type", "two words", "log"],
    ["event_type", "{gone}", "log"],
    ["event_timestamp", "yesterday", NOW],
    ["trace_id", "a\u0000b", undefined],
    ["trace_id", "\ud800", undefined],
    ["trace_id", "{n}", undefined],
  ])("sets %s by %j to %j", (field, template, expected) => {
    expect(map({ [field]: template }, { n: 1 })[field as "alert"]).toEqual(expected);
  });

  it("leaves a source that is no ULID, and a place below what is no object", () => {
    const event = map(
      { "source.node_id": "nope", "event_data.a.b": "x", "event_data.l.0": "x" },
      { a: "text", l: [1] },
    );
    expect(event).toMatchObject({ source: {}, event_data: { a: "text", l: [1] } });
  });

  it("does not touch the parsed line", () => {
    const fields = { ctx: { a: 1 } };
    expect(map({ "event_data.ctx.b": "2" }, fields).event_data).toEqual({ ctx: { a: 1, b: "2" } });
    expect(fields).toEqual({ ctx: { a: 1 } });
  });
});

describe("checkMap", () => {
  it.each([
    ["event_typ"],
    ["_id"],
    ["source"],
    ["source.ip"],
    ["source.node_id.x"],
    ["event_data"],
    ["event_data."],
    ["event_data.a..b"],
    ["event_data.__proto__.x"],
    ["toString"],
    ["event_type.x"],
  ])("refuses the target %j", (target) => {
    expect(() => checkMap({ [target]: "x" })).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
    expect(() => checkMap({ [target]: "x" })).toThrow(target);
  });

  it("refuses malformed templates and other things than texts, naming the entry", () => {
    expect(() => checkMap({ event_type: "{" })).toThrow(/event_type.*lone/);
    expect(() => checkMap({ event_type: 7 as unknown as string })).toThrow(/event_type.*text/);
    expect(() => checkMap([] as never)).toThrow("map must be an object");
    expect(() => checkMap(null as never)).toThrow("map must be an object");
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`event_data.k${i}`, "x"]));
    expect(() => checkMap(many)).toThrow(/more than 100/);
  });

  it("takes a map of nothing", () => {
    expect(() => checkMap({})).not.toThrow();
  });
});
