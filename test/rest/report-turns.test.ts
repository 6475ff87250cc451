/** Reports take turns: how many, how long, and when they stop. */
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { expect, it, type MockInstance, vi } from "vitest";
import type { ActivitiesOptions } from "../../src/store/activities.ts";
import type { EventStore } from "../../src/store/store.ts";
import { openServer } from "./server.ts";

const URL = "/utilization/sessions?start_time=2025-01-01";

/** A store that lets nobody read until told to; `readers` are those who wait. */
function held(store: EventStore) {
  let goes = () => {};
  const going = new Promise<void>((resolve) => {
    goes = resolve;
  });
  const held = { readers: [] as ActivitiesOptions[], go: () => goes() };
  store.activities = async function* (options: ActivitiesOptions = {}) {
    held.readers.push(options);
    await going;
    options.signal?.throwIfAborted();
    yield [];
  };
  return held;
}

it("one after the other, and not more than there may be", async () => {
  await using server = await openServer({ maxReports: 3 });
  const { readers, go } = held(server.store);
  const three = [server.get(URL), server.get(URL), server.get(URL)];
  await vi.waitFor(() => expect(readers).toHaveLength(1));
  const { status, headers, json } = await server.get(URL);
  expect([status, headers["retry-after"]]).toEqual([503, "5"]);
  expect(json.detail).toBe("3 reports are being made already, the most this server makes");
  expect(readers).toHaveLength(1);
  expect((await server.get("/live")).status).toBe(200);
  go();
  expect((await Promise.all(three)).map((answer) => answer.status)).toEqual([200, 200, 200]);
  expect(readers).toHaveLength(3);
  expect((await server.get(URL)).status).toBe(200);
});

it("no longer than they may, waiting included; the next one is made all the same", async () => {
  await using server = await openServer({ reportTimeoutMs: 50 });
  const { readers } = held(server.store);
  const [first, second] = await Promise.all([server.get(URL), server.get(`${URL}&strict=false`)]);
  expect([first.status, first.json.detail]).toEqual([503, expect.stringContaining("not ready after 0.05 s")]);
  expect([second.status, second.json.error]).toEqual([200, expect.stringContaining("not ready after 0.05 s")]);
  expect(readers.every(({ signal }) => signal?.aborted)).toBe(true);
  const { go } = held(server.store);
  go();
  expect((await server.get(URL)).status).toBe(200);
});

it("until the client has gone, and nobody is told of an error", async () => {
  const told: unknown[] = [];
  await using server = await openServer({ onError: (error) => told.push(error), maxReports: 1 });
  const { readers, go } = held(server.store);
  const base = await server.app.listen({ port: 0, host: "127.0.0.1" });
  const client = new AbortController();
  const asked = fetch(base + URL, { signal: client.signal }).catch(() => "gone");
  await vi.waitFor(() => expect(readers).toHaveLength(1));
  expect(readers[0]?.signal?.aborted).toBe(false);
  client.abort();
  expect(await asked).toBe("gone");
  await vi.waitFor(() => expect(readers[0]?.signal?.aborted).toBe(true));
  go();
  expect((await fetch(base + URL)).status).toBe(200);
  expect(told).toEqual([]);
});

it("not at all where the client has gone before", async () => {
  await using server = await openServer({ maxReports: 1 });
  let pass = () => {};
  const passing = new Promise<void>((resolve) => {
    pass = resolve;
  });
  const closed: boolean[] = [];
  let arrived = false;
  server.app.addHook("onRequest", async (request, reply) => {
    if (request.headers.wait === undefined) return;
    arrived = true;
    reply.raw.once("close", () => closed.push(true));
    await passing;
  });
  const base = await server.app.listen({ port: 0, host: "127.0.0.1" });
  const client = new AbortController();
  const asked = fetch(base + URL, { signal: client.signal, headers: { wait: "1" } }).catch(() => "gone");
  await vi.waitFor(() => expect(arrived).toBe(true));
  client.abort();
  expect(await asked).toBe("gone");
  await vi.waitFor(() => expect(closed).toEqual([true]));
  pass();
  expect((await fetch(base + URL)).status).toBe(200);
});

it("as long as they may, however long that is", async () => {
  await using server = await openServer({ reportTimeoutMs: Number.MAX_SAFE_INTEGER });
  const { readers, go } = held(server.store);
  const [asked, begun] = [server.get(URL), performance.now()];
  await vi.waitFor(() => expect([readers.length, performance.now() > begun + 20]).toEqual([1, true]));
  go();
  expect((await asked).status).toBe(200);
});

it("until the server stops", async () => {
  await using server = await openServer();
  const { readers } = held(server.store);
  const base = await server.app.listen({ port: 0, host: "127.0.0.1" });
  const asked = fetch(base + URL);
  await vi.waitFor(() => expect(readers).toHaveLength(1));
  const before = performance.now();
  await server.app.close();
  expect(performance.now() - before).toBeLessThan(2000);
  const answer = await asked;
  expect([answer.status, await answer.json()]).toEqual([503, { detail: "The server is shutting down" }]);
});

