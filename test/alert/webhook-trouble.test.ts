import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Delivery } from "../../src/alert/notification.ts";
import { type WebhookContext, webhookChannel } from "../../src/alert/webhook-channel.ts";
import { type Answering, CONTEXT, NEVER, planOf, type Receiver, startReceiver } from "./http-receiver.ts";
import { sampleNotification } from "./sample-notification.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function receiver(answer?: Answering): Promise<Receiver> {
  const started = await startReceiver(answer);
  open.push(started);
  return started;
}

/** A server of bytes: says what it is told once something arrives. */
async function bytes(onData: (socket: Socket) => void): Promise<{ port: number; gone: Promise<void> }> {
  const sockets = new Set<Socket>();
  let left = () => {};
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", left);
    socket.once("data", () => onData(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const close = () =>
    new Promise<void>((done) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => done());
    });
  open.push({ close });
  return { port: (server.address() as { port: number }).port, gone };
}

function channel(url: string, change: Parameters<typeof planOf>[1] = {}, context: Partial<WebhookContext> = {}) {
  const made = webhookChannel(planOf(url, change), { ...CONTEXT, ...context });
  open.push(made);
  return made;
}

const notification = sampleNotification();
const send = (...args: Parameters<typeof channel>): Promise<Delivery> => channel(...args).send(notification, NEVER);
const answering = (status: number, headers: Record<string, string> = {}, body = "") =>
  receiver((response) => response.writeHead(status, headers).end(body));

describe("what an answer means", () => {
  it.each([200, 201, 202, 204, 299])("is sent for %i", async (status) => {
    expect(await send((await answering(status)).url)).toEqual({ status: "sent", detail: `HTTP ${status}` });
  });

  it.each([408, 425, 429, 500, 502, 503, 599])("is another try for %i", async (status) => {
    const delivery = await send((await answering(status)).url);
    expect(delivery).toEqual({ status: "retry", channelDown: true, reason: `HTTP ${status}` });
  });

  it.each([
    [400, false],
    [413, false],
    [422, false],
    [401, true],
    [403, true],
    [404, true],
    [410, true],
  ])("is refused for %i", async (status, channelDown) => {
    expect(await send((await answering(status)).url)).toEqual({
      status: "refused",
      channelDown,
      reason: `HTTP ${status}`,
    });
  });

  it.each([301, 302, 303, 307, 308])("is refused for the redirect %i, which nobody follows", async (status) => {
    const target = await receiver();
    const from = await answering(status, { location: target.url });
    expect(await send(from.url)).toMatchObject({
      status: "refused",
      reason: expect.stringMatching(/redirects are not/),
    });
    expect(target.connections()).toBe(0);
  });

  it.each([
    ["7", 7000],
    ["0", 0],
    ["86400", 3_600_000],
    ["Mon, 30 Nov 2026 13:05:31 GMT", 30_000],
    ["Mon, 30 Nov 2020 13:05:31 GMT", 0],
    ["soon", undefined],
  ])("waits as Retry-After %s asks, at most an hour", async (after, afterMs) => {
    const { url } = await answering(429, { "retry-after": after });
    const clock = { ...CONTEXT.clock, now: () => Date.parse("2026-11-30T13:05:01.000Z") };
    const delivery = await send(url, {}, { clock });
    expect(delivery).toMatchObject({ status: "retry" });
    expect("afterMs" in delivery ? delivery.afterMs : undefined).toBe(afterMs);
  });

  it("repeats the receiver's words, readable, short, and without our secrets", async () => {
    const said = `no_service\u0007\u202e key-123456 Bearer t0ken /hook/s3cret-path ${"x".repeat(500)}`;
    const { url } = await answering(400, {}, said);
    const headers = { authorization: "Bearer t0ken" };
    const delivery = await send(url, { secret: "key-123456", headers });
    expect(delivery).toMatchObject({
      status: "refused",
      reason: expect.stringMatching(/^HTTP 400: no_service \*\*\* /),
    });
    const { reason } = delivery as { reason: string };
    expect(reason).not.toMatch(/key-123456|t0ken|s3cret/);
    expect(reason.length).toBeLessThan(230);
  });

  it.each([
    ["a part of the path", "no team T0SECRET1 here"],
    ["the end of the path", 'unknown hook: "abcDEF123456"'],
    ["a decoded part of the path", "no such thing: pass word"],
    ["a value of the query", "sig Zm9vYmFy+baz is wrong"],
    ["a decoded value of the query", "sig Zm9vYmFy baz is wrong"],
    ["a header's value without its scheme", "the token t0ken-of-mine has expired"],
    ["what a basic header means", "user ada may not use pass:w0rd"],
    ["the encoded basic header", "wrong: YWRhOnBhc3M6dzByZA=="],
    ["the signing secret", "key-123456 is wrong"],
  ])("never repeats %s", async (_what, said) => {
    const { url } = await answering(400, {}, said);
    const headers = { authorization: "Bearer t0ken-of-mine", "x-auth": "Basic YWRhOnBhc3M6dzByZA==" };
    const target = new URL("/services/T0SECRET1/pass%20word/abcDEF123456?sig=Zm9vYmFy+baz", url).href;
    const { reason } = (await send(target, { secret: "key-123456", headers })) as { reason: string };
    expect(reason).toContain("***");
    expect(reason).not.toMatch(/T0SECRET1|abcDEF|pass word|Zm9v|t0ken|w0rd|YWRh|123456/);
  });

  it("says nothing of a page of HTML", async () => {
    const { url } = await answering(502, {}, "<html><h1>Bad gateway</h1></html>");
    expect(await send(url)).toMatchObject({ reason: "HTTP 502" });
  });
});

