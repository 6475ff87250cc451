/** What only a real socket shows: large bodies, clients that leave, the end of the server. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { openServer, type TestServer, type TestServerOptions } from "./server.ts";

async function listening(options?: TestServerOptions): Promise<TestServer & { base: string; port: number }> {
  const server = await openServer(options);
  const base = await server.app.listen({ port: 0, host: "127.0.0.1" });
  return { ...server, base, port: Number(new URL(base).port) };
}

const NDJSON = { "content-type": "application/x-ndjson" };

it("answers 413 to a body far over its limit, announced or chunked, and keeps serving", async () => {
  await using server = await listening();
  const body = `{"event_data":"${"x".repeat(12_000_000)}"}`;
  for (const url of ["/event", "/v1/events"]) {
    expect(
      (await fetch(server.base + url, { method: "POST", body, headers: { "content-type": "application/json" } }))
        .status,
    ).toBe(413);
    const stream = new Blob([body]).stream();
    const chunked = { method: "POST", body: stream, duplex: "half", headers: { "content-type": "application/json" } };
    expect((await fetch(server.base + url, chunked as RequestInit)).status).toBe(413);
  }
  expect((await fetch(`${server.base}/event`, { method: "POST" })).status).toBe(422);
});

it("keeps the event loop free while it stores ten thousand lines", async () => {
  await using server = await listening();
  const line = (i: number) => JSON.stringify({ event_id: `e${i}`, event_data: { text: "x".repeat(800) } });
  const body = Array.from({ length: 10_000 }, (_, i) => line(i)).join("\n");
  let slices = 0;
  const { parse } = server.store;
  let parsedInTurn = 0;
  let most = 0;
  Object.assign(server.store, {
    parse(value: unknown) {
      if (parsedInTurn++ === 0) {
        slices++;
        setImmediate(() => {
          most = Math.max(most, parsedInTurn);
          parsedInTurn = 0;
        });
      }
      return parse.call(server.store, value);
    },
  });
  const answer = await fetch(`${server.base}/v1/events?results=errors`, { method: "POST", body, headers: NDJSON });
  expect(await answer.json()).toMatchObject({ accepted: 10_000 });
  expect(slices).toBeGreaterThanOrEqual(20);
  expect(most).toBeLessThanOrEqual(500);
});

it("stops searching when the client has gone", async () => {
  await using server = await listening();
  await server.store.append(Array.from({ length: 5000 }, () => ({ event_data: "x".repeat(2000) })));
  let pages = 0;
  let ended = false;
  const { find } = server.store;
  Object.assign(server.store, {
    find(options: Parameters<typeof find>[0]) {
      const cursor = find.call(server.store, options);
      const original = cursor.pages.bind(cursor);
      cursor.pages = async function* () {
        try {
          for await (const page of original()) {
            pages++;
            yield page;
          }
        } finally {
          ended = true;
        }
      };
      return cursor;
    },
  });
  const request = httpRequest(`${server.base}/events?number=5000`).end();
  const [response] = await once(request, "response");
  await once(response, "data");
  const before = pages;
  request.destroy();
  while (!ended) await pause(5);
  expect(pages - before).toBeLessThan(100);
});

it("breaks the connection when a long answer cannot be completed", async () => {
  await using server = await listening({ onError: () => {} });
  await server.store.append(Array.from({ length: 3000 }, () => ({ event_data: "x".repeat(1000) })));
  const { find } = server.store;
  Object.assign(server.store, {
    find(options: Parameters<typeof find>[0]) {
      const cursor = find.call(server.store, options);
      if (options?.limit !== 1) Object.defineProperty(cursor, "timedOut", { value: true });
      return cursor;
    },
  });
  for (const [url, accept] of [
    ["/events?number=3000", "*/*"],
    ["/v1/events", "application/x-ndjson"],
  ]) {
    const answer = await fetch(server.base + url, { headers: { accept: String(accept) } });
    expect(answer.status).toBe(200);
    await expect(answer.text(), url).rejects.toThrow();
  }
});

it("finishes requests under way, says not ready first, and ends with idle connections open", async () => {
  const server = await listening({ shutdownGraceMs: 150 });
  const idle = connect(server.port, "127.0.0.1");
  await once(idle, "connect");
  const body = '{"event_id":"last"}';
  const headers = { "content-type": "application/json", "content-length": body.length };
  const slow = httpRequest({ port: server.port, host: "127.0.0.1", method: "POST", path: "/event", headers });
  slow.write(body.slice(0, 5));
  await pause(50);
  expect((await fetch(`${server.base}/ready`)).status).toBe(200);
  const closing = server.app.close();
  await pause(30);
  const ready = await fetch(`${server.base}/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: "not ready", reasons: ["the server is shutting down"] },
  ]);
  expect((await fetch(`${server.base}/health`)).status).toBe(200);
  await pause(250);
  await expect(fetch(`${server.base}/live`)).rejects.toThrow();
  slow.end(body.slice(5));
  const [response] = await once(slow, "response");
  expect(response.statusCode).toBe(200);
  response.resume();
  idle.destroy();
  await closing;
  expect((await server.store.get("last"))?._id).toBe("last");
  await server.store.close();
});

it("answers what is no HTTP with a 400 and lives on", async () => {
  await using server = await listening();
  const socket = connect(server.port, "127.0.0.1");
  socket.end("nonsense\r\n\r\n");
  const [data] = await once(socket, "data");
  expect(String(data)).toContain("400 Bad Request");
  expect((await fetch(`${server.base}/live`)).status).toBe(200);
});
