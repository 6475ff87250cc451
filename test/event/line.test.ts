import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { type LineOptions, lineToEvent } from "../../src/event/line.ts";
import { parseEvent } from "../../src/event/parse.ts";

const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const OTHER = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const NOW = "2025-01-02T03:04:05Z";
const options: LineOptions = { now: () => new Date(NOW) };

function map(fields: unknown, more: LineOptions = {}): EventInput {
  return lineToEvent(JSON.stringify(fields), { ...options, ...more });
}

describe("levels", () => {
  it.each([
    [10, 10, "log_debug", false],
    [20, 10, "log_debug", false],
    [30, 20, "log_info", false],
    [40, 30, "log_warning", false],
    [50, 40, "log_error", false],
    [60, 50, "log_critical", false],
    [35, 20, "log_info", true],
    [59.5, 40, "log_error", true],
    [5, 10, "log_debug", true],
    [-1, 10, "log_debug", true],
    [1000, 50, "log_critical", true],
    ["warn", 30, "log_warning", false],
    ["FATAL", 50, "log_critical", false],
    ["notice", 20, "log", true],
    [null, 20, "log", true],
    [{ toString: 1 }, 20, "log", true],
    ["__proto__", 20, "log", true],
  ])("maps %j to %i (%s), original kept: %s", (level, expected, type, kept) => {
    const event = map({ level });
    expect([event.log_level, event.event_type]).toEqual([expected, type]);
    expect(event.event_data).toEqual(kept ? { level } : {});
  });

  it("takes the logger's own levels from levelMap, by number and by label", () => {
    const levelMap = { 35: 30, notice: 20 } as const;
    expect(map({ level: 35 }, { levelMap })).toMatchObject({ log_level: 30, event_data: { level: 35 } });
    expect(map({ level: "notice" }, { levelMap })).toMatchObject({ log_level: 20, event_type: "log_info" });
  });
});

describe("times", () => {
  it.each([
    [1735787045123, "2025-01-02T03:04:05.123000Z"],
    [1735787045, "2025-01-02T03:04:05Z"],
    ["2025-01-02T05:04:05.5+02:00", "2025-01-02T03:04:05.500000Z"],
    ["2025-01-02T03:04:05.123456789Z", "2025-01-02T03:04:05.123456Z"],
    ["1735787045123", "2025-01-02T03:04:05.123000Z"],
  ])("reads %j as %s", (time, expected) => {
    expect(map({ time })).toMatchObject({ event_timestamp: expected, event_data: {} });
  });

  it.each([["yesterday"], [null], [true], [1e300]])("keeps an unreadable time (%j) and takes the clock", (time) => {
    expect(map({ time })).toMatchObject({ event_timestamp: NOW, event_data: { time } });
  });
});

describe("message and error", () => {
  it("moves msg and err to the names MADSci uses, the stack included", () => {
    const err = { type: "RangeError", message: "too far", stack: "RangeError: too far\n    at x", axis: "z" };
    expect(map({ msg: "failed", err }).event_data).toEqual({ message: "failed", error: err });
  });

  it("keeps both where a line has both names", () => {
    const fields = { msg: "a", message: "b", err: { type: "E" }, error: "e" };
    expect(map(fields).event_data).toEqual(fields);
  });

  it("follows messageKey and errorKey", () => {
    const event = map({ text: "a", failure: "b", msg: "c" }, { messageKey: "text", errorKey: "failure" });
    expect(event.event_data).toEqual({ message: "a", error: "b", msg: "c" });
  });
});

describe("source", () => {
  it("lifts valid ids, and leaves others in event_data", () => {
    const event = map({ node_id: NODE, workflow_id: "wf-1", user_id: 7 });
    expect(event.source).toEqual({ node_id: NODE });
    expect(event.event_data).toEqual({ workflow_id: "wf-1", user_id: 7 });
  });

  it("lifts the names of sourceKeys", () => {
    const event = map({ nodeId: NODE }, { sourceKeys: { nodeId: "node_id" } });
    expect(event).toMatchObject({ source: { node_id: NODE }, event_data: {} });
  });

  it("prefers a binding to a source object, and that to the static source", () => {
    const source = { node_id: OTHER, workcell_id: OTHER, user_id: OTHER };
    const event = map({ node_id: NODE, source: { node_id: OTHER, workcell_id: NODE } }, { source });
    expect(event.source).toEqual({ node_id: NODE, workcell_id: NODE, user_id: OTHER });
    expect(event.event_data).toEqual({});
  });

  it("keeps a source object that holds more than ids", () => {
    const source = { node_id: NODE, ip: "10.0.0.1" };
    expect(map({ source })).toMatchObject({ source: { node_id: NODE }, event_data: { source } });
  });

  it("keeps a second, different id for the same field", () => {
    const event = map({ node_id: NODE, nodeId: OTHER }, { sourceKeys: { nodeId: "node_id" } });
    expect(event).toMatchObject({ source: { node_id: NODE }, event_data: { nodeId: OTHER } });
  });
});

