/** What is appended comes back exactly, whatever the server can hold. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseJson } from "../../../src/event/json.ts";
import { mongoServer, mongoSkip } from "../../helpers/mongo.ts";
import { enter, find, idsOf, type Place, prepare, RECEIVED, selectorOf } from "./helpers.ts";

/** Name → JSON text of `event_data`, and where it has to rest as text on every server. */
const PAYLOADS: Readonly<Record<string, readonly [text: string, unfit?: "unfit"]>> = {
  "an empty object": ["{}"],
  null: ["null"],
  true: ["true"],
  text: ['"text"'],
  "empty text": ['""'],
  "a number": ["1.5"],
  zero: ["0"],
  "an array": ['[1,"a",null,[],{}]'],
  "an object": ['{"b":1,"a":{"c":[{"d":2}]}}'],
  "keys that look like indices": ['{"1":"b","0":"a","x":{"10":1}}'],
  "int32 bounds": ["[2147483647,-2147483648,2147483648,-2147483649]"],
  "safe integers": ["[9007199254740991,-9007199254740991]"],
  "integers beyond doubles": ['{"a":9007199254740993,"b":-9007199254740993}'],
  "int64 bounds": ["[9223372036854775807,-9223372036854775808]"],
  "integers beyond int64": ['{"a":9223372036854775808,"b":-123456789012345678901234567890}', "unfit"],
  "large and small doubles": ["[1e308,-1e308,5e-324,1.7976931348623157e308,1e21,1e20,1.2345678901234567e17]"],
  "doubles beside integers beyond int64": ["[1e20,1e16,123456789012345678901,0.1]", "unfit"],
  "a dotted key": ['{"a.b":{"c.d":1}}'],
  "a dollar key": ['{"$set":{"a":1},"a":{"$":1,"$date":2}}'],
  "keys the driver reads as its own": ['{"_bsontype":"ObjectId","toBSON":1,"$ref":"x","$id":1}', "unfit"],
  "an empty key": ['{"":{"":1}}'],
  "a key with NUL": ['{"a\\u0000b":1}', "unfit"],
  "text with NUL and control characters": ['"a\\u0000b\\u0007\\u2028"'],
  "names of JavaScript": ['{"__proto__":{"x":1},"constructor":2,"toString":3,"hasOwnProperty":4}'],
  "wide integers under __proto__": ['{"__proto__":{"x":5000000000}}'],
  "nested arrays": ["[[1,[2,[]]],[[]]]"],
  "lone surrogates in text": ['["\\ud800","a\\udc00b"]', "unfit"],
  "lone surrogates in keys": ['{"\\ud800":1}', "unfit"],
  "characters beyond the first plane": ['{"😀":"𝄞","～":"é"}'],
  "text that looks like extended JSON": ['{"date":{"$date":"2025-01-01"},"oid":{"$oid":"65a1b2c3d4e5f60718293a4b"}}'],
  "nesting of 30": [`${'{"a":['.repeat(15)}1${"]}".repeat(15)}`],
  "fields of an event": ['{"_id":1,"ts":2,"archived":true,"event_data":{},"event_data_json":"x"}'],
};

describe.skipIf(mongoSkip)(`payloads on ${mongoServer}`, () => {
  let place: Place;
  beforeAll(async () => {
    place = await enter();
  });
  afterAll(() => place.leave());

  it.each(Object.entries(PAYLOADS))("come back exactly: %s", async (name, [text]) => {
    const sent = prepare({ _id: name, event_data: parseJson(text) });
    expect(await place.backend.append([sent], RECEIVED)).toEqual([{ status: "stored" }]);
    const read = await place.backend.get(name);
    expect(read?.event_data).toEqual(sent.event.event_data);
    expect(JSON.stringify(keysOf(read?.event_data))).toBe(JSON.stringify(keysOf(sent.event.event_data)));
    const [again] = await place.backend.append([sent], RECEIVED);
    expect(again).toMatchObject({ status: "duplicate", existing: { event_data: sent.event.event_data } });
  });

  it("that BSON cannot hold are counted and warned of once", async () => {
    const other = await enter();
    const unfit = Object.entries(PAYLOADS).filter(([, [, kind]]) => kind === "unfit");
    const batch = unfit.map(([name, [text]]) => prepare({ _id: name, event_data: parseJson(text) }));
    await other.backend.append([prepare({ _id: "plain" }), ...batch], RECEIVED);
    expect(other.backend.stats().opaque).toBe(unfit.length);
    expect(other.warnings).toHaveLength(1);
    expect(await other.backend.count({ selector: selectorOf() })).toBe(unfit.length + 1);
    await other.leave();
  });

  it("that rest as text are found by what is in them", async () => {
    const where = { "event_data.a": 9223372036854775808n };
    expect(idsOf(await find(place.backend, { where }))).toEqual(["integers beyond int64"]);
    const nested = { "event_data.0.0": 1 };
    expect(idsOf(await find(place.backend, { where: nested }))).toEqual(["nested arrays"]);
    const others = { $nor: [{ "event_data.a.c": { $exists: true } }], _id: { $in: ["an object", "nested arrays"] } };
    expect(idsOf(await find(place.backend, { where: others }))).toEqual(["nested arrays"]);
  });

  it("are MADSci's document with its fields first", async () => {
    const sent = prepare({ _id: "shape", event_timestamp: "2025-05-31T23:59:59.999999", event_data: { wide: 5e9 } });
    await place.backend.append([sent], RECEIVED);
    const events = place.client.db(place.database).collection<Record<string, unknown>>("events");
    const raw = await events.findOne({ _id: "shape" as never }, { promoteValues: false });
    expect(Object.keys(raw ?? {})).toEqual([
      ...["_id", "event_type", "log_level", "alert", "event_timestamp", "source", "event_data", "trace_id", "span_id"],
      ...["archived", "archived_at", "ts", "received_at", "skew_ms"],
    ]);
    const types = (doc: object) => Object.values(doc).map((value) => (value as { _bsontype?: string })?._bsontype);
    expect(
      types({
        a: raw?.log_level,
        b: raw?.ts,
        c: raw?.skew_ms,
        d: (raw?.event_data as { wide?: unknown } | undefined)?.wide,
      }),
    ).toEqual([...["Int32", "Long", "Int32", "Long"]]);
    expect(String(raw?.ts)).toBe("1748735999999999");
    expect(raw?.received_at).toEqual(new Date("2025-06-01T00:00:00Z"));
  });
});

/** Keys of every object in their order, `__proto__` included. */
function keysOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.keys(value).map((key) => [key, keysOf(Object.getOwnPropertyDescriptor(value, key)?.value)]);
}
