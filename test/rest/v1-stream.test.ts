/** `GET /v1/events/stream` over real sockets. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import fastify from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { eventRoutes } from "../../src/rest/index.ts";
import { EventStore } from "../../src/store/store.ts";
import { type Frame, stream } from "../helpers/sse.ts";
import { series } from "../store/tail-helpers.ts";
import { openServer, type TestServerOptions, ULID } from "./server.ts";

async function listening(options?: TestServerOptions) {
  const server = await openServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const base = await server.app.listen({ port: 0, host: "127.0.0.1" });
  return { ...server, base, url: `${base}/v1/events/stream`, port: Number(new URL(base).port) };
}

const names = (frames: readonly Frame[]) => frames.map(({ event, data }) => (event === "event" ? data._id : event));
const opened = (url: string, headers?: Record<string, string>) =>
  stream(url, headers).then((open) => {
    onTestFinished(() => open.close());
    return open;
  });

it("sends events as they are stored, whole, with headers that no proxy holds back", async () => {
  const { url, store } = await listening();
  const open = await opened(url);
  expect(open.response.status).toBe(200);
  expect(Object.fromEntries(open.response.headers)).toMatchObject({
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  expect(names(await open.take(1))).toEqual(["live"]);
  const stored = await store.append({ _id: "a", event_data: { text: "line\nline\r\n\u2028", n: 2n ** 60n } });
  const [frame] = await open.take(1);
  expect(frame).toMatchObject({ event: "event", id: expect.stringMatching(/^[\w.~-]+$/) });
  expect(frame?.data).toEqual({
    ...("event" in stored && stored.event),
    event_data: { text: "line\nline\r\n\u2028", n: 2 ** 60 },
  });
});

it("sends what all conditions accept, plain ones and a selector", async () => {
  const { url, store } = await listening();
  const selector = encodeURIComponent(JSON.stringify({ "event_data.n": { $gt: 1 } }));
  const open = await opened(`${url}?level=warning&node=${ULID}&selector=${selector}`);
  await open.take(1);
  const source = { node_id: ULID };
  await store.append([
    { _id: "level", log_level: 20, source, event_data: { n: 5 } },
    { _id: "node", log_level: 40, event_data: { n: 5 } },
    { _id: "data", log_level: 40, source, event_data: { n: 1 } },
    { _id: "all", log_level: 40, source, event_data: { n: 5 } },
  ]);
  expect(names(await open.take(1))).toEqual(["all"]);
});

it("resumes by Last-Event-ID, which wins, or by cursor, and looks back by backfill", async () => {
  const { url, store } = await listening();
  const first = await opened(url);
  await first.take(1);
  await store.append(series(5));
  const frames = await first.take(5);
  const second = await opened(`${url}?cursor=${frames[1]?.id}`);
  expect(names(await second.take(4))).toEqual(["e000002", "e000003", "e000004", "live"]);
  const third = await opened(`${url}?backfill=5&cursor=${frames[0]?.id}`, { "last-event-id": String(frames[3]?.id) });
  expect(names(await third.take(2))).toEqual(["e000004", "live"]);
  const fourth = await opened(`${url}?backfill=2`);
  expect(names(await fourth.take(3))).toEqual(["e000003", "e000004", "live"]);
  const fifth = await opened(url, { "last-event-id": "another-database" });
  expect(await fifth.take(2)).toMatchObject([
    { event: "gap", data: { dropped: 0, reason: "lost" } },
    { event: "live" },
  ]);
});

it("says that it is alive, and moves the place to resume from past what does not match", async () => {
  const { url, store } = await listening({ streamHeartbeatMs: 50 });
  const open = await opened(`${url}?level=critical`);
  const [live] = await open.take(1);
  await store.append(series(10));
  let beat: Frame | undefined;
  for await (const frame of open) {
    beat = frame;
    if (frame.id !== live?.id) break;
  }
  expect(beat).toMatchObject({ event: "stats", data: { delivered: 0, dropped: 0 } });
  await store.append({ _id: "new" });
  const next = await opened(`${url}?cursor=${beat?.id}`);
  expect(names(await next.take(1))).toEqual(["new"]);
});

it.each([
  ["?limit=5", 422, "limit", /^Unknown parameter/],
  ["?backfill=10001", 422, "backfill", /from 1 to 10000/],
  ["?backfill=5&cursor=abc", 422, "backfill", /do not go together/],
  ["?cursor=%20", 422, "cursor", /not a cursor/],
  ["?selector=%7B", 422, "selector", /^Should be JSON/],
  ["?selector=%7B%22%24where%22%3A1%7D", 422, "selector", /\$where/],
  ["?selector=5", 422, "selector", /selector/],
])("refuses %s with a problem that names the parameter", async (query, status, parameter, detail) => {
  const { url } = await listening();
  const answer = await fetch(url + query);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    status,
    expect.stringMatching(/^application\/problem\+json/),
  ]);
  const { errors } = (await answer.json()) as { errors: unknown };
  expect(errors).toEqual([expect.objectContaining({ parameter, detail: expect.stringMatching(detail) })]);
});

it("answers other methods, HEAD and preflights as every route, and counts a stream once", async () => {
  const { url } = await listening({ rateLimit: { exemptIps: [], requests: 5, shortRequests: null } });
  const open = await opened(url, { origin: "http://lab.example" });
  expect(open.response.headers.get("access-control-allow-origin")).toBe("*");
  expect(open.response.headers.get("x-ratelimit-remaining")).toBe("4");
  const head = await fetch(url, { method: "HEAD" });
  expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  const post = await fetch(url, { method: "POST" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD, DELETE"].slice(0, 1).concat("GET, HEAD"));
  const preflight = { origin: "http://lab.example", "access-control-request-method": "GET" };
  expect((await fetch(url, { method: "OPTIONS", headers: preflight })).status).toBe(200);
  expect((await fetch(url, { method: "HEAD" })).headers.get("x-ratelimit-remaining")).toBe("1");
});

it("has a limit of streams, and room again when a client has gone", async () => {
  const { url } = await listening({ maxStreams: 2 });
  const [first] = [await opened(url), await opened(url)];
  await first?.take(1);
  const refused = await fetch(url);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await refused.json()).toMatchObject({ detail: "2 streams are open already, the most this server has" });
  first?.close();
  await expect.poll(async () => (await opened(url)).response.status).toBe(200);
});

it("gives a client that does not read a gap, and holds little for it", async () => {
  const { url, store, port } = await listening();
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  socket.write(`GET /v1/events/stream HTTP/1.1\r\nhost: x\r\n\r\n`);
  const [head] = await once(socket, "data");
  let text = String(head);
  while (!text.includes("event: live")) text += String((await once(socket, "data"))[0]);
  socket.pause();
  const other = await opened(url);
  let heard = 0;
  const hearing = (async () => {
    for await (const { event } of other) if (event === "event") heard++;
  })().catch(() => {});
  const append = (count: number, from: number) =>
    store.append(series(count, from).map((event) => ({ ...event, event_data: "x".repeat(2000) })));
  let written = 0;
  for (; written < 12_000; written += 400) {
    await append(400, written);
    await expect.poll(() => heard, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(written + 400);
  }
  socket.on("data", (bytes) => {
    text += String(bytes);
  });
  socket.resume();
  const last = () => Number(/.*"_id":"e(\d+)"/s.exec(text)?.[1] ?? -1);
  while (last() < 12_000) {
    await append(1, written++);
    await pause(10);
  }
  const upTo = last();
  const told = [...text.matchAll(/"_id":"e(\d+)"/g)].map(([, number]) => Number(number));
  const gaps = [...text.matchAll(/event: gap\ndata: \{"dropped":(\d+),"reason":"slow"\}/g)].map(([, n]) => Number(n));
  expect(gaps.length).toBeGreaterThan(0);
  expect(told.filter((n) => n <= upTo).length + gaps.reduce((sum, n) => sum + n, 0)).toBe(upTo + 1);
  other.close();
  await hearing;
});

it("says goodbye when the server stops, which waits for no stream, not even for a client that does not read", async () => {
  const { url, app, store, port } = await listening();
  const open = await opened(url);
  await open.take(1);
  const deaf = connect({ port, host: "127.0.0.1" });
  deaf.on("error", () => {});
  deaf.write(`GET /v1/events/stream?backfill=10000 HTTP/1.1\r\nhost: x\r\n\r\n`);
  await once(deaf, "data");
  deaf.pause();
  await store.append(series(3000).map((event) => ({ ...event, event_data: "x".repeat(10_000) })));
  const reading = (async () => {
    let last: Frame | undefined;
    for await (const frame of open) last = frame;
    return last;
  })();
  await app.close();
  expect(await reading).toMatchObject({ event: "bye", data: { reason: "shutting down" } });
  expect(await store.count()).toBe(3000);
});

it("waits for no connection on which nothing was sent, as clients open them in advance", async () => {
  const { app, port } = await listening();
  const socket = connect({ port, host: "127.0.0.1" });
  const gone = once(socket, "close");
  await once(socket, "connect");
  await app.close();
  await gone;
});

it("says goodbye when the store is closed", async () => {
  const { url, store } = await listening();
  const open = await opened(url);
  await open.take(1);
  await store.close();
  expect(await open.take(2)).toMatchObject([{ event: "bye", data: { reason: "the event store is closed" } }]);
  expect((await fetch(url)).status).toBe(503);
});

it("works below a prefix in a host's own app, whose end does not wait either", async () => {
  const store = await EventStore.open("memory:");
  onTestFinished(() => store.close());
  const app = fastify();
  await app.register(eventRoutes, { prefix: "/lab", store });
  const open = await opened(`${await app.listen({ port: 0, host: "127.0.0.1" })}/lab/v1/events/stream`);
  await open.take(1);
  await store.append({ _id: "a" });
  expect(names(await open.take(1))).toEqual(["a"]);
  const closing = app.close();
  expect(names(await open.take(1))).toEqual(["bye"]);
  await closing;
});

it("is over for a client that has gone, also where it waits behind another of the connection", async () => {
  const { url, app, port } = await listening({ maxStreams: 3 });
  const client = connect(port, "127.0.0.1");
  client.write("GET /v1/events/stream HTTP/1.1\r\nHost: lab\r\n\r\n".repeat(3));
  await once(client, "data");
  await expect.poll(async () => (await fetch(url)).status).toBe(503);
  client.destroy();
  await expect.poll(async () => (await opened(url)).response.status).toBe(200);
  const before = performance.now();
  await app.close();
  expect(performance.now() - before).toBeLessThan(3000);
});
