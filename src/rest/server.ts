/**
 * createServer: a whole server of its own, as `madsci-events serve` runs it.
 *
 * Stopping: `app.close()` ─► /ready says 503 ─► `shutdownGraceMs` pass, everything else is still answered ─► no new
 * connections ─► requests under way finish ─► closed. The store stays open; its owner closes it.
 */
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { detailText } from "./detail.ts";
import { Failure, invalidRequest } from "./failure.ts";
import { mount } from "./mount.ts";
import { type ResolvedRestOptions, type RestOptions, resolveRestOptions } from "./options.ts";
import { PROBLEM_TYPE, problemText } from "./problem.ts";
import { JSON_TYPE } from "./route.ts";

/** Longest a client may take to send a request. */
const REQUEST_TIMEOUT_MS = 120_000;
const IDLE_CHECK_MS = 100;

/**
 * A Fastify server with every route at its root; call `listen()` on it, and `close()` to stop it.
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the option.
 * @since 0.1.0
 */
export function createServer(options: RestOptions): FastifyInstance {
  const resolved = resolveRestOptions({ onError: warn, ...options });
  const app = fastify({
    logger: false,
    return503OnClosing: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    frameworkErrors: ({ code }, request, reply) => refusePath(code, request as FastifyRequest, reply as FastifyReply),
  });
  mount(app, resolved, { whole: true });
  const connections = new Set<Socket>();
  app.server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  app.addHook("preClose", () => stopServing(app, connections, resolved)); // after mount's own, which makes /ready say no
  return app;
}

/** A path that leads to no route: it is not percent-encoded UTF-8, or has an id longer than any there is. */
function refusePath(code: string, { url }: FastifyRequest, reply: FastifyReply): void {
  const failure =
    code === "FST_ERR_MAX_PARAM_LENGTH" ? new Failure(404, "not-found", "No id is that long") : badPath(url);
  const [type, text] = url.startsWith("/v1/") ? [PROBLEM_TYPE, problemText(failure)] : [JSON_TYPE, detailText(failure)];
  reply.code(failure.status).type(type).send(text);
}

function badPath(url: string): Failure {
  const msg = "The path is not percent-encoded UTF-8";
  return invalidRequest([{ type: "value_error", loc: ["path"], msg, input: url }]);
}

/**
 * Connections that become idle from now on are closed, so that none of them holds up the end; also those on which
 * nothing was ever sent (clients open them in advance), which Node does not count as idle.
 */
async function stopServing(
  { server }: FastifyInstance,
  connections: ReadonlySet<Socket>,
  { shutdownGraceMs }: ResolvedRestOptions,
): Promise<void> {
  if (shutdownGraceMs > 0) await pause(shutdownGraceMs);
  const timer = setInterval(() => {
    server.closeIdleConnections();
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  }, IDLE_CHECK_MS);
  timer.unref();
  server.once("close", () => clearInterval(timer));
}

function warn(error: unknown, request: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`${request} failed: ${text}`, { type: "MadsciEvents" });
}
