import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { failoverSink } from "../../src/ship/failover-sink.ts";
import { httpSink } from "../../src/ship/http-sink.ts";
import { SendError, type Sink, type Verdict } from "../../src/ship/sink.ts";
import { storeSink } from "../../src/ship/store-sink.ts";
import { EventStore } from "../../src/store/store.ts";
import { batchRoute, closeServers, events, listen, rawServer, sinkTo, stored } from "./http-fakes.ts";

afterEach(closeServers);

const never = new AbortController().signal;
const STORED: readonly Verdict[] = [{ status: "stored" }];
type Answer = () => readonly Verdict[] | Promise<readonly Verdict[]>;

const fails =
  (kind: SendError["kind"], message: string, retryAfterMs = 0) =>
  () => {
    throw new SendError(kind, message, retryAfterMs);
  };
const hangs = () => new Promise<never>(() => {});

/** Sinks a, b, … that answer as told, behind a failover with a clock of its own. */
function failover(...answers: Answer[]) {
  const clock = { ms: 0 };
  const tried: string[] = [];
  const done: string[] = [];
  const sinks = answers.map((answer, at) => {
    const name = "abc"[at] as string;
    const sink: Sink = {
      async send() {
        tried.push(name);
        return (answers[at] ?? answer)();
      },
      reset: () => void done.push(`reset ${name}`),
      close: async () => void done.push(`close ${name}`),
    };
    return { name, sink };
  });
  const sink = failoverSink(sinks, { now: () => clock.ms });
  const send = (signal = never) => sink.send(events(1), signal);
  return { sink, send, clock, answers, done, tried: () => tried.splice(0).join("") };
}

