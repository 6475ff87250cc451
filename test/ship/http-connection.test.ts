/** Connections that stall, break, lie or grow old. */
import { createServer, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { httpSink } from "../../src/ship/http-sink.ts";
import { SendError } from "../../src/ship/sink.ts";
import { TcpProxy } from "../helpers/tcp-proxy.ts";
import {
  batchRoute,
  closeServers,
  events,
  listen,
  rawServer,
  singleRoute,
  sinkTo,
  stored,
  textOf,
} from "./http-fakes.ts";

afterEach(closeServers);

const never = new AbortController().signal;
const timeout = new SendError("retry", "no answer within 10000 ms");
const OK = '{"results":[{"status":"stored"}]}';

const proxies: TcpProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

async function sinkAt(port: number | Promise<number>) {
  const base = `http://127.0.0.1:${await port}`;
  return { base, sink: httpSink({ url: base }) };
}

describe("an answer that does not arrive in full", () => {
  it.each([
    ["is cut in its body", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{", "the answer stopped half-way"],
    ["is cut between chunks", `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n21\r\n${OK}\r\n`, "half-way"],
    ["is cut in its head", "HTTP/1.1 200 OK\r\ncontent-le", "does not answer (ECONNRESET)"],
    ["is no HTTP", "220 mail.example.org ESMTP\r\n", "does not answer (HPE_INVALID_CONSTANT)"],
    ["is nothing", "", "does not answer (ECONNRESET)"],
    ["ends early without a length", "HTTP/1.1 200 OK\r\n\r\n{", "none of an Event Manager"],
    ["changes the protocol", "HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "127.0.0.1"],
  ])("counts as unknown when it %s", async (_what, answer, message) => {
    const { sink } = await sinkAt(rawServer((socket) => socket.end(answer)));
    const failure = { kind: "retry", message: expect.stringContaining(message) };
    await expect(sink.send(events(1), never)).rejects.toMatchObject(failure);
  });

  it("counts as unknown when it has no end", async () => {
    const chunk = Buffer.alloc(1_048_576, 0x20);
    const flood = (response: ServerResponse) => {
      while (!response.destroyed && response.write(chunk));
    };
    const server = createServer((_request, response) => {
      response.on("drain", () => flood(response));
      flood(response);
    });
    const { sink, base } = await sinkAt(listen(server));
    const message = `${base}: the answer is larger than 16777216 bytes`;
    await expect(sink.send(events(1), never)).rejects.toMatchObject({ kind: "retry", message });
  });
});

describe("an answer that comes before the whole request is sent", () => {
  it.each(["end", "destroy"] as const)("is heard, although the connection is gone by then (%s)", async (leave) => {
    const refusal = "HTTP/1.1 413 X\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    const port = rawServer((socket) => {
      socket.pause();
      socket.write(refusal, () => socket[leave]());
    });
    const sink = httpSink({ url: `http://127.0.0.1:${await port}`, compression: "none" });
    const large = [{ _id: "a", event_data: "x".repeat(8_388_608) }];
    await expect(sink.send(large, never)).rejects.toMatchObject({ kind: "too-large" });
  });
});

describe("an abort", () => {
  it.each(["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"])(
    "ends a wait after %j, and the connection",
    async (start) => {
      const dripping: NodeJS.Timeout[] = [];
      let gone: Promise<unknown> | undefined;
      const port = rawServer((socket) => {
        gone = new Promise((resolve) => socket.on("close", resolve));
        socket.write(start);
        if (start !== "") dripping.push(setInterval(() => socket.write("x"), 20));
        sending.abort(timeout);
      });
      const sending = new AbortController();
      const { sink } = await sinkAt(port);
      await expect(sink.send(events(1), sending.signal)).rejects.toBe(timeout);
      await gone;
      for (const timer of dripping) clearInterval(timer);
    },
  );

  it("ends a wait for a free connection", async () => {
    let waiting = 0;
    let full = () => {};
    const busy = new Promise<void>((resolve) => {
      full = resolve;
    });
    const server = createServer(() => {
      if (++waiting === 4) full();
    });
    const { sink } = await sinkAt(listen(server));
    const others = Array.from({ length: 4 }, () => sink.send(events(1), never).catch((error) => error.message));
    await busy;
    const sending = new AbortController();
    const fifth = sink.send(events(1), sending.signal);
    sending.abort(timeout);
    await expect(fifth).rejects.toBe(timeout);
    await expect(sink.send(events(1), sending.signal)).rejects.toBe(timeout);
    expect(waiting).toBe(4);
    await sink.close();
    for (const message of await Promise.all(others)) expect(message).toContain("was reset");
  });

  it("leaves no listener on the signal of a delivery that went well", async () => {
    const { send } = await sinkTo(batchRoute);
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => {
      listeners++;
      Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      listeners--;
      Reflect.apply(removeEventListener, signal, args);
    };
    expect(await send(events(1), signal)).toEqual([stored]);
    expect(listeners).toBe(0);
  });
});

describe("a kept connection", () => {
  it("serves one delivery after the other, and four at once at most", async () => {
    const { send, server } = await sinkTo((one) => (one.path === "/event" ? singleRoute(one) : { status: 404 }));
    let connections = 0;
    server.on("connection", () => connections++);
    await send(events(1));
    await send(events(1));
    expect(connections).toBe(1);
    expect(await send(events(21))).toHaveLength(21);
    expect(connections).toBeLessThanOrEqual(4);
  });

  it("is replaced at once when it has died meanwhile", async () => {
    const seen: string[] = [];
    const server = createServer(async (request, response) => {
      const { socket } = request as { socket: typeof request.socket & { used?: boolean } };
      seen.push(socket.used ? "again" : "first");
      const { body } = batchRoute({ text: await textOf(request) });
      if (socket.used) socket.destroy();
      else response.end(JSON.stringify(body));
      socket.used = true;
    });
    const { sink } = await sinkAt(listen(server));
    expect(await sink.send(events(1), never)).toEqual([stored]);
    expect(await sink.send(events(1), never)).toEqual([stored]);
    expect(seen).toEqual(["first", "again", "first"]);
  });

  it("is not replaced for ever: a new one that breaks is trouble", async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      if (requests++ === 0) response.end(OK);
      else request.socket.destroy();
    });
    const { sink } = await sinkAt(listen(server));
    await sink.send(events(1), never);
    await expect(sink.send(events(1), never)).rejects.toMatchObject({ kind: "retry" });
    expect(requests).toBe(3);
  });

  it("is replaced when the server has closed it while idle", async () => {
    const { send, server } = await sinkTo(batchRoute);
    await send(events(1));
    server.closeIdleConnections();
    expect(await send(events(1))).toEqual([stored]);
  });
});

