/**
 * Two server processes on one MongoDB database: a stream of either tells what both stored, and what MADSci's Python
 * server stored beside them; and when one of them dies, the other goes on from its cursor.
 */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/event/id.ts";
import { type Served, serve } from "../fault/server.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase, rawClient } from "../helpers/mongo.ts";

const PATIENCE_MS = 20_000;

/** Frames of a server-sent stream, as they come. */
class Stream {
  readonly ids: string[] = [];
  /** Names of all other frames. */
  readonly others: string[] = [];
  cursor = "";
  readonly #response: IncomingMessage;
  #rest = "";

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    response.on("error", () => {});
  }

  /** Resolves when everything older has been told. */
  static async open({ url }: Served, query = "", headers: Record<string, string> = {}): Promise<Stream> {
    const [response] = await once(get(`${url}/v1/events/stream${query}`, { headers }), "response");
    expect(response.statusCode).toBe(200);
    const stream = new Stream(response);
    await until(() => stream.others.includes("live"));
    return stream;
  }

  close(): void {
    this.#response.destroy();
  }

  #take(text: string): void {
    const frames = (this.#rest + text).split("\n\n");
    this.#rest = frames.pop() ?? "";
    for (const frame of frames) {
      const fields = new Map(frame.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
      this.cursor = fields.get("id") ?? this.cursor;
      const name = fields.get("event");
      if (name === "event") this.ids.push(JSON.parse(fields.get("data") ?? "")._id);
      else if (name) this.others.push(name);
    }
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds() && performance.now() < deadline) await sleep(10);
}

async function post({ url }: Served, events: number): Promise<string[]> {
  const ids = Array.from({ length: events }, () => newId());
  const body = JSON.stringify(ids.map((event_id) => ({ event_id, event_type: "node_start" })));
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v1/events`, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  return ids;
}

describe.skipIf(mongoSkip)("two servers on one MongoDB database", () => {
  const database = newDatabase();
  let servers: Served[] = [];
  let client: MongoClient;
  beforeAll(async () => {
    const env = { EVENT_DATABASE_NAME: database };
    client = await rawClient();
    servers = [await serve(String(mongoUrl), { env }), await serve(String(mongoUrl), { env })];
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.end("SIGKILL")));
    await client?.close();
    await dropDatabase(database);
  });

  /** What MADSci's Python server inserts: no fields of ours, a naive timestamp. */
  async function storePython(events: number): Promise<string[]> {
    const event_timestamp = new Date().toISOString().slice(0, -1);
    const fields = { event_type: "node_start", log_level: 20, alert: false, event_timestamp, source: {} };
    const docs = Array.from({ length: events }, () => ({ _id: newId(), ...fields, event_data: { from: "python" } }));
    await client.db(database).collection<{ _id: string }>("events").insertMany(docs);
    return docs.map(({ _id }) => _id);
  }

  it("tell on either what both and a Python server store, once", async () => {
    const streams = await Promise.all(servers.map((server) => Stream.open(server)));
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const stored = await Promise.all([...servers.map((server) => post(server, 3)), storePython(1)]);
      ids.push(...stored.flat());
    }
    for (const stream of streams) {
      await until(() => stream.ids.length >= ids.length);
      expect(stream.ids.toSorted()).toEqual(ids.toSorted());
      expect(stream.others).toEqual(["live"]);
      stream.close();
    }
  });

  it("tell only what matches", async () => {
    const [first, second] = servers as [Served, Served];
    const stream = await Stream.open(first, `?selector=${encodeURIComponent('{"event_data.from":"python"}')}`);
    await post(second, 2);
    const ids = await storePython(2);
    await post(second, 2);
    await until(() => stream.ids.length >= 2);
    expect(stream.ids).toEqual(ids);
    stream.close();
  });

  it("take over a stream from each other, and nothing is missed", async () => {
    const [first, second] = servers as [Served, Served];
    const stream = await Stream.open(first);
    const seen = await post(first, 5);
    await until(() => stream.ids.length >= 5);
    await first.end("SIGKILL");
    const missed = [...(await post(second, 5)), ...(await storePython(2))];
    const again = await Stream.open(second, "", { "last-event-id": stream.cursor });
    const later = await post(second, 3);
    await until(() => later.every((id) => again.ids.includes(id)));
    expect(again.ids).toEqual(expect.arrayContaining([...missed, ...later]));
    expect(again.others).not.toContain("gap");
    expect(stream.ids).toEqual(seen);
    again.close();
  });
});
