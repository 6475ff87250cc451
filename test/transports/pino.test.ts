import { once } from "node:events";
import { join } from "node:path";
import pino from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { openTestStore } from "../../src/store/testing.ts";
import { createEventStream, createTransport, type TransportOptions } from "../../transports/pino.ts";
import { ensureBuilt, project } from "../cli/run.ts";

beforeAll(ensureBuilt);

const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

async function dataOf(store: EventStore): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const event of store.find({ order: "oldest" })) found.push(event.event_data);
  return found;
}

describe("createEventStream", () => {
  it("stores what pino logs, as events with source, type, level and error", async () => {
    await using store = await openTestStore();
    const stream = createEventStream(store, { sourceKeys: { nodeId: "node_id" } });
    const log = pino({ base: null }, stream).child({ nodeId: NODE });
    log.error({ event_type: "action_failed", alert: true, err: new RangeError("too far") }, "failed");
    await new Promise<void>((resolve) => stream.flush(() => resolve()));
    const found = await store.find()[Symbol.asyncIterator]().next();
    expect(found.value).toMatchObject({
      event_type: "action_failed",
      log_level: 40,
      alert: true,
      source: { node_id: NODE },
      event_data: { message: "failed", error: { type: "RangeError", stack: expect.stringContaining("too far") } },
    });
    expect(stream.stats()).toMatchObject({ in: 1, acknowledged: 1, pending: 0 });
  });

  it("takes pino's own keys, and flushes through pino", async () => {
    await using store = await openTestStore();
    const log = pino({ messageKey: "text", base: null }, createEventStream(store));
    log.info("hello");
    await new Promise<void>((resolve) => log.flush(() => resolve()));
    expect(await dataOf(store)).toEqual([{ message: "hello", sender: expect.any(String), seq: 1 }]);
  });

  it("ends when everything is stored, and leaves the store open", async () => {
    await using store = await openTestStore();
    const stream = createEventStream(store);
    const log = pino(stream);
    for (let n = 0; n < 1000; n++) log.info({ n });
    stream.end();
    await once(stream, "close");
    expect(await store.count()).toBe(1000);
  });

  it("puts lines together that come in pieces, text and bytes", async () => {
    await using store = await openTestStore();
    const stream = createEventStream(store);
    const bytes = Buffer.from('{"level":30,"msg":"grüße"}\r\n');
    stream.write(bytes.subarray(0, 21));
    stream.write(bytes.subarray(21));
    stream.write("plain\n\nla");
    stream.end("st");
    await once(stream, "close");
    const messages = (await dataOf(store)).map((data) => (data as { message: string }).message);
    expect(messages.sort()).toEqual(["grüße", "last", "plain"]);
  });

  it("opens the store of a URL by itself, and closes it at the end", async () => {
    const url = `sqlite:${join(project(), "lab.db")}`;
    const stream = createEventStream({ url });
    pino(stream).info("x");
    stream.end();
    await once(stream, "close");
    await using store = await EventStore.open(url);
    expect(await store.count()).toBe(1);
  });

  it("loses nothing in a burst larger than its memory while the store keeps up", async () => {
    await using store = await openTestStore();
    const stream = createEventStream(store, { memory: { maxBytes: 40_000 }, close: { totalMs: 8000 } });
    const log = pino(stream);
    for (let n = 0; n < 3000; n++) log.info({ n, pad: "x".repeat(100) });
    stream.end();
    await once(stream, "close");
    expect(stream.stats()).toMatchObject({ in: 3000, acknowledged: 3000, dropped: 0 });
  });
});

describe("createTransport", () => {
  it("delivers before it closes, in a worker", async () => {
    const url = `sqlite:${join(project(), "lab.db")}`;
    const transport = createTransport({ url });
    pino(transport).info("from a worker");
    transport.end();
    await once(transport, "close");
    await using store = await EventStore.open(url, { readOnly: true });
    expect(await dataOf(store)).toMatchObject([{ message: "from a worker" }]);
  });

  it("calls back from flush when the lines are stored", async () => {
    const url = `sqlite:${join(project(), "lab.db")}`;
    const transport = createTransport({ url });
    const log = pino(transport);
    log.info("x");
    await new Promise<void>((resolve) => log.flush(() => resolve()));
    await using store = await EventStore.open(url, { readOnly: true });
    expect(await store.count()).toBe(1);
    transport.end();
    await once(transport, "close");
  });

  it.each([
    [{}, "url is required"],
    [{ url: "memory:" }, "gone with the transport"],
    [{ url: "sqlite::memory:" }, "gone with the transport"],
    [{ url: "sqlite:" }, "url must be"],
    [{ url: "ftp://lab" }, "url must be"],
    [{ url: "http://lab", tokn: "x" }, 'unknown option "tokn"'],
    [{ url: "http://lab", batch: { maxEvents: 0 } }, "batch.maxEvents"],
  ])("refuses %j at once", (options, message) => {
    const refused = expect.objectContaining({ code: "EVT_INVALID_OPTION", message: expect.stringContaining(message) });
    expect(() => createTransport(options as TransportOptions)).toThrow(refused);
    expect(() => createEventStream(options as TransportOptions)).toThrow(refused);
  });
});