it("no longer than they may where nobody reads the answer: others have their turn, and the server can stop", async () => {
  await using server = await openServer({ maxReports: 1, reportTimeoutMs: 1500 });
  const name = "x".repeat(200_000);
  const done = { event_type: "workflow_complete", event_timestamp: "2025-01-01T05:00:00Z", source: {} };
  for (let n = 0; n < 100; n++)
    await server.store.append([{ ...done, event_data: { workflow_id: `F${n}`, name, status: "completed" } }]);
  const base = new globalThis.URL(await server.app.listen({ port: 0, host: "127.0.0.1" }));
  const client = connect(Number(base.port), base.hostname);
  const closed = new Promise<void>((resolve) => {
    client.once("close", () => resolve());
  });
  client.on("error", () => {});
  client.write(`GET ${URL.replace("sessions", "users")} HTTP/1.1\r\nHost: lab\r\n\r\n`);
  await new Promise((resolve) => {
    client.once("data", resolve);
  });
  client.pause();
  expect((await server.get(URL)).status).toBe(503);
  await vi.waitFor(async () => expect((await server.get(URL)).status).toBe(200), 10_000);
  let size = 0;
  client.on("data", (part) => {
    size += part.length;
  });
  client.resume();
  await closed;
  expect(size).toBeLessThan(20_000_000);
}, 30_000);

/** Sends `paths` at once on one connection (pipelining). */
async function pipelined(app: FastifyInstance, paths: readonly string[]) {
  const { hostname, port } = new globalThis.URL(await app.listen({ port: 0, host: "127.0.0.1" }));
  const client = connect(Number(port), hostname);
  client.on("error", () => {});
  client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: lab\r\n\r\n`).join(""));
  return client;
}

it("until the client has gone, also where their answers wait behind another of its connection", async () => {
  await using server = await openServer({ maxReports: 3 });
  const { readers, go } = held(server.store);
  const client = await pipelined(server.app, [URL, URL, URL]);
  await vi.waitFor(() => expect(readers).toHaveLength(1));
  expect((await server.get(URL)).status).toBe(503);
  client.destroy();
  await vi.waitFor(() => expect(readers[0]?.signal?.aborted).toBe(true));
  const more = [server.get(URL), server.get(URL), server.get(URL)];
  go();
  expect((await Promise.all(more)).map((answer) => answer.status)).toEqual([200, 200, 200]);
  // None was begun for those nobody waits for.
  expect(readers).toHaveLength(4);
});

it("no longer than they may where their answers wait behind one without an end", async () => {
  await using server = await openServer({ maxReports: 2, reportTimeoutMs: 1000 });
  const client = await pipelined(server.app, ["/v1/events/stream", URL, URL]);
  const closed = new Promise((resolve) => client.once("close", resolve));
  client.resume();
  await closed;
  await vi.waitFor(async () => expect((await server.get(URL)).status).toBe(200));
});

it("until the server stops, also where nobody reads the answer", async () => {
  await using server = await openServer();
  const name = "x".repeat(200_000);
  const done = { event_type: "workflow_complete", event_timestamp: "2025-01-01T05:00:00Z", source: {} };
  for (let n = 0; n < 100; n++)
    await server.store.append([{ ...done, event_data: { workflow_id: `F${n}`, name, status: "completed" } }]);
  const client = await pipelined(server.app, [URL.replace("sessions", "users")]);
  await new Promise((resolve) => client.once("data", resolve));
  client.pause();
  const before = performance.now();
  await server.app.close();
  expect(performance.now() - before).toBeLessThan(5000);
}, 30_000);

it.each(["1.0", "1.1"])("an answer that breaks off never looks complete, by HTTP/%s", async (version) => {
  const made = async () => ({ savedName: "report", pieces: breaking() });
  async function* breaking() {
    for (let n = 0; n < 20; n++) yield "x".repeat(100_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    throw new Error("broken");
  }
  await using server = await openServer({ reporter: { make: made, close: async () => {} } });
  const { hostname, port } = new globalThis.URL(await server.app.listen({ port: 0, host: "127.0.0.1" }));
  // What a client makes of a reset depends on the moment: seen from here.
  const resets: MockInstance[] = [];
  server.app.server.on("connection", (socket) => resets.push(vi.spyOn(socket, "resetAndDestroy")));
  for (const path of [URL, `${URL}&csv_format=true`, `${URL}&strict=false`]) {
    const client = connect(Number(port), hostname);
    let text = "";
    client.on("error", () => {});
    client.on("data", (data) => {
      text += data.toString("latin1");
    });
    client.write(`GET ${path} HTTP/${version}\r\nHost: lab\r\n\r\n`);
    await new Promise((resolve) => client.once("close", resolve));
    expect(resets.pop()).toHaveBeenCalledTimes(version === "1.0" ? 1 : 0);
    if (version === "1.1")
      expect([text.includes("\r\nTransfer-Encoding: chunked\r\n"), text.slice(-7)]).toEqual([true, "xxxxx\r\n"]);
  }
});
