import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { failure, openClient, scripted, sendJson } from "./setup.ts";

/** Answers one after another, the last for ever. */
async function answering(...answers: ((response: ServerResponse) => void)[]) {
  const asked: string[] = [];
  const url = await scripted((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    (answers[Math.min(asked.length, answers.length) - 1] as (response: ServerResponse) => void)(response);
  });
  return { url, asked };
}

const ok = (response: ServerResponse) => sendJson(response, 200, { ok: true });
const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    sendJson(response, code, {}, headers);
const hangUp = (response: ServerResponse) => void response.socket?.destroy();
const hang = () => {};

describe("a call", () => {
  it.each([429, 502, 503, 504])("asks again after %i", async (code) => {
    const { url, asked } = await answering(status(code), ok);
    expect(await openClient(url).client.health()).toEqual({ ok: true });
    expect(asked).toHaveLength(2);
  });

  it("asks four times at most, and then says what the answer was", async () => {
    const { url, asked } = await answering(status(503));
    const { code, message } = await failure(() => openClient(url).client.health());
    expect([code, message]).toEqual(["EVT_BACKEND_UNAVAILABLE", "GET /health: HTTP 503"]);
    expect(asked).toHaveLength(4);
  });

  it("waits as long as it is asked to, but not beyond its time limit", async () => {
    const { url, asked } = await answering(status(429, { "retry-after": "30" }), ok);
    const { client } = openClient(url, { timeouts: { defaultMs: 2000 } });
    const startMs = Date.now();
    expect((await failure(() => client.health())).code).toBe("EVT_BACKEND_UNAVAILABLE");
    expect(asked).toHaveLength(1);
    expect(Date.now() - startMs).toBeLessThan(20_000);
    const patient = await answering(status(429, { "retry-after": "1" }), ok);
    const againMs = Date.now();
    await openClient(patient.url).client.health();
    expect(Date.now() - againMs).toBeGreaterThanOrEqual(990);
  });

  it("asks again after a lost connection only where that changes nothing", async () => {
    const read = await answering(hangUp, ok);
    expect(await openClient(read.url).client.health()).toEqual({ ok: true });
    const change = await answering(hangUp, ok);
    const { code } = await failure(() => openClient(change.url).client.create_backup());
    expect([code, change.asked]).toEqual(["EVT_BACKEND_UNAVAILABLE", ["POST /backup"]]);
  });

  it("ends when its time is over, naming the server and the limit", async () => {
    const { url } = await answering(hang);
    const { client } = openClient(url, { timeouts: { defaultMs: 100 } });
    const { code, message } = await failure(() => client.health());
    expect([code, message]).toEqual(["EVT_BACKEND_UNAVAILABLE", `GET /health: no answer from ${url} within 100 ms`]);
  });

  it("ends with the client, and when its signal says so", async () => {
    const { url } = await answering(hang);
    const { client } = openClient(url);
    const waiting = failure(() => client.health());
    const aborter = new AbortController();
    const aborted = failure(() => client.query_events({}, { signal: aborter.signal }));
    aborter.abort(new TypeError("enough"));
    await client.close();
    expect((await waiting).code).toBe("EVT_CLOSED");
    expect((await aborted).message).toMatch(/enough|closed/);
    expect((await failure(() => client.get_events())).code).toBe("EVT_CLOSED");
  });

  it.each([
    [401, "EVT_INVALID_OPTION"],
    [403, "EVT_INVALID_OPTION"],
    [307, "EVT_INVALID_OPTION"],
    [409, "EVT_CONFLICT"],
    [413, "EVT_TOO_LARGE"],
    [500, "EVT_BACKEND_UNAVAILABLE"],
  ])("makes %i an error of %s", async (code, expected) => {
    const { url, asked } = await answering(status(code, { location: "http://elsewhere.invalid/" }));
    expect((await failure(() => openClient(url).client.health())).code).toBe(expected);
    expect(asked).toHaveLength(1);
  });

  it("reads its token file again when the server refuses what it held, and says when there is none", async () => {
    const dir = mkdtempSync(join(tmpdir(), "madsci-events-token-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const tokenFile = join(dir, "token");
    const seen: (string | undefined)[] = [];
    const url = await scripted((request, response) => {
      seen.push(request.headers.authorization);
      const isNew = request.headers.authorization === "Bearer new";
      if (request.url?.startsWith("/v1/events/stream")) return void response.writeHead(isNew ? 422 : 401).end("{}");
      sendJson(response, isNew ? 200 : 401, {});
    });
    const { client } = openClient(url, { tokenFile });
    const { code, message } = await failure(() => client.health());
    expect([code, message]).toEqual(["EVT_INVALID_OPTION", expect.stringContaining("cannot be read (ENOENT)")]);
    writeFileSync(tokenFile, "old\n");
    expect((await failure(() => client.health())).code).toBe("EVT_INVALID_OPTION");
    writeFileSync(tokenFile, "new\n");
    expect(await client.health()).toEqual({});
    expect(seen).toEqual(["Bearer old", "Bearer new"]);
    writeFileSync(tokenFile, "old");
    const later = openClient(url, { tokenFile }).client;
    await failure(() => later.health());
    writeFileSync(tokenFile, "new");
    expect((await failure(async () => later.tail()[Symbol.asyncIterator]().next())).code).toBe("EVT_INVALID_SELECTOR");
  });

  it("takes the words and the issues of a problem and of FastAPI's answers", async () => {
    const issue = { loc: ["query", "number"], msg: "Input should be a valid integer", type: "int_parsing", input: "x" };
    const fastapi = await answering((response) => sendJson(response, 422, { detail: [issue] }));
    const error = await openClient(fastapi.url)
      .client.get_events(5)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "EVT_INVALID_OPTION",
      message: "GET /events: HTTP 422: Input should be a valid integer",
      issues: [issue],
    });
  });

  it("says so where the answer is none of an Event Manager's", async () => {
    const { url } = await answering((response) => void response.end("<html>"));
    const { code, message } = await failure(() => openClient(url).client.health());
    expect([code, message]).toEqual([
      "EVT_BACKEND_UNAVAILABLE",
      `GET /health: ${url} answers, but not as an event server (no JSON)`,
    ]);
  });
});
