/** Marks in documents and records beside them: what other programs see, and every way an insert can take. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMongo } from "../../../src/backend/mongo/index.ts";
import { testOptions } from "../../helpers/backends.ts";
import { mongoSkip, mongoUrl } from "../../helpers/mongo.ts";
import { TcpProxy } from "../../helpers/tcp-proxy.ts";
import { enter, type Place, prepare, RECEIVED } from "./helpers.ts";

const record = (_id: string, version = 1) => ({ _id, version, state: "s", dueMs: null, updatedMs: 1, body: { n: 1 } });

describe.skipIf(mongoSkip)("alerts", () => {
  let place: Place;
  beforeAll(async () => {
    place = await enter();
  });
  afterAll(() => place.leave());
  const documentOf = (_id: string) =>
    place.client.db(place.database).collection<{ _id: string }>("events").findOne({ _id });
  const markedIds = async (lane: string) =>
    (await place.backend.alerts.marked(lane, 100)).map(({ event }) => event._id).sort();

  it("mark in the event's document, until the last lane is done", async () => {
    await place.backend.append([prepare({ _id: "a" }), prepare({ _id: "quiet" })], RECEIVED, [
      { rules: ["r1", "r2"], hook: ["h"] },
      {},
    ]);
    const alerting = { lanes: ["rules", "hook"], m: { rules: ["r1", "r2"], hook: ["h"] } };
    expect(await documentOf("a")).toMatchObject({ alerting });
    await place.backend.alerts.unmark("rules", ["a"]);
    expect(await documentOf("a")).toMatchObject({ alerting: { lanes: ["hook"], m: { hook: ["h"] } } });
    await place.backend.alerts.unmark("hook", ["a"]);
    for (const id of ["a", "quiet"]) expect(await documentOf(id)).not.toHaveProperty("alerting");
  });

  it("go with events whose data the server refuses, and with their neighbours", async () => {
    const datas = [{ a: 1 }, { $where: 1 }, { "a.b": [[1]] }, { huge: 2n ** 70n }, { a: 2 }];
    const events = datas.map((event_data, i) => prepare({ _id: `refused-${i}`, event_data }));
    const marks = events.map((_, i) => ({ refused: [`r${i}`] }));
    await place.backend.append(events, RECEIVED, marks);
    const marked = await place.backend.alerts.marked("refused", 10);
    expect(marked.map(({ event, matched }) => [event._id, event.event_data, matched])).toEqual(
      datas.map((data, i) => [`refused-${i}`, data, [`r${i}`]]),
    );
  });

  it("go with an insert that was cut off and is sent again", async () => {
    const { hostname, port } = new URL(String(mongoUrl));
    const proxy = await TcpProxy.to(Number(port), hostname);
    const url = `mongodb://127.0.0.1:${proxy.port}/?retryWrites=false`;
    const backend = await openMongo(url, testOptions({ database: place.database }));
    let drops = 1;
    proxy.onClientData = (chunk) => (chunk.includes("insert\0") && drops-- > 0 ? "drop" : "pass");
    const outcomes = await backend.append([prepare({ _id: "again" })], RECEIVED, [{ again: ["r"] }]);
    expect(outcomes).toEqual([{ status: "stored" }]);
    expect(drops).toBeLessThan(1);
    await backend.close();
    await proxy.close();
    expect(await markedIds("again")).toEqual(["again"]);
  });

  it("lets another program's document with such a field pass for an event", async () => {
    const events = place.client.db(place.database).collection<{ _id: string }>("events");
    await events.insertOne({ _id: "foreign", alerting: "yes" } as { _id: string });
    expect(await place.backend.get("foreign")).not.toHaveProperty("alerting");
    await events.insertOne({ _id: "odd", alerting: { lanes: ["odd"] } } as { _id: string });
    expect(await place.backend.alerts.marked("odd", 5)).toMatchObject([{ event: { _id: "odd" }, matched: [] }]);
  });

  it("keep records in collections of their own, beside the events", async () => {
    await place.backend.alerts.write("groups", [record("g")]);
    const options = testOptions({ database: place.database, collection: "lab.events" });
    const other = await openMongo(String(mongoUrl), options);
    expect(await other.alerts.read("groups", ["g"])).toEqual([]);
    await other.alerts.write("groups", [record("h")]);
    await other.close();
    const db = place.client.db(place.database);
    expect(await db.collection("alert_groups").findOne({})).toMatchObject({ _id: "g", due: null, body: '{"n":1}' });
    expect(await db.collection("lab.events_alert_groups").findOne({})).toMatchObject({ _id: "h" });
  });

  it("let one of several processes change a version", async () => {
    const open = () => openMongo(String(mongoUrl), testOptions({ database: place.database }));
    const backends = await Promise.all([open(), open(), open()]);
    await place.backend.alerts.write("incidents", [record("i")]);
    for (let version = 2; version < 8; version++) {
      const won = await Promise.all(backends.map(({ alerts }) => alerts.write("incidents", [record("i", version)])));
      expect(won.flat().filter(Boolean)).toEqual([true]);
    }
    for (const backend of backends) await backend.close();
  });

  it("are read, but not changed, through a handle that is open read-only", async () => {
    await place.backend.append([prepare({ _id: "read" })], RECEIVED, [{ read: ["r"] }]);
    const options = testOptions({ database: place.database, readOnly: true });
    const { alerts, close } = await openMongo(String(mongoUrl), options).then((backend) => ({
      alerts: backend.alerts,
      close: () => backend.close(),
    }));
    expect(await alerts.marked("read", 5)).toMatchObject([{ event: { _id: "read" } }]);
    expect(await alerts.count("silences")).toBe(0);
    const refused = { code: "EVT_INVALID_OPTION", message: expect.stringContaining("read-only") };
    await expect(alerts.unmark("read", ["read"])).rejects.toMatchObject(refused);
    await expect(alerts.write("groups", [record("x")])).rejects.toMatchObject(refused);
    await expect(alerts.remove("groups", "g", 1)).rejects.toMatchObject(refused);
    await close();
  });
});
