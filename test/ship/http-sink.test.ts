import { afterEach, describe, expect, it } from "vitest";
import { type HttpSinkOptions, httpSink } from "../../src/ship/http-sink.ts";
import { kindOfStatus, retryAfterMs } from "../../src/ship/http-status.ts";
import { batchRoute, closeServers, events, singleRoute, sinkTo, stored } from "./http-fakes.ts";

afterEach(closeServers);

describe("the batch route", () => {
  it("gets one line per event, big integers included", async () => {
    const { send, seen } = await sinkTo(batchRoute);
    const verdicts = await send([...events(2), { _id: "x", event_data: { big: 2n ** 60n } }]);
    expect(verdicts).toEqual([stored, stored, stored]);
    expect(seen[0]).toMatchObject({ path: "/v1/events", headers: { "content-type": "application/x-ndjson" } });
    expect(seen[0]?.text.split("\n")[2]).toContain('"big":1152921504606846976');
  });

  it("gets bodies above 1 KiB compressed, unless told not to", async () => {
    const zipped = await sinkTo(batchRoute);
    await zipped.send(events(1));
    await zipped.send(events(100));
    expect(zipped.seen.map(({ headers }) => headers["content-encoding"])).toEqual([undefined, "gzip"]);
    const plain = await sinkTo(batchRoute, { compression: "none" });
    await plain.send(events(100));
    expect(plain.seen[0]?.headers["content-encoding"]).toBeUndefined();
  });

  it("is told who is speaking", async () => {
    const { send, seen } = await sinkTo(batchRoute, { token: "t0k", headers: { "x-lab": "7" } });
    await send(events(1));
    expect(seen[0]?.headers).toMatchObject({ authorization: "Bearer t0k", "x-lab": "7" });
  });

  it("gets user and password of the address as basic authentication, under the path of the address", async () => {
    const { base, seen } = await sinkTo(batchRoute);
    const sink = httpSink({ url: `http://u%40x:p@${base}/lab/` });
    await sink.send(events(1), new AbortController().signal);
    const authorization = `Basic ${Buffer.from("u@x:p").toString("base64")}`;
    expect(seen[0]).toMatchObject({ path: "/lab/v1/events", headers: { authorization } });
  });

  it("answers one verdict per event", async () => {
    const results = [
      { id: "id-0", status: "duplicate" },
      { id: "id-1", status: "conflict", problem: { title: "Conflict", detail: "another content" } },
      { id: null, status: "invalid", problem: { title: "log_level" } },
    ];
    const { send } = await sinkTo(() => ({ body: { results } }));
    const rejected = (reason: string) => ({ status: "rejected", reason });
    const duplicate = { status: "stored", duplicate: true };
    expect(await send(events(3))).toEqual([duplicate, { status: "conflict" }, rejected("invalid: log_level")]);
  });

  it("tells an event that may be taken later from one that never will", async () => {
    const results = [503, 429, 422, 413, 500].map((status) => ({ status: "failed", problem: { status, title: "T" } }));
    const { send } = await sinkTo(() => ({ body: { results } }));
    const rejected = { status: "rejected", reason: "failed: T" };
    expect(await send(events(5))).toEqual([{ status: "retry" }, { status: "retry" }, rejected, rejected, rejected]);
  });

  it("has the one event searched for that cannot be written", async () => {
    const { send } = await sinkTo(batchRoute);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const bad = { _id: "x", event_data: cyclic as never };
    await expect(send([...events(1), bad])).rejects.toMatchObject({ kind: "refused" });
  });

  it.each([["no JSON"], [{}], [[]], [{ results: [] }], [{ accepted: 2 }], ['{"results":[{"status":"sto']])(
    "does not take %j for an acknowledgement",
    async (body) => {
      const { send } = await sinkTo(() => ({ body }));
      await expect(send(events(2))).rejects.toMatchObject({ kind: "retry" });
    },
  );

  it.each([
    [400, "refused"],
    [422, "refused"],
    [413, "too-large"],
    [401, "hold"],
    [403, "hold"],
    [302, "hold"],
    [399, "hold"],
    [501, "hold"],
    [408, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("reads %i as %s", async (status, kind) => {
    const { send } = await sinkTo(() => ({ status, headers: { "retry-after": "7" }, body: { detail: "why" } }));
    await expect(send(events(1))).rejects.toMatchObject({ kind, retryAfterMs: 7000, message: `HTTP ${status}: why` });
    expect(kindOfStatus(status)).toBe(kind);
  });

  it("names the server, without its password, when nothing answers", async () => {
    const { base } = await sinkTo(batchRoute);
    await closeServers();
    const sink = httpSink({ url: `http://u:secret@${base}` });
    const message = `http://${base} does not answer (ECONNREFUSED)`;
    await expect(sink.send(events(1), new AbortController().signal)).rejects.toMatchObject({ kind: "retry", message });
  });
});

describe("MADSci's server", () => {
  it("gets each event by itself, as its own client would send it", async () => {
    const { send, seen } = await sinkTo(singleRoute);
    expect(await send(events(6))).toEqual(Array(6).fill(stored));
    expect(seen.map(({ path }) => path)).toEqual(["/v1/events", ...Array(6).fill("/event")]);
    expect(JSON.parse(seen[1]?.text ?? "")).toEqual({ event_id: "id-0", event_type: "test", event_data: { n: 0 } });
    await send(events(1));
    expect(seen.at(-2)?.path).toBe("/event");
  });

  it("never sees a type it does not know", async () => {
    const { send, seen } = await sinkTo(singleRoute);
    await send([{ _id: "a", event_type: "plate_washed", event_data: { n: 1 } }]);
    const body = { event_id: "a", event_type: "unknown", event_data: { n: 1, event_type: "plate_washed" } };
    expect(JSON.parse(seen[1]?.text ?? "")).toEqual(body);
    await send([{ _id: "b", event_type: "plate_washed", event_data: "twice" }]);
    expect(JSON.parse(seen.at(-1)?.text ?? "").event_data).toEqual({ value: "twice", event_type: "plate_washed" });
  });

  it("refuses one event without holding up the others", async () => {
    const { send } = await sinkTo((seen) =>
      seen.text.includes("id-1") && seen.path === "/event"
        ? { status: 422, body: { detail: [{ msg: "no" }] } }
        : singleRoute(seen),
    );
    expect(await send(events(3))).toEqual([stored, { status: "rejected", reason: "HTTP 422: no" }, stored]);
  });

  it("gets nothing compressed, and rejects what cannot be written", async () => {
    const { send, seen } = await sinkTo(singleRoute);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const large = { _id: "l", event_type: "test", event_data: "x".repeat(5000) };
    expect(await send([large])).toEqual([stored]);
    expect(seen.at(-1)?.headers["content-encoding"]).toBeUndefined();
    const reason = "it cannot be written as JSON";
    expect(await send([{ _id: "x", event_data: cyclic as never }, large])).toEqual([
      { status: "rejected", reason },
      stored,
    ]);
  });

  it("is asked for the batch route every five minutes", async () => {
    let ms = 0;
    let updated = false;
    const { send, seen } = await sinkTo(
      (one) => (updated ? batchRoute(one) : singleRoute(one)),
      {},
      () => ms,
    );
    const paths = async () => {
      await send(events(1));
      return seen.splice(0).map(({ path }) => path);
    };
    expect(await paths()).toEqual(["/v1/events", "/event"]);
    ms = 299_999;
    expect(await paths()).toEqual(["/event"]);
    ms = 300_000;
    expect(await paths()).toEqual(["/v1/events", "/event"]);
    updated = true;
    ms = 600_000;
    expect(await paths()).toEqual(["/v1/events"]);
    expect(await paths()).toEqual(["/v1/events"]);
  });

  it.each([{}, [], { _id: null }, { _id: "another" }, "half an ans"])(
    "does not take %j for a receipt",
    async (body) => {
      const { send } = await sinkTo(({ path }) => (path === "/event" ? { body } : { status: 404 }));
      await expect(send(events(1))).rejects.toMatchObject({ kind: "retry" });
    },
  );

  it("stops at its rate limit; what was not taken stays", async () => {
    let left = 5;
    const { send } = await sinkTo((seen) => {
      if (seen.path === "/event" && left-- <= 0) return { status: 429, headers: { "retry-after": "3" } };
      return singleRoute(seen);
    });
    const verdicts = await send(events(12));
    expect(verdicts.filter(({ status }) => status === "stored").length).toBe(5);
    expect(verdicts.filter(({ status }) => status === "retry").length).toBe(7);
    await expect(send(events(2))).rejects.toMatchObject({ kind: "retry", retryAfterMs: 3000 });
  });

  it("is looked for again when nothing is where it should be", async () => {
    let there = false;
    const { send, seen } = await sinkTo((one) => (there ? batchRoute(one) : { status: 404 }));
    await expect(send(events(1))).rejects.toMatchObject({ kind: "hold" });
    there = true;
    expect(await send(events(1))).toEqual([stored]);
    expect(seen.map(({ path }) => path)).toEqual(["/v1/events", "/event", "/v1/events"]);
  });
});

describe("Retry-After", () => {
  it.each([
    [{ "retry-after": "2" }, 2000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "-5" }, 0],
    [{ "retry-after": "soon" }, 0],
    [{}, 0],
    [{ "retry-after": "Wed, 01 Jan 2020 00:00:10 GMT", date: "Wed, 01 Jan 2020 00:00:00 GMT" }, 10_000],
    [{ "retry-after": "Wed, 01 Jan 2020 00:00:00 GMT" }, 0],
  ])("%j means %i ms", (headers, ms) => {
    expect(retryAfterMs(headers as Record<string, string>)).toBe(ms);
  });
});

describe("options", () => {
  it.each([
    [{ url: "ftp://x" }],
    [{ url: "lab" }],
    [{ url: "http://x", token: "" }],
    [{ url: "http://x", compression: "br" }],
    [{ url: "http://%zz:p@x" }],
    [{ url: "http://x", headers: "x" }],
    [{ url: "http://x", headers: { "a b": "c" } }],
    [{ url: "http://x", headers: { a: "b\r\nc: d" } }],
    [{ url: "http://x", headers: { "Transfer-Encoding": "chunked" } }],
  ])("refuses %j", (options) => {
    expect(() => httpSink(options as HttpSinkOptions)).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
  });
});
