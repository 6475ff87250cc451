/** The HTTP sink and our own server, over real sockets. */
import { afterEach, describe, expect, it } from "vitest";
import { createServer, type RestOptions } from "../../src/rest/index.ts";
import { httpSink } from "../../src/ship/http-sink.ts";
import { EventStore } from "../../src/store/store.ts";
import { events, stored } from "./http-fakes.ts";

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function manager(options: Partial<RestOptions> = {}) {
  const store = await EventStore.open("memory:", { naiveTimezone: "UTC", onWarning: () => {} });
  const app = createServer({ store, onError: () => {}, ...options });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const sink = httpSink({ url });
  open.push(sink, app, store);
  return { store, send: (some = events(1)) => sink.send(some, new AbortController().signal) };
}

describe("an Event Manager", () => {
  it("stores a batch, and says of each event what became of it", async () => {
    const { store, send } = await manager();
    const at = { event_timestamp: "2026-01-01T00:00:00Z" };
    const [one, two] = events(2).map((event) => ({ ...event, ...at })) as [object, object];
    expect(await send([one, two])).toEqual([stored, stored]);
    const invalid = { _id: "bad", log_level: 7 as never };
    expect(await send([one, { ...two, event_data: 7 }, invalid, { _id: "new" }])).toEqual([
      { status: "stored", duplicate: true },
      { status: "conflict" },
      { status: "rejected", reason: expect.stringContaining("log_level") },
      stored,
    ]);
    expect(await store.count()).toBe(3);
  });

  it("stores thousands at once, compressed", async () => {
    const { store, send } = await manager();
    const verdicts = await send(events(5000));
    expect(verdicts.every(({ status }) => status === "stored")).toBe(true);
    expect(await store.count()).toBe(5000);
  });

  it("says when a batch is too large", async () => {
    const { send } = await manager({ limits: { bulkEvents: 3 } });
    await expect(send(events(4))).rejects.toMatchObject({ kind: "too-large" });
    expect(await send(events(3))).toEqual([stored, stored, stored]);
  });

  it("asks for patience while its store is away", async () => {
    const { store, send } = await manager();
    await store.close();
    const error = await send().catch((caught) => caught);
    expect(error).toMatchObject({ kind: "retry", message: expect.stringContaining("HTTP 503") });
    expect(error.retryAfterMs).toBeGreaterThan(0);
  });
});