describe("other fields", () => {
  it("sets the type of the event from event_type", () => {
    expect(map({ level: 30, event_type: "Workflow_Start" })).toMatchObject({ event_type: "workflow_start" });
    expect(map({ level: 30, event_type: "experiment_stop" })).toMatchObject({ event_type: "experiment_cancelled" });
    expect(map({ level: 30, event_type: "plate_washed" })).toMatchObject({ event_type: "plate_washed" });
  });

  it.each([["two words"], [""], [7], [null], ["EventType.TEST"]])("keeps %j, which is no type", (event_type) => {
    expect(map({ level: 30, event_type })).toMatchObject({ event_type: "log_info", event_data: { event_type } });
  });

  it("lifts alert only when it is a boolean", () => {
    expect(map({ alert: true })).toMatchObject({ alert: true, event_data: {} });
    expect(map({ alert: "maybe" })).toMatchObject({ event_data: { alert: "maybe" } });
  });

  it.each([["trace_id"], ["traceId"], ["trace.id"]])("lifts %s", (key) => {
    const event = map({ [key]: "t1", trace_flags: "01" });
    expect(event).toMatchObject({ trace_id: "t1", event_data: { trace_flags: "01" } });
  });

  it("lifts ids nested as in the Elastic Common Schema", () => {
    expect(map({ trace: { id: "t" }, span: { id: "s", more: 1 } })).toMatchObject({
      trace_id: "t",
      span_id: "s",
      event_data: { span: { id: "s", more: 1 } },
    });
  });

  it("keeps a ULID as id, _id before event_id", () => {
    expect(map({ event_id: NODE })).toMatchObject({ _id: NODE, event_data: {} });
    expect(map({ event_id: NODE, _id: OTHER })).toMatchObject({ _id: OTHER, event_data: { event_id: NODE } });
  });

  it.each([["evt_1"], [5], [""], [null]])("takes an application's own id %j for data", (id) => {
    const event = map({ event_id: id, _id: id });
    expect(event).toMatchObject({ event_data: { event_id: id, _id: id } });
    expect(event).not.toHaveProperty("_id");
  });

  it("keeps everything else unchanged, big integers and odd keys included", () => {
    const line =
      '{"level":30,"pid":1,"hostname":"h","name":"n","n":9007199254740993,"__proto__":{"a":1},"a.b":{"$c":[1]}}';
    const data = lineToEvent(line).event_data as Record<string, unknown>;
    expect(Object.keys(data)).toEqual(["pid", "hostname", "name", "n", "__proto__", "a.b"]);
    expect([data.n, data["a.b"]]).toEqual([9007199254740993n, { $c: [1] }]);
  });
});

describe("lines that are no JSON objects", () => {
  it.each([["plain text"], [""], ["[1,2]"], ["12"], ["null"], ['"x"'], ['{"level":'], ["a\u0000b"], ["\ud800"]])(
    "makes a text event of %j",
    (line) => {
      const expected = { event_type: "log", log_level: 20, event_timestamp: NOW, event_data: { message: line } };
      expect(lineToEvent(line, options)).toMatchObject(expected);
    },
  );

  it.each([
    [null, "null"],
    [undefined, "undefined"],
    [12n, "12"],
    [[1, "a"], '[1,"a"]'],
    [() => 1, "function"],
  ])("makes a text event of the value %s", (value, message) => {
    expect(lineToEvent(value, options)).toMatchObject({ event_type: "log", event_data: { message } });
  });
});

describe("objects", () => {
  it("copies what JSON can say and names what it cannot", () => {
    const cycle: Record<string, unknown> = { level: 50, big: 1n, when: new Date(0), call: () => 1, gone: undefined };
    cycle.self = cycle;
    Object.defineProperty(cycle, "bad", {
      enumerable: true,
      value: {
        toJSON: () => {
          throw new Error("no");
        },
      },
    });
    const event = lineToEvent(cycle, options);
    const data = {
      big: 1n,
      when: "1970-01-01T00:00:00.000Z",
      call: "[function]",
      self: "[circular]",
      bad: "[unreadable]",
    };
    expect(event).toMatchObject({ log_level: 40, event_data: data });
  });

  it("gives an Error the shape of pino's serializer", () => {
    const error = Object.assign(new RangeError("far", { cause: new Error("why") }), { axis: "z" });
    expect(lineToEvent({ err: error }, options).event_data).toMatchObject({
      error: { type: "RangeError", message: "far", stack: error.stack, axis: "z", cause: { message: "why" } },
    });
  });

  it("bounds what it copies", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 10_000; i++) deep = [deep];
    const wide = Array.from({ length: 40 }).reduce((inner: unknown) => [inner, inner], {});
    expect(JSON.stringify(lineToEvent({ deep, wide })).length).toBeLessThan(1_000_000);
  });
});

describe("any input", () => {
  const keys = ["msg", "time", "level", "err", "source", "_id", "event_type", "trace", "alert", "node_id", "message"];
  const line = fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string({ unit: "binary" })), fc.anything());

  it("never throws, and always makes an event that parses", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.anything({ withBigInt: true, withDate: true }),
      line,
    );
    fc.assert(
      fc.property(anything, (input) => {
        const limits = { maxBytes: 1e9, maxDepth: 1000, maxKeys: 1e6 };
        expect(() => parseEvent(lineToEvent(input), { limits })).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it("never throws on hostile objects", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    for (const input of [proxy, trap, { proxy, trap }, { level: trap }, "[".repeat(100_000), Object.create(null)]) {
      expect(() => lineToEvent(input)).not.toThrow();
    }
  });
});
