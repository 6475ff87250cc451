import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { newId } from "../../src/event/id.ts";
import { createMapLine, loadMapModule, type MapModule, type Mapping } from "../../src/ship/map.ts";

const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const OTHER = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const place = { id: "01JGJ0Q000ABCDEFGHJKMNPQRS", sender: OTHER, seq: 7 };
const stood = { sender: OTHER, seq: 7 };

function map(fields: unknown, mapping: Mapping = {}, module?: MapModule) {
  const line = typeof fields === "string" ? fields : JSON.stringify(fields);
  return createMapLine(mapping, module)(line, place);
}
const dataOf = (mapped: { event: EventInput | undefined }) => mapped.event?.event_data as Record<string, unknown>;

describe("a line", () => {
  it("becomes an event with its place, from text and from bytes", () => {
    const line = '{"level":40,"time":1735787045123,"msg":"häß","volume":2}\r';
    const expected = {
      event: {
        _id: place.id,
        event_type: "log_warning",
        log_level: 30,
        event_timestamp: "2025-01-02T03:04:05.123000Z",
        source: {},
        event_data: { message: "häß", volume: 2, ...stood },
      },
      truncated: false,
      unparseable: false,
    };
    expect(map(line)).toEqual(expected);
    expect(createMapLine({})(Buffer.from(line), place)).toEqual(expected);
    expect(createMapLine({})(new Uint8Array(Buffer.from(line)), place)).toEqual(expected);
  });

  it("keeps a ULID of its own as id", () => {
    expect(map({ event_id: NODE }).event).toMatchObject({ _id: NODE });
    expect(map({ event_id: "e1" }).event).toMatchObject({ _id: place.id });
  });

  it.each([
    [{ sender: "x" }, { sender: "x", ship_sender: OTHER, ship_seq: 7 }],
    [{ seq: 1 }, { seq: 1, ship_sender: OTHER, ship_seq: 7 }],
    [
      { seq: 1, ship_seq: 2 },
      { seq: 1, ship_seq: 2, ship_ship_sender: OTHER, ship_ship_seq: 7 },
    ],
  ])("keeps sender and seq of its own: %j", (fields, data) => {
    expect(dataOf(map(fields))).toEqual(data);
  });

  it("without a time is as old as its id, so that it is the same event each time", () => {
    const line = () => createMapLine({})("text", { ...place, id: newId(1735787045123) }).event;
    expect(line()).toMatchObject({ event_timestamp: "2025-01-02T03:04:05.123000Z" });
    expect(map("text")).toEqual(map("text"));
  });

  it("that is no JSON object is its text, and counted", () => {
    expect(map("plain\r")).toMatchObject({
      event: { event_type: "log", log_level: 20, event_data: { message: "plain", ...stood } },
      unparseable: true,
    });
    expect(createMapLine({})(Buffer.from([0x61, 0xff]), place).event).toMatchObject({
      event_data: { message: "a\ufffd" },
    });
    expect(map('{"level":3').unparseable).toBe(true);
  });

  it("follows the options of the logger", () => {
    const mapping: Mapping = {
      source: { lab_id: OTHER },
      sourceKeys: { node: "node_id" },
      levelMap: { 35: 30, loud: 40 },
      messageKey: "text",
      errorKey: "failure",
      map: { event_type: "{kind}_done" },
    };
    const mapped = map({ level: 35, node: NODE, text: "t", failure: { type: "E" }, kind: "Wash" }, mapping);
    expect(mapped.event).toMatchObject({ event_type: "wash_done", log_level: 30 });
    expect(mapped.event?.source).toEqual({ lab_id: OTHER, node_id: NODE });
    expect(dataOf(mapped)).toEqual({ message: "t", error: { type: "E" }, level: 35, kind: "Wash", ...stood });
    expect(map({ level: "loud" }, mapping).event).toMatchObject({ log_level: 40 });
    expect(map({ level: 36 }, mapping).event).toMatchObject({ log_level: 20, event_data: { level: 36 } });
  });

  it("refuses a malformed map at once", () => {
    expect(() => createMapLine({ map: { nope: "x" } })).toThrow(
      expect.objectContaining({ code: "EVT_INVALID_OPTION" }),
    );
  });
});

