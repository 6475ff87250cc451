/** Whatever bytes come, an event comes out that a store takes. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { newId } from "../../src/event/id.ts";
import { createMapLine, type MapLine } from "../../src/ship/map.ts";
import { EventStore } from "../../src/store/store.ts";

const SENDER = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
let store: EventStore;
let seq = 0;

beforeAll(async () => {
  store = await EventStore.open("memory:");
});
afterAll(() => store.close());

const place = () => ({ id: newId(), sender: SENDER, seq: seq++ });
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));
const nested = (levels: number, inner = "1") => `{"a":${"[".repeat(levels)}${inner}${"]".repeat(levels)}}`;
const wide = (keys: number) => `{${Array.from({ length: keys }, (_, i) => `"k${i}":${i}`).join()}}`;

const HOSTILE: readonly (readonly [string, string | Buffer])[] = [
  ["nothing", ""],
  ["text", "GET / 200"],
  ["invalid UTF-8", bytes([0xff, 0xfe, 0xc3], " text ", [0xe2, 0x82])],
  ["invalid UTF-8 in JSON", bytes('{"msg":"', [0xc3, 0x28, 0xff], '","k', [0x80], '":1}')],
  ["NUL characters", bytes("a", [0], "b")],
  ["escaped NUL everywhere", '{"\\u0000":"\\u0000","msg":"\\u0000","event_type":"a\\u0000","trace_id":"\\u0000"}'],
  ["lone surrogates everywhere", '{"\\ud800":"\\udc00","msg":"\\ud800","event_type":"\\ud800","span_id":"\\ud800"}'],
  ["a lone surrogate of a text", "\ud800{"],
  [
    "integers no double holds",
    '{"n":9007199254740993,"m":[-123456789012345678901234567890],"level":99999999999999999}',
  ],
  ["a million digits", `{"n":${"7".repeat(1_000_000)}}`],
  ["numbers beyond doubles", '{"n":1e999,"level":1e999,"time":-1e999,"alert":1e999}'],
  ["NaN and Infinity", '{"n":NaN,"m":-Infinity,"time":NaN,"level":Infinity}'],
  ["JSON that is no object", '[{"msg":1}]'],
  ["half a line", '{"level":30,"msg":"hal'],
  ["two lines in one", '{"a":1}{"b":2}'],
  [
    "prototype keys",
    '{"__proto__":{"x":1},"constructor":1,"toString":null,"hasOwnProperty":0,"source":{"__proto__":1}}',
  ],
  ["keys of queries", '{"$where":1,"$set":{"a.b":1},"a.b":{"$gt":""},".":1,"":{"":1},"$":1}'],
  ["31 levels", nested(31)],
  ["32 levels", nested(32)],
  ["1000 levels", nested(1000)],
  ["100 000 levels", nested(100_000)],
  ["levels without an end", "[".repeat(100_000)],
  ["998 keys", wide(998)],
  ["999 keys", wide(999)],
  ["60 000 keys", wide(60_000)],
  ["duplicate keys", '{"level":30,"level":50,"msg":"a","msg":"b","time":1,"time":2}'],
  [
    "wrong types",
    '{"level":{},"time":[],"msg":{},"err":0,"_id":{},"event_id":[],"source":[],"trace":{"id":{}},"alert":{}}',
  ],
  ["a time past the year 9999", '{"time":"9999-12-31T23:59:59-12:00"}'],
  ["a time before the year 1", '{"time":"0001-01-01T00:00:00+12:00"}'],
  ["long ids", `{"trace_id":"${"t".repeat(300_000)}","event_type":"${"e".repeat(200)}","_id":"${"i".repeat(300)}"}`],
  ["a long key", `{"${"k".repeat(300_000)}":1}`],
  ["much text", `{"msg":"${"m".repeat(500_000)}","more":"${"\\u0001".repeat(100_000)}"}`],
  ["many small values", `{"a":[${"0,".repeat(400_000)}0]}`],
  ["escaped quotes without an end", `{"a":"${'\\"'.repeat(400_000)}`],
  ["more than a megabyte of JSON", `{"level":50,"msg":"m","a":[${"{},".repeat(500_000)}{}]}`],
  ["more than a megabyte of control characters", "\u0001".repeat(1_100_000)],
  ["more than a megabyte of wide characters", "€".repeat(400_000)],
  ["surrogate pairs at every bound", `{"msg":"${"😀".repeat(150_000)}","a":"x${"😀".repeat(50_000)}"}`],
  ["sender and seq of its own", '{"sender":"me","seq":"one","ship_sender":1}'],
];

async function kept(map: MapLine, line: string | Uint8Array): Promise<EventInput> {
  const at = place();
  const mapped = map(line, at);
  expect(mapped.problem).toBeUndefined();
  const event = mapped.event as EventInput;
  const data = event.event_data as Record<string, unknown>;
  expect([data.sender, data.ship_sender, data.ship_ship_sender]).toContain(SENDER);
  expect([data.seq, data.ship_seq, data.ship_ship_seq]).toContain(at.seq);
  expect((await store.append([event]))[0]).toMatchObject({ status: "stored" });
  return event;
}

describe("hostile lines", () => {
  const templates = {
    event_type: "{event_type}",
    trace_id: "{msg}",
    "event_data.all": "{a}{a}",
    "event_data.deep.er.still": "{a}",
  };
  const mappings: readonly (readonly [string, MapLine])[] = [
    ["as they are", createMapLine({})],
    ["by templates", createMapLine({ map: templates })],
    ["held to 8 KiB", createMapLine({ maxEventBytes: 8192 })],
    ["by a module that changes nothing", createMapLine({}, (event) => event)],
    ["by a module that wraps them", createMapLine({}, (event, line) => ({ ...event, event_data: { line, event } }))],
  ];
  describe.each(mappings)("%s", (_name, map) => {
    it.each(HOSTILE)("stores %s", async (_what, line) => {
      const start = performance.now();
      await kept(map, line);
      await kept(map, Buffer.from(line));
      expect(performance.now() - start).toBeLessThan(5000);
    });
  });
});

/** Of each kind of line. */
const RUNS = process.env.FUZZ ? 1500 : 500;

describe("any line", () => {
  const map = createMapLine({ map: { "event_data.x.y": "{a}-{msg}", event_type: "{level}", "source.node_id": "{a}" } });
  const names = ["msg", "time", "level", "err", "source", "_id", "event_type", "trace", "alert", "node_id", "a", "seq"];
  const object = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string({ unit: "binary" })), fc.jsonValue());

  it("becomes an event, whatever bytes it is of", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (line) => {
        await kept(map, line);
      }),
      { numRuns: RUNS },
    );
  });

  it("becomes an event, however a JSON object was damaged", async () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(3)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(object, damage, async (fields, hits) => {
        let line = Buffer.from(JSON.stringify(fields));
        for (const [where, byte, gone] of hits) {
          const at = where % (line.length + 1);
          line = Buffer.concat([line.subarray(0, at), Buffer.of(byte), line.subarray(at + gone)]);
        }
        await kept(map, line);
      }),
      { numRuns: RUNS },
    );
  });
});
