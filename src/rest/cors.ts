/**
 * CORS as Starlette does it: headers only where the request names an origin, preflights answered for every path, the
 * requested headers echoed, never credentials.
 */
import type { FastifyReply, FastifyRequest } from "fastify";

const METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
const EXPOSED = "Link, Retry-After";
const MAX_AGE_SECONDS = "600";

/** An `onRequest` hook. A host's own CORS headers are left alone. */
export function corsHook(origins: readonly string[]) {
  const any = origins.includes("*");
  return function cors(request: FastifyRequest, reply: FastifyReply, done: () => void) {
    const { origin } = request.headers;
    if (origin === undefined || reply.hasHeader("access-control-allow-origin")) return done();
    if (any || origins.includes(origin)) {
      reply.header("access-control-allow-origin", any ? "*" : origin).header("access-control-expose-headers", EXPOSED);
    }
    if (!any) reply.header("vary", "Origin");
    if (isPreflight(request)) sendPreflight(request, reply);
    else done();
  };
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

function sendPreflight(request: FastifyRequest, reply: FastifyReply): void {
  const requested = request.headers["access-control-request-headers"];
  if (requested !== undefined) reply.header("access-control-allow-headers", requested);
  reply
    .header("access-control-allow-methods", METHODS)
    .header("access-control-max-age", MAX_AGE_SECONDS)
    .header("vary", "Origin")
    .type("text/plain; charset=utf-8")
    .send("OK");
}
