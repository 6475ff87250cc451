/** A real HTTP(S) server that keeps what it got and answers as told; and plans of channels that send to it. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { systemClock } from "../../src/alert/clock.ts";
import type { WebhookPlan } from "../../src/alert/webhook-body.ts";
import type { WebhookContext } from "../../src/alert/webhook-channel.ts";

const pem = (name: string) => readFileSync(resolve(import.meta.dirname, "../data/tls", name), "utf8");
export const CERTIFICATE = pem("cert.pem");

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly port: number;
  readonly url: string;
  readonly received: readonly Received[];
  /** Connections made so far, whether or not a request came. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export type Answering = (response: ServerResponse, request: Received) => void;

export async function startReceiver(
  answer: Answering = (response) => response.end("ok"),
  { secure = false } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  let connections = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url: path = "", headers } = request;
    const one = { method, path, headers, body: Buffer.concat(chunks).toString() };
    received.push(one);
    answer(response, one);
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    void handle(request, response).catch(() => {});
  const server = secure
    ? createSecureServer({ key: pem("key.pem"), cert: CERTIFICATE }, onRequest)
    : createServer(onRequest);
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${secure ? "https" : "http"}://127.0.0.1:${port}/hook/s3cret-path`,
    received,
    connections: () => connections,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

export function planOf(url: string, change: Partial<WebhookPlan> = {}): WebhookPlan {
  return {
    type: "webhook",
    name: "hook",
    url,
    secret: null,
    headers: {},
    format: "json",
    allowPrivate: true,
    connectMs: 3000,
    timeoutMs: 10_000,
    ...change,
  };
}

export const CONTEXT: WebhookContext = { publicUrl: null, timezone: "UTC", clock: systemClock };
export const NEVER = new AbortController().signal;
