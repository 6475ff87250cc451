/** Servers that answer as told, and sinks that deliver to them. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { gunzipSync } from "node:zlib";
import type { EventInput } from "../../src/event/event.ts";
import { type HttpSinkOptions, httpSink } from "../../src/ship/http-sink.ts";

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}
export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

const servers: (Server | TcpServer)[] = [];
const sockets = new Set<Socket>();

/** For each file's own `afterEach`, since files share this module. */
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Listens until the end of the test; answers the port. */
export async function listen(server: Server | TcpServer, host = "127.0.0.1"): Promise<number> {
  servers.push(server);
  for (const event of ["connection", "secureConnection"]) {
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    });
  }
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A server without HTTP: gets every connection with its first bytes. */
export function rawServer(answer: (socket: Socket, text: string) => void): Promise<number> {
  return listen(createTcpServer((socket) => socket.on("data", (bytes) => answer(socket, String(bytes)))));
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  return String(request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw);
}

/** What a server with `reply` does with a request. */
export function answering(reply: (seen: Seen) => Reply, seen: Seen[] = []): Parameters<typeof createServer>[1] {
  return async (request, response) => {
    const one = { path: request.url ?? "", headers: request.headers, text: await textOf(request) };
    seen.push(one);
    const { status = 200, headers = {}, body = {} } = reply(one);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** A server that answers as told, and a sink that delivers to it. */
export async function sinkTo(reply: (seen: Seen) => Reply, options: Partial<HttpSinkOptions> = {}, now?: () => number) {
  const seen: Seen[] = [];
  const server = createServer({}, answering(reply, seen));
  const base = `127.0.0.1:${await listen(server)}`;
  const sink = httpSink({ url: `http://${base}`, ...options }, now);
  const send = (some: EventInput[], signal = new AbortController().signal) => sink.send(some, signal);
  return { seen, send, base, sink, server };
}

export function events(count: number): EventInput[] {
  return Array.from({ length: count }, (_, n) => ({ _id: `id-${n}`, event_type: "test", event_data: { n } }));
}

export const stored = { status: "stored" };

export function batchRoute({ text }: Pick<Seen, "text">): Reply {
  const results = text
    .trim()
    .split("\n")
    .map((line) => ({ id: JSON.parse(line)._id, status: "stored" }));
  return { body: { accepted: results.length, duplicates: 0, conflicts: 0, rejected: 0, results } };
}

/** MADSci's server: one event per request. */
export function singleRoute({ path, text }: Seen): Reply {
  if (path !== "/event") return { status: 404, body: { detail: "Not Found" } };
  const { event_id, ...event } = JSON.parse(text);
  return { body: { _id: event_id, ...event } };
}