describe("trouble on the way", () => {
  const down = { status: "retry", channelDown: true };

  it("is told when nobody listens, and when there is no such name", async () => {
    const { url, close } = await startReceiver();
    await close();
    expect(await send(url)).toMatchObject({ ...down, reason: expect.stringMatching(/nobody listens.*ECONNREFUSED/) });
    const resolve = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
    const named = await send("https://hooks.example.org/p", {}, { resolve });
    expect(named).toMatchObject({ ...down, reason: "no such host name (hooks.example.org, ENOTFOUND)" });
  });

  it("ends the wait for a name that is never found", async () => {
    const resolve = () => new Promise<never>(() => {});
    const delivery = await send("https://hooks.example.org/p", { connectMs: 20 }, { resolve });
    expect(delivery).toEqual({ ...down, reason: "no connection within 0.02 s" });
  });

  it("ends the wait for encryption that is never agreed on", async () => {
    const { port, gone } = await bytes(() => {});
    const delivery = await send(`https://127.0.0.1:${port}/`, { connectMs: 50 });
    expect(delivery).toEqual({ ...down, reason: "no connection within 0.05 s" });
    await gone;
  });

  it("ends the wait for an answer that never begins", async () => {
    const { port, gone } = await bytes(() => {});
    const delivery = await send(`http://127.0.0.1:${port}/`, { timeoutMs: 80 });
    expect(delivery).toEqual({ ...down, reason: "no answer within 0.08 s" });
    await gone;
  });

  it("ends the wait for headers that never end", async () => {
    const { port, gone } = await bytes((socket) => socket.write("HTTP/1.1 200 OK\r\nx: y\r\n"));
    expect(await send(`http://127.0.0.1:${port}/`, { timeoutMs: 80 })).toMatchObject(down);
    await gone;
  });

  it("takes the status for the answer when the body stalls or breaks off", async () => {
    const start = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin";
    const stalled = await bytes((socket) => socket.write(start));
    expect(await send(`http://127.0.0.1:${stalled.port}/`, { timeoutMs: 400 })).toMatchObject({ status: "sent" });
    await stalled.gone;
    const broken = await bytes((socket) => socket.end(start));
    expect(await send(`http://127.0.0.1:${broken.port}/`)).toMatchObject({ status: "sent" });
  });

  it("drops an endless answer after 64 KB", async () => {
    const chunk = "y".repeat(16_384);
    const { port, gone } = await bytes((socket) => {
      const more = () => {
        while (socket.writable && socket.write(chunk));
      };
      socket.write("HTTP/1.1 500 Oops\r\nconnection: close\r\n\r\n");
      socket.on("drain", more);
      more();
    });
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({
      ...down,
      reason: expect.stringMatching(/^HTTP 500: y+…$/),
    });
    await gone;
  });

  it.each(["", "SMTP ready\r\n\r\n", "HTTP/1.1 99999 x\r\n\r\n"])(
    "tries again after an answer that is none: %j",
    async (said) => {
      const { port } = await bytes((socket) => socket.end(said));
      expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject(down);
    },
  );

  it("stops at the signal, before and during a request", async () => {
    const { port, gone } = await bytes(() => stop.abort());
    const stop = new AbortController();
    const url = `http://127.0.0.1:${port}/`;
    expect(await channel(url).send(notification, stop.signal)).toEqual({
      ...down,
      reason: "stopped before an answer came",
    });
    await gone;
    const target = await receiver();
    expect(await channel(target.url).send(notification, AbortSignal.abort())).toMatchObject(down);
    expect(target.connections()).toBe(0);
  });

  it("stops what is under way when it is closed, twice if need be", async () => {
    const { port } = await bytes(() => void made.close());
    const made = channel(`http://127.0.0.1:${port}/`);
    expect(await made.send(notification, NEVER)).toMatchObject(down);
    await made.close();
    expect(await made.send(notification, NEVER)).toMatchObject(down);
  });
});
