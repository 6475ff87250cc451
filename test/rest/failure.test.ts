/** What clients see when something fails behind the routes: statuses, Retry-After, and no word of the engine. */
import { expect, it } from "vitest";
import { ERROR_CODES, EventStoreError } from "../../src/errors.ts";
import { STATUS, toFailure } from "../../src/rest/failure.ts";
import { createServer } from "../../src/rest/index.ts";
import { EventStore } from "../../src/store/store.ts";
import { openServer } from "./server.ts";

const SECRET = "mongodb://app:hunter2@db/lab";

/** A real store whose engine fails with `error` from now on. */
async function failing(error: Error, onError?: (error: unknown, request: string) => void) {
  const store = await EventStore.open("memory:", { onWarning: () => {} });
  const reject = () => Promise.reject(error);
  const rejectPages = () => ({
    [Symbol.asyncIterator]: () => ({ next: reject }),
    pages: () => ({ [Symbol.asyncIterator]: () => ({ next: reject }) }),
  });
  const methods = {
    appendParsed: reject,
    get: reject,
    count: reject,
    archive: reject,
    purge: reject,
    ping: reject,
    estimate: reject,
  };
  Object.assign(store, methods, { find: () => ({ ...rejectPages(), timedOut: false, cursor: undefined }) });
  const app = createServer({ store, onError });
  return { app, [Symbol.asyncDispose]: async () => void (await Promise.all([app.close(), store.close()])) };
}

const REQUESTS = [
  ["POST", "/event", {}],
  ["GET", "/event/a", undefined],
  ["GET", "/events", undefined],
  ["GET", "/events/archived", undefined],
  ["POST", "/events/query", {}],
  ["POST", "/events/archive", { event_ids: ["a"] }],
  ["DELETE", "/events/archived", undefined],
  ["POST", "/v1/events", [{}]],
  ["GET", "/v1/events", undefined],
  ["GET", "/v1/events/a", undefined],
  ["POST", "/v1/events/search", {}],
] as const;

it.each(REQUESTS)("%s %s answers 503 with Retry-After while the engine is away", async (method, url, payload) => {
  await using server = await failing(
    new EventStoreError("EVT_BACKEND_UNAVAILABLE", `lost ${SECRET}`, { cause: new Error(SECRET) }),
  );
  const answer = await server.app.inject({ method, url, payload });
  expect(answer.statusCode).toBe(503);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  expect(Number(answer.headers["retry-after"])).toBeLessThanOrEqual(5);
  expect(answer.json().detail).toBe("The event store cannot answer right now; sending again later is safe");
  expect(answer.body).not.toContain("hunter2");
});

it.each(REQUESTS)("%s %s answers 500 without details for a bug, and reports it once", async (method, url, payload) => {
  const reported: unknown[] = [];
  const bug = new TypeError(`cannot read ${SECRET}`);
  await using server = await failing(bug, (error, request) => reported.push([error, request]));
  const answer = await server.app.inject({ method, url, payload });
  expect([answer.statusCode, answer.json().detail]).toEqual([500, "Internal Server Error"]);
  expect(answer.body).not.toContain("hunter2");
  expect(reported).toEqual([[bug, expect.stringContaining(method)]]);
});

it("says in /health and /ready what is the matter, without the engine's words", async () => {
  await using server = await failing(new EventStoreError("EVT_BACKEND_UNAVAILABLE", SECRET));
  const health = await server.app.inject("/health");
  expect([health.statusCode, health.json()]).toEqual([
    200,
    expect.objectContaining({ healthy: false, db_connected: false, total_events: null, version: null }),
  ]);
  expect(health.json().description).toMatch(/^Database connection failed: /);
  const ready = await server.app.inject("/ready");
  expect([ready.statusCode, ready.json().reasons]).toEqual([503, ["the event store does not answer"]]);
  expect(health.body + ready.body).not.toContain("hunter2");
  expect((await server.app.inject("/live")).statusCode).toBe(200);
});

it("waits for the engine no longer than allowed in /health and /ready", async () => {
  await using server = await openServer({ pingTimeoutMs: 20 });
  Object.assign(server.store, { ping: () => new Promise(() => {}) });
  expect((await server.get("/health")).json.healthy).toBe(false);
  expect((await server.get("/ready")).status).toBe(503);
});

it("answers 503 when the store is closed", async () => {
  await using server = await openServer();
  await server.store.close();
  for (const [method, url, payload] of REQUESTS) {
    expect((await server.send({ method, url, payload })).status, url).toBe(503);
  }
  expect((await server.get("/health")).json.healthy).toBe(false);
});

it("is not ready while too many events wait", async () => {
  await using server = await openServer({ maxPendingEvents: 1 });
  const appending = server.store.append([{}, {}, {}]);
  expect((await server.get("/ready")).json.reasons).toEqual(["3 events wait to be written"]);
  await appending;
  expect((await server.get("/ready")).json).toEqual({ status: "ready" });
});

it("answers 503 to what does not fit into the queue, and takes it later", async () => {
  await using server = await openServer({ storeOptions: { maxQueuedEvents: 2 } });
  const answers = await Promise.all(Array.from({ length: 50 }, () => server.post("/event", {})));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 503]));
  expect((await server.post("/event", {})).status).toBe(200);
});

it("has a status for every error code, and keeps messages of 4xx only", () => {
  expect(Object.keys(STATUS)).toEqual([...ERROR_CODES]);
  for (const code of ERROR_CODES) {
    const failure = toFailure(new EventStoreError(code, "the message"));
    if (STATUS[code] === 500) expect(failure).toBeUndefined();
    else expect([failure?.status, failure?.message === "the message"]).toEqual([STATUS[code], STATUS[code] < 500]);
  }
});