describe("reset", () => {
  it("fails what is under way, and starts afresh", async () => {
    let requests = 0;
    let arrived = () => {};
    const first = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = createServer((_request, response) => {
      if (requests++ > 0) response.end(OK);
      else arrived();
    });
    const { sink, base } = await sinkAt(listen(server));
    const stuck = sink.send(events(1), never);
    stuck.catch(() => {});
    await first;
    sink.reset?.();
    const message = `the connection to ${base} was reset`;
    await expect(stuck).rejects.toMatchObject({ kind: "retry", message });
    expect(await sink.send(events(1), never)).toEqual([stored]);
  });

  it("gets through once a stalled network flows again", async () => {
    const target = createServer((_request, response) => response.end(OK));
    const proxy = await TcpProxy.to(await listen(target));
    proxies.push(proxy);
    const { sink } = await sinkAt(proxy.port);
    expect(await sink.send(events(1), never)).toEqual([stored]);
    proxy.stall();
    const sending = new AbortController();
    const stuck = sink.send(events(1), sending.signal);
    setImmediate(() => sending.abort(timeout));
    await expect(stuck).rejects.toBe(timeout);
    sink.reset?.();
    proxy.flow();
    expect(await sink.send(events(1), never)).toEqual([stored]);
    proxy.onClientData = () => "drop";
    await expect(sink.send(events(1), never)).rejects.toMatchObject({ kind: "retry" });
    proxy.onClientData = () => "pass";
    expect(await sink.send(events(1), never)).toEqual([stored]);
  });

  it("does not open a sink that is closed", async () => {
    const { send, sink, seen } = await sinkTo(batchRoute);
    await sink.close();
    sink.reset?.();
    await expect(send(events(1))).rejects.toMatchObject({ kind: "hold", message: "the sink is closed" });
    expect(seen).toEqual([]);
  });
});

describe("an address", () => {
  it("may be an IPv6 one", async () => {
    const port = await listen(
      createServer((_request, response) => response.end(OK)),
      "::1",
    );
    expect(await httpSink({ url: `http://[::1]:${port}/` }).send(events(1), never)).toEqual([stored]);
  });

  it("that cannot be found may be found later", async () => {
    const sink = httpSink({ url: "http://u:secret@manager.invalid:1" });
    const message = expect.stringMatching(/^http:\/\/manager\.invalid:1 does not answer \((ENOTFOUND|EAI_AGAIN)\)$/);
    await expect(sink.send(events(1), never)).rejects.toMatchObject({ kind: "retry", message });
  });

  it("that leads elsewhere is not followed", async () => {
    const elsewhere = await sinkTo(batchRoute);
    const headers = { location: `http://${elsewhere.base}/v1/events` };
    const { send } = await sinkTo(() => ({ status: 307, headers }), { token: "t0k" });
    await expect(send(events(1))).rejects.toMatchObject({ kind: "hold", message: "HTTP 307" });
    expect(elsewhere.seen).toEqual([]);
  });
});