describe("failoverSink", () => {
  it("stays with the first while it works", async () => {
    const { send, tried } = failover(
      () => STORED,
      () => STORED,
    );
    for (let n = 0; n < 3; n++) expect(await send()).toEqual(STORED);
    expect(tried()).toBe("aaa");
  });

  it.each([
    ["cannot be reached", fails("retry", "down")],
    ["is held up", fails("hold", "HTTP 401")],
    [
      "throws",
      () => {
        throw new TypeError("bug");
      },
    ],
    ["takes nothing", () => [{ status: "retry" } as const]],
  ])("goes to the next at once when the first %s, and comes back after 30 s", async (_what, trouble) => {
    const { send, clock, tried, answers } = failover(trouble, () => STORED);
    expect(await send()).toEqual(STORED);
    expect(tried()).toBe("ab");
    clock.ms = 29_999;
    await send();
    expect(tried()).toBe("b");
    clock.ms = 30_000;
    await send();
    expect(tried()).toBe("ab");
    answers[0] = () => STORED;
    clock.ms = 60_000;
    await send();
    await send();
    expect(tried()).toBe("aa");
  });

  it("leaves one alone for as long as it asks, five minutes at most", async () => {
    const { send, clock, tried, answers } = failover(fails("retry", "busy", 120_000), () => STORED);
    await send();
    clock.ms = 119_999;
    await send();
    expect(tried()).toBe("abb");
    answers[0] = fails("retry", "busy", 1e12);
    clock.ms = 120_000;
    await send();
    clock.ms = 420_000;
    await send();
    expect(tried()).toBe("abab");
  });

  it.each(["too-large", "refused"] as const)("takes %s for an answer", async (kind) => {
    const { send, tried } = failover(fails(kind, "no"), () => STORED);
    await expect(send()).rejects.toMatchObject({ kind, message: "no" });
    await expect(send()).rejects.toMatchObject({ kind });
    expect(tried()).toBe("aa");
  });

  it("hands on verdicts of which some are to be tried again", async () => {
    const some = [{ status: "stored" }, { status: "retry" }] as const;
    const { send, tried } = failover(
      () => some,
      () => STORED,
    );
    expect(await send()).toEqual(some);
    expect(tried()).toBe("a");
  });

  it("tries each when all are down, the one that is due soonest first, and says what each said", async () => {
    const { send, clock, tried, answers } = failover(fails("hold", "HTTP 401", 9000), fails("retry", "down", 5000));
    const all = { kind: "retry", message: "a: HTTP 401; b: down", retryAfterMs: 5000 };
    await expect(send()).rejects.toMatchObject(all);
    expect(tried()).toBe("ab");
    clock.ms = 30_000;
    answers[1] = () => STORED;
    await send();
    answers[1] = fails("retry", "down");
    clock.ms = 40_000;
    await expect(send()).rejects.toMatchObject({ message: "b: down; a: HTTP 401" });
    tried();
    clock.ms = 50_000;
    await expect(send()).rejects.toMatchObject({ kind: "retry" });
    expect(tried()).toBe("ab");
  });

  it("holds only when waiting helps none of them", async () => {
    const { send } = failover(fails("hold", "HTTP 401"), fails("hold", "HTTP 404"));
    await expect(send()).rejects.toMatchObject({ kind: "hold", message: "a: HTTP 401; b: HTTP 404" });
  });

  it("gives one that hangs the time of one send only", async () => {
    const { send, tried } = failover(hangs, () => STORED);
    const sending = new AbortController();
    const timeout = new SendError("retry", "no answer within 10000 ms");
    const stuck = send(sending.signal);
    sending.abort(timeout);
    await expect(stuck).rejects.toBe(timeout);
    await expect(send(sending.signal)).rejects.toBe(timeout);
    expect(await send()).toEqual(STORED);
    expect(tried()).toBe("ab");
  });

  it("resets and closes all, whatever one of them does", async () => {
    const { sink, done } = failover(
      () => STORED,
      () => STORED,
    );
    const bad: Sink = {
      send: async () => STORED,
      reset: () => {
        throw new Error("no");
      },
      close: () => Promise.reject(new Error("stuck")),
    };
    const both = failoverSink([
      { name: "bad", sink: bad },
      { name: "good", sink },
    ]);
    await both.reset?.();
    await expect(both.close()).rejects.toThrow("stuck");
    expect(done).toEqual(["reset a", "reset b", "close a", "close b"]);
  });

  it("shows no password of a name", async () => {
    const sink: Sink = { send: fails("retry", "down"), close: async () => {} };
    const named = failoverSink([{ name: "mongodb://u:p@ss@host/db", sink }]);
    await expect(named.send(events(1), never)).rejects.toThrow("mongodb://host/db: down");
  });

  it("refuses no sinks and no time", () => {
    const code = expect.objectContaining({ code: "EVT_INVALID_OPTION" });
    expect(() => failoverSink([])).toThrow(code);
    const sink: Sink = { send: async () => STORED, close: async () => {} };
    expect(() => failoverSink([{ name: "a", sink }], { retryFirstMs: -1 })).toThrow(code);
  });
});

describe("a server that is away", () => {
  it("is stood in for by another, and then by a store", async () => {
    await using store = await EventStore.open("memory:", { onWarning: () => {} });
    const first = await sinkTo(batchRoute);
    const second = await sinkTo(batchRoute);
    const local = { name: "store", sink: storeSink(() => store, false) };
    const sink = failoverSink([{ name: "one", sink: first.sink }, { name: "two", sink: second.sink }, local]);
    expect(await sink.send(events(2), never)).toEqual([stored, stored]);
    expect([first.seen.length, second.seen.length]).toEqual([1, 0]);
    first.server.close().closeAllConnections();
    expect(await sink.send(events(2), never)).toEqual([stored, stored]);
    expect([first.seen.length, second.seen.length]).toEqual([1, 1]);
    await closeServers();
    expect(await sink.send(events(2), never)).toEqual([stored, stored]);
    expect(await store.count()).toBe(2);
    await sink.close();
  });

  it("that stalls is left after one timeout", async () => {
    const silent = httpSink({ url: `http://127.0.0.1:${await rawServer(() => {})}` });
    const port = await listen(createServer((_request, response) => response.end('{"results":[{"status":"stored"}]}')));
    const working = httpSink({ url: `http://127.0.0.1:${port}` });
    const sink = failoverSink([
      { name: "silent", sink: silent },
      { name: "working", sink: working },
    ]);
    await expect(sink.send(events(1), AbortSignal.timeout(50))).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await sink.send(events(1), never)).toEqual([stored]);
    await sink.close();
  });
});
