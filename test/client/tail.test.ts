import type { ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import type { EventClient } from "../../src/client/index.ts";
import { failure, openClient, openLab, scripted, sendJson } from "./setup.ts";
import { quickTail, reader, Stream, streaming } from "./tail-world.ts";

describe("a tail", () => {
  it("hands out events, and says when it is live", async () => {
    const { url, next } = await streaming();
    const tail = openClient(url).client.tail({ log_level: { $gte: 20 } }, { backfill: 2 });
    const { take } = reader(tail);
    const taking = take(4);
    const stream = await next();
    expect(Object.fromEntries(stream.query)).toEqual({ selector: '{"log_level":{"$gte":20}}', backfill: "2" });
    stream.event("a").event("b").send("live", "c-b").event("c");
    expect(await taking).toEqual(["a", "b", "live", "c"]);
    expect([tail.delivered, tail.dropped, tail.cursor]).toEqual([3, 0, "c-c"]);
    await tail.close();
    expect(await take(1)).toEqual([]);
  });

  it("goes on behind the last event after a lost connection, and leaves out what comes again", async () => {
    const { url, next } = await streaming();
    const { take } = reader(openClient(url).client.tail());
    const begun = take(2);
    const first = (await next()).event("a").event("b");
    expect(await begun).toEqual(["a", "b"]);
    const taking = take(4);
    first.cut();
    const second = await next();
    expect([second.lastEventId, second.query.get("cursor"), second.query.get("backfill")]).toEqual([
      "c-b",
      "c-b",
      null,
    ]);
    second.event("a").event("b").event("c").send("live", "c-c").bye();
    const third = await next();
    expect(third.lastEventId).toBe("c-c");
    third.event("d").send("gap", "c-e", { dropped: 12, reason: "slow" });
    expect(await taking).toEqual(["c", "live", "d", "gap slow 12"]);
  });

  it("resumes from a cursor, and moves it with every heartbeat", async () => {
    const { url, next } = await streaming();
    const tail = openClient(url).client.tail({}, { cursor: "c-x" });
    const { take } = reader(tail);
    const taking = take(1);
    const first = await next();
    expect(first.lastEventId).toBe("c-x");
    first.send("stats", "c-y", { delivered: 0, dropped: 0 });
    await vi.waitFor(() => expect(tail.cursor).toBe("c-y"));
    first.cut();
    const second = await next();
    expect(second.lastEventId).toBe("c-y");
    second.send("gap", "c-z", { dropped: 0, reason: "lost" });
    expect(await taking).toEqual(["gap lost 0"]);
  });

  it("waits for a server that is away or busy", async () => {
    let asked = 0;
    const url = await scripted((request, response) => {
      asked += 1;
      if (asked === 1) return void response.socket?.destroy();
      if (asked === 2) return sendJson(response, 503, {}, { "retry-after": "0" });
      new Stream(request, response).event("a");
    });
    expect(await reader(openClient(url).client.tail()).take(1)).toEqual(["a"]);
    expect(asked).toBe(3);
  });

  it("tells when the server is away and when it is back, each once", async () => {
    const { url, next } = await streaming();
    const told: string[] = [];
    const { take } = reader(openClient(url).client.tail({}, { onLink: (state) => told.push(state) }));
    const begun = take(1);
    const first = (await next()).event("a");
    await begun;
    const taking = take(1);
    first.cut();
    (await next()).event("b");
    await taking;
    expect(told).toEqual(["lost", "back"]);
  });

  const html = (response: ServerResponse) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>");
  const frame = (text: string) => (response: ServerResponse) =>
    void response.writeHead(200, { "content-type": "text/event-stream" }).end(`retry: 1\n\n${text}\n\n`);

  it.each([
    ["a page", html, "text/html instead of text/event-stream"],
    ["JSON", (response: ServerResponse) => sendJson(response, 200, {}), "application/json instead of"],
    ["no JSON", frame("event: event\ndata: {"), 'a frame "event" that is not JSON'],
    ["no event", frame('event: event\nid: 1\ndata: {"hello":1}'), "a frame that holds no event"],
    ["a bad gap", frame('event: gap\ndata: {"dropped":"x"}'), "a gap of no size"],
    ["unknown frames only", frame("data: hello"), "closed the connection"],
  ])("tells once that what answers is no event server but %s, and why, until it is one", async (_what, answer, why) => {
    let asked = 0;
    const url = await scripted((request, response) => {
      if (++asked <= 3) answer(response);
      else new Stream(request, response).event("a");
    });
    const told: string[] = [];
    const tail = quickTail(url, { retryMs: 1, options: { onLink: (...words) => told.push(words.join(": ")) } });
    expect(await reader(tail).take(1)).toEqual(["a"]);
    expect(told).toEqual([expect.stringMatching(/^lost: http:/), "back"]);
    expect(told[0]).toContain(why);
    expect(tail.cursor).toBe("c-a");
  });

  it("waits ever longer for a server whose every other frame cannot be read", async () => {
    const atMs: number[] = [];
    const text = "retry: 20\n\nevent: live\nid: 1\ndata: {}\n\nevent: event\ndata: {\n\n";
    const url = await scripted((_request, response) => {
      atMs.push(performance.now());
      response.writeHead(200, { "content-type": "text/event-stream" }).end(text);
    });
    const tail = quickTail(url, {});
    const taking = reader(tail).take(100);
    await expect.poll(() => atMs.length, { timeout: 10_000 }).toBe(6);
    await tail.close();
    await taking;
    expect((atMs[5] as number) - (atMs[4] as number)).toBeGreaterThanOrEqual(150);
  });

  it("refuses a signal that is none", () => {
    const { client } = openClient("http://127.0.0.1:9");
    expect(() => client.tail({}, { signal: {} as AbortSignal })).toThrow("signal must be an AbortSignal");
  });

  it("throws what the server refuses", async () => {
    const problem = { type: "urn:madsci-events:problem:invalid-selector", detail: "invalid selector: $where" };
    const url = await scripted((_request, response) => sendJson(response, 422, problem));
    const { code, message } = await failure(() => reader(openClient(url).client.tail({ $where: 1 } as never)).take(1));
    expect([code, message]).toEqual([
      "EVT_INVALID_SELECTOR",
      "GET /v1/events/stream: HTTP 422: invalid selector: $where",
    ]);
  });

  it("connects anew when nothing comes for too long", async () => {
    const { url, next } = await streaming();
    const taking = reader(quickTail(url, { silenceMs: 50 })).take(1);
    await next();
    (await next()).event("a");
    expect(await taking).toEqual(["a"]);
  });

  it("ends with its signal, with its client, and when it is left", async () => {
    const { url, next } = await streaming();
    const { client } = openClient(url);
    const aborter = new AbortController();
    const bySignal = reader(client.tail({}, { signal: aborter.signal })).take(1);
    await next();
    aborter.abort();
    expect(await bySignal).toEqual([]);
    const byClient = reader(client.tail()).take(1);
    await next();
    const left = (async () => {
      for await (const item of client.tail()) return item.kind;
    })();
    const stream = await next();
    stream.event("a");
    expect(await left).toBe("event");
    await client.close();
    expect(await byClient).toEqual([]);
  });

  it("is iterated once, and refuses options that contradict each other", async () => {
    const { url, next } = await streaming();
    const { client } = openClient(url);
    const tail = client.tail();
    const taking = reader(tail).take(1);
    await next();
    await expect(reader(tail).take(1)).rejects.toThrow("once");
    await tail.close();
    await taking;
    for (const options of [{ cursor: "a", backfill: 5 }, { backfill: 10_001 }, { after: "x" }])
      expect((await failure(() => client.tail({}, options))).code).toBe("EVT_INVALID_OPTION");
  });
});

describe("a tail of our own server", () => {
  /** Takes until so many events came. */
  async function eventsOf(client: EventClient, count: number, options: object, live = () => {}) {
    const ids: string[] = [];
    const tail = client.tail({ event_type: "test" }, options);
    for await (const item of tail) {
      if (item.kind === "live") live();
      if (item.kind === "event") ids.push(item.event._id);
      if (ids.length >= count) break;
    }
    return { ids, cursor: tail.cursor };
  }

  it("begins with a backfill, tells what arrives, and resumes exactly", async () => {
    const lab = await openLab();
    const { client } = openClient(lab.url);
    const test = (id: string) => ({ _id: id, event_type: "test" });
    await lab.store.append(["a", "b", "c"].map(test));
    const first = await eventsOf(client, 4, { backfill: 2 }, () => {
      void lab.store.append([{ _id: "x", event_type: "node_start" }, test("d"), test("e")]);
    });
    expect(first.ids).toEqual(["b", "c", "d", "e"]);
    await lab.store.append([test("f")]);
    expect((await eventsOf(client, 1, { cursor: first.cursor })).ids).toEqual(["f"]);
  });

  it("tells of a cursor that is no other's but nonsense", async () => {
    const lab = await openLab();
    const taking = reader(openClient(lab.url).client.tail({}, { cursor: "nonsense" })).take(1);
    const outcome = await taking.catch((error: { code: string }) => error.code);
    expect([["gap lost 0"], "EVT_INVALID_OPTION", "EVT_INVALID_SELECTOR"]).toContainEqual(outcome);
  });
});