describe("a module", () => {
  const line = { level: 30, msg: "m", n: 1 };
  const before = map(line).event;

  it("has the last word, but not on where the line stood", () => {
    const module: MapModule = (event, parsed) => {
      expect(parsed).toEqual(line);
      return { ...event, _id: "mine", event_type: "Done", event_data: { a: 1, seq: 99 } };
    };
    expect(map(line, {}, module)).toEqual({
      event: { ...before, event_type: "done", event_data: { a: 1, ...stood } },
      truncated: false,
      unparseable: false,
    });
  });

  it("may give another ULID, and take optional fields away", () => {
    const { event } = map({ ...line, trace_id: "t" }, {}, () => ({ _id: NODE }));
    const { event_type, log_level, event_timestamp } = before as EventInput;
    expect(event).toEqual({ _id: NODE, event_type, log_level, event_timestamp, event_data: stood });
  });

  it("is given the text of a line that is no JSON", () => {
    expect(dataOf(map("text", {}, (_event, given) => ({ event_data: given })))).toEqual({ value: "text", ...stood });
  });

  it("drops an event by null", () => {
    expect(map(line, {}, () => null)).toEqual({ event: undefined, truncated: false, unparseable: false });
  });

  it("leaves an event as it was by undefined, even after changing it", () => {
    const spoil: MapModule = (event) => {
      Object.assign(event, { log_level: 25, event_data: 1 });
      return undefined;
    };
    expect(map(line, {}, spoil)).toEqual({ event: before, truncated: false, unparseable: false });
  });

  it.each([
    ["throws", () => raise(new Error("broken")), /mapModule failed: broken/],
    ["throws nothing", () => raise(undefined), /mapModule failed/],
    ["throws what has no text", () => raise(Object.create(null)), /mapModule failed/],
    ["answers a promise", () => Promise.reject(new Error("late")), /promise/],
    ["answers an array", () => [], /must answer/],
    ["answers a text", () => "event", /must answer/],
    ["answers a function", () => () => 1, /must answer/],
    ["answers an error", () => new Error("no"), /an error: no/],
  ])("that %s is a problem, and the event as it was", (_what, module, problem) => {
    const mapped = map(line, {}, module as unknown as MapModule);
    expect(mapped).toMatchObject({ event: before, problem: expect.stringMatching(problem) });
  });

  it.each([
    [{ event_type: "two words" }],
    [{ log_level: 25 }],
    [{ event_timestamp: "now" }],
    [{ alert: "maybe" }],
    [{ source: { node_id: "n1" } }],
    [{ trace_id: 5 }],
  ])("that answers %j keeps the field as mapped and is a problem", (wrong) => {
    const mapped = map(line, {}, (event) => Object.assign(event, wrong) as EventInput);
    expect(mapped).toMatchObject({ event: before, problem: expect.stringContaining(Object.keys(wrong)[0] as string) });
  });

  it("may answer what is no JSON", () => {
    const cycle: Record<string, unknown> = { when: new Date(0), big: 2n ** 70n, call: () => 1 };
    cycle.self = cycle;
    const mapped = map(line, {}, (event) => ({ ...event, event_timestamp: new Date(0), event_data: cycle }));
    expect(mapped.event?.event_timestamp).toBe("1970-01-01T00:00:00Z");
    const data = { when: "1970-01-01T00:00:00.000Z", big: 2n ** 70n, call: "[function]", self: "[circular]" };
    expect(dataOf(mapped)).toEqual({ ...data, ...stood });
  });
});

function raise(what: unknown): never {
  throw what;
}

describe("loadMapModule", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "map module "));
    await writeFile(join(folder, "good.mjs"), "export default (event) => event;");
    await writeFile(join(folder, "common.cjs"), "exports.__esModule = true; exports.default = (event) => event;");
    await writeFile(join(folder, "none.mjs"), "export const map = 1;");
    await writeFile(join(folder, "broken.mjs"), "throw new Error('at load');");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("loads by path and by URL, ESM and CommonJS", async () => {
    expect(await loadMapModule(join(folder, "good.mjs"))).toBeTypeOf("function");
    expect(await loadMapModule(pathToFileURL(join(folder, "good.mjs")).href)).toBeTypeOf("function");
    expect(await loadMapModule(join(folder, "common.cjs"))).toBeTypeOf("function");
  });

  it.each([
    ["none.mjs", /function as its default export/],
    ["broken.mjs", /cannot be loaded: at load/],
    ["absent.mjs", /cannot be loaded/],
  ])("refuses %s", async (name, message) => {
    const error = { code: "EVT_INVALID_OPTION", message: expect.stringMatching(message) };
    await expect(loadMapModule(join(folder, name))).rejects.toMatchObject(error);
  });

  it("refuses a relative path", async () => {
    await expect(loadMapModule("./good.mjs")).rejects.toThrow(/mapModule must be an absolute path/);
  });
});
