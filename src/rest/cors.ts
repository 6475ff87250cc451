/**
 * CORS as Starlette does it: headers only where the request names an origin, preflights answered for every path, the
 * requested headers echoed, never credentials.
 *
 * Some routes are not for every page of the web, whatever `*` says: those that change what people are told.
 * A page that somebody in the lab happens to visit must not silence the lab. There an origin is allowed by its name, or
 * by being the server's own.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "./failure.ts";

const METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
const EXPOSED = "Link, Retry-After";
const MAX_AGE_SECONDS = "600";
const READING = new Set(["GET", "HEAD", "OPTIONS"]);
const OF_ALERTS = /^\/v1\/(?:incidents|silences|notifications|alerts)(?:\/|$)/;
/** Guarded by a token of its own; its page sends no origin that could be compared. */
const BY_TOKEN = "/v1/incidents/:incident_id/act";

/** An `onRequest` hook. A host's own CORS headers are left alone. */
export function corsHook(origins: readonly string[]) {
  const any = origins.includes("*");
  return function cors(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) {
    const { origin } = request.headers;
    if (origin === undefined) return done();
    const preflight = isPreflight(request);
    const guarded = changesAlerts(request);
    const named = origins.includes(origin) || reply.getHeader("access-control-allow-origin") === origin;
    const stranger = guarded && !named && !isOwn(request, origin);
    if (stranger && !preflight && request.routeOptions.url !== pathBelow(request, BY_TOKEN))
      return done(refused(origin));
    if (reply.hasHeader("access-control-allow-origin")) return done();
    const star = any && !guarded;
    if (star || named) {
      reply.header("access-control-allow-origin", star ? "*" : origin).header("access-control-expose-headers", EXPOSED);
    }
    if (!star) reply.header("vary", "Origin");
    if (preflight) sendPreflight(request, reply);
    else done();
  };
}

/** What a preflight asks for counts like the request itself. */
function changesAlerts(request: FastifyRequest): boolean {
  const { routeOptions, server, method, headers } = request;
  const meant = isPreflight(request) ? headers["access-control-request-method"] : method;
  const path = routeOptions.url?.slice(server.prefix.length) ?? "";
  return OF_ALERTS.test(path) && !READING.has(String(meant).toUpperCase());
}

/** Browsers say it themselves where they may; behind a proxy that renames the host nothing else tells. */
function isOwn({ headers }: FastifyRequest, origin: string): boolean {
  if (headers["sec-fetch-site"] === "same-origin") return true;
  return URL.canParse(origin) && new URL(origin).host === headers.host?.toLowerCase();
}

/** A page that is neither the server's own nor of a named origin. What is no browser is no page. */
export function isForeignPage(request: FastifyRequest, origins: readonly string[]): boolean {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin === undefined) return site === "cross-site" || site === "same-site";
  return !origins.includes(origin) && !isOwn(request, origin);
}

const pathBelow = ({ server }: FastifyRequest, path: string) => `${server.prefix}${path}`;

function refused(origin: string): Failure {
  const words = `Pages of ${origin.slice(0, 200)} may not change alerts; name that origin in cors_origins (corsOrigins) to allow it`;
  return new Failure(403, "refused", words);
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
