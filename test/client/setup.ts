/** Servers and clients for the tests of this room; everything ends with its test. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type Diagnostic, EventClient, type EventClientOptions, type StoredEvent } from "../../src/client/index.ts";
import { openServer, type TestServer } from "../rest/server.ts";

/** `v1`: this package's server. `madsci`: the same without what MADSci's has not. */
export const KINDS = ["v1", "madsci"] as const;
export type Kind = (typeof KINDS)[number];

export interface Lab extends TestServer {
  readonly url: string;
  /** Of all requests, `METHOD /path`. */
  readonly requests: string[];
  events(): Promise<StoredEvent[]>;
}

export async function openLab(kind: Kind = "v1"): Promise<Lab> {
  const server = await openServer();
  const requests: string[] = [];
  server.app.addHook("onRequest", async (request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    requests.push(`${request.method} ${path}`);
    if (kind === "madsci" && /^\/(v1\/|live|ready)/.test(path)) return reply.code(404).send({ detail: "Not Found" });
  });
  const url = await server.app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const events = () => server.store.find({ order: "oldest", includeArchived: true }).toArray();
  return Object.assign(server, { url, requests, events });
}

export interface TestClient {
  readonly client: EventClient;
  readonly told: Diagnostic[];
}

/** A client that waits for nothing. */
export function openClient(url: string, options: EventClientOptions = {}): TestClient {
  const told: Diagnostic[] = [];
  const quick = { batch: { maxWaitMs: 5 }, retry: { minMs: 5, maxMs: 20 }, close: { networkMs: 500, totalMs: 1000 } };
  const onDiagnostic = (diagnostic: Diagnostic) => void told.push(diagnostic);
  const client = new EventClient({ eventServerUrl: url, ...quick, onDiagnostic, ...options });
  onTestFinished(async () => {
    await client.close();
  });
  return { client, told };
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server that does as it is told. Answers its address. */
export async function scripted(handler: Handler): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    handler(request, response, Buffer.concat(parts).toString());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** What a call throws, as code and message. */
export async function failure(work: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await work();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
  throw new Error("nothing was thrown");
}
