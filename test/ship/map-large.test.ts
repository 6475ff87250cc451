/** What becomes of a line that is too large for an event, or too large to be parsed. */
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { createMapLine, type MapModule, type Mapping } from "../../src/ship/map.ts";

const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const OTHER = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const place = { id: "01JGJ0Q000ABCDEFGHJKMNPQRS", sender: OTHER, seq: 7 };
const stood = { sender: OTHER, seq: 7 };

function map(fields: unknown, mapping: Mapping = {}, module?: MapModule) {
  const line = typeof fields === "string" ? fields : JSON.stringify(fields);
  return createMapLine(mapping, module)(line, place);
}
const dataOf = (mapped: { event: EventInput | undefined }) => mapped.event?.event_data as Record<string, unknown>;

describe("a large line", () => {
  it("loses the end of its longest texts only", () => {
    const mapped = map({ msg: "m".repeat(2000), a: { b: "€".repeat(150_000) }, c: "c".repeat(100_000), n: 1 });
    expect(mapped).toMatchObject({ truncated: true, unparseable: false });
    const data = dataOf(mapped) as { message: string; a: { b: string }; c: string; n: number };
    expect([data.message.length, data.c.length, data.n]).toEqual([2000, 100_000, 1]);
    const [, kept = "", gone] = /^(€+)…\[truncated (\d+) bytes\]$/.exec(data.a.b) ?? [];
    expect(kept.length * 3 + Number(gone)).toBe(450_000);
    const bytes = Buffer.byteLength(JSON.stringify(mapped.event));
    expect(bytes).toBeLessThanOrEqual(262_144);
    expect(bytes).toBeGreaterThan(250_000);
  });

  it("keeps within maxEventBytes", () => {
    const mapped = map({ msg: "x".repeat(50_000), a: "é".repeat(50_000) }, { maxEventBytes: 20_000 });
    expect(Buffer.byteLength(JSON.stringify(mapped.event))).toBeLessThanOrEqual(20_000);
    expect(dataOf(mapped)).toMatchObject({ message: expect.stringMatching(/truncated/), ...stood });
    expect(map({ msg: "x".repeat(10_000) }, { maxEventBytes: 20_000 }).truncated).toBe(false);
  });

  it("of too many keys, levels or small values is its message, its leading fields and its beginning", () => {
    const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]));
    const line = JSON.stringify({ level: 50, node_id: NODE, msg: "m", line: 9, sender: "own", ...keys });
    expect(map(line)).toMatchObject({ truncated: true, event: { log_level: 40, source: { node_id: NODE } } });
    const { message, k0, k979, ...data } = dataOf(map(line));
    expect([message, k0, k979]).toEqual(["m", 0, 979]);
    expect(Object.keys(data).length).toBeLessThan(1000);
    expect(data).toMatchObject({
      truncated: { reason: "too many keys or levels", bytes: line.length },
      line,
      ...stood,
    });
    expect(dataOf(map({ a: Array(150_000).fill(0), n: 1, s: "t" }))).toEqual({
      ...{ n: 1, s: "t", line: expect.any(String), ...stood },
      truncated: { reason: "too many bytes", bytes: expect.any(Number) },
    });
    let deep: unknown = 1;
    for (let i = 0; i < 40; i++) deep = { deep };
    expect(dataOf(map({ deep, o: { a: [1] }, n: 1 }))).toMatchObject({ o: { a: [1] }, n: 1 });
    expect(dataOf(map({ deep }))).not.toHaveProperty("deep");
  });

  it("of too many values stays within maxEventBytes and the store's keys with its leading fields", () => {
    const small = Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`k${i}`, { a: "\u0001".repeat(20) }]));
    for (const maxEventBytes of [8192, 20_000, 262_144]) {
      const text = `{"msg":"m","a":${JSON.stringify(small)},"b":${JSON.stringify(Object.values(small))},`;
      for (const more of [`"n":1,"x":[${"{},".repeat(2000)}{"a":1}]}`, `"t":"${"\u0001".repeat(1_100_000)}"}`]) {
        const { event, truncated } = map(text + more, { maxEventBytes }, (given) => given);
        expect(truncated).toBe(true);
        expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(maxEventBytes);
        expect((dataOf({ event }).truncated as { bytes: number }).bytes).toBe(Buffer.byteLength(text + more));
      }
    }
  });

  it("of more than a megabyte is not parsed, but has level, time, message and id where it begins with them", () => {
    const head = `{"level":50,"time":1735787045123,"event_id":"${NODE}","msg":"m","x":"`;
    const line = `${head}${"€".repeat(400_000)}"}`;
    const mapped = map(line);
    expect(mapped).toMatchObject({
      truncated: true,
      unparseable: false,
      event: { _id: NODE, log_level: 40, event_timestamp: "2025-01-02T03:04:05.123000Z" },
    });
    expect(dataOf(mapped)).toMatchObject({
      message: "m",
      truncated: { reason: "too many bytes", bytes: Buffer.byteLength(line) },
      ...stood,
    });
    expect(dataOf(mapped).line).toMatch(/^\{"level":50,.*€$/);
    expect(createMapLine({})(Buffer.from(line), place).event).toMatchObject({ _id: NODE, log_level: 40 });
  });

  it("of more than a megabyte keeps what pino writes first, and the message it writes last", () => {
    const first = { level: 50, time: 1735787045123, pid: 1, node: NODE, user_id: OTHER, trace_id: "t1", kind: "Wash" };
    const line = JSON.stringify({ ...first, req: { id: 1 }, n: 1030, t: "é".repeat(600_000), text: 'do"ne' });
    const mapping: Mapping = {
      sourceKeys: { node: "node_id" },
      messageKey: "text",
      map: { event_type: "{kind}_done" },
    };
    const mapped = map(line, mapping);
    expect(mapped).toMatchObject({
      ...{ truncated: true, unparseable: false },
      event: { event_type: "wash_done", log_level: 40, source: { node_id: NODE, user_id: OTHER }, trace_id: "t1" },
    });
    expect(dataOf(mapped)).toEqual({
      ...{ message: 'do"ne', pid: 1, kind: "Wash", req: { id: 1 }, n: 1030, ...stood },
      truncated: { reason: "too many bytes", bytes: Buffer.byteLength(line) },
      line: line.slice(0, 32_768),
    });
    expect(createMapLine(mapping)(Buffer.from(`${line}\r`), place).event).toMatchObject({
      event_data: { message: 'do"ne', n: 1030 },
    });
  });

  it.each([
    ["an integer no double holds", `"n":9007199254740993,"a":"${"x".repeat(300_000)}"`, "too many bytes"],
    ["NaN", `"n":NaN,"a":"${"x".repeat(300_000)}"`, "too many bytes"],
    ["2000 levels", `"a":[${"[".repeat(2000)}${"]".repeat(2000)},"${"x".repeat(70_000)}"]`, "too many keys or levels"],
  ])("with %s is only looked into", (_what, more, reason) => {
    const mapped = map(`{"level":50,"msg":"m",${more}}`);
    expect(mapped).toMatchObject({ truncated: true, unparseable: false, event: { log_level: 40 } });
    expect(dataOf(mapped)).toMatchObject({ message: "m", truncated: { reason }, ...stood });
  });

  it("of text says how it begins", () => {
    const mapped = map("t".repeat(2_000_000));
    expect(mapped).toMatchObject({ truncated: true, unparseable: true, event: { event_type: "log" } });
    const { message, line, ...rest } = dataOf(mapped) as { message: string; line: string };
    expect([message.length, line.length]).toEqual([4096, 32_768]);
    expect(rest).toMatchObject(stood);
  });
});
