/**
 * mount: the route table onto a Fastify context, with everything the routes need and nothing that reaches beyond it.
 *
 *   onRequest: CORS ─► rate limit ─► route (or 405, 404) ─► body as bytes ─► handler ─► failure as detail or problem
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { originOf } from "../store/origin.ts";
import type { EventStore } from "../store/store.ts";
import { readRawBodies } from "./body.ts";
import { corsHook } from "./cors.ts";
import { detailText } from "./detail.ts";
import { Failure, toFailure } from "./failure.ts";
import { OpenStreams } from "./open-streams.ts";
import { openApiDocument } from "./openapi.ts";
import type { ResolvedRestOptions } from "./options.ts";
import { PROBLEM_TYPE, problemText } from "./problem.ts";
import { RateLimiter } from "./rate-limit.ts";
import { reportThread } from "./report-thread.ts";
import { ReportTurns } from "./report-turns.ts";
import type { Reporter } from "./reporter.ts";
import { idOf, JSON_TYPE, type Rest, type Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export interface MountOptions {
  /** True where the context is a whole server: `/` and unknown paths are ours, too. */
  readonly whole: boolean;
}

/** Adds all routes to `app`, which should be a context of its own. */
export function mount(app: FastifyInstance, options: ResolvedRestOptions, { whole }: MountOptions): void {
  const rest = restOf(app, options);
  readRawBodies(app, options.limits.bulkBytes);
  app.addHook("onRequest", corsHook(options.corsOrigins));
  app.addHook("onRequest", rateLimitHook(options));
  app.setErrorHandler((error, request, reply) => sendError(rest, request, reply, error));
  if (whole) app.setNotFoundHandler(notFound);
  const routes = ROUTES.filter(({ path }) => whole || path !== "/");
  for (const route of routes) addRoute(app, rest, route);
  for (const path of new Set(routes.map((route) => route.path))) refuseOtherMethods(app, path);
}

function restOf(app: FastifyInstance, options: ResolvedRestOptions): Rest {
  let stopping = false;
  let text: string | undefined;
  const streams = new OpenStreams();
  const reports = new ReportTurns();
  app.addHook("preClose", async () => {
    stopping = true;
    reports.endAll();
    await streams.endAll();
  });
  const document = () => {
    text ??= JSON.stringify(openApiDocument(ROUTES, options, app.prefix));
    return text;
  };
  const reporter = options.reporter === undefined ? ownReporter(app, options.store) : options.reporter;
  return { store: options.store, options, stopping: () => stopping, streams, reports, reporter, document };
}

/** One that ends with the app. */
function ownReporter(app: FastifyInstance, store: EventStore): Reporter | undefined {
  const origin = originOf(store);
  const reporter = origin && reportThread(origin);
  app.addHook("onClose", async () => reporter?.close());
  return reporter;
}

function addRoute(app: FastifyInstance, rest: Rest, route: Route): void {
  const { limits } = rest.options;
  const wild = route.path.endsWith("*");
  app.route({
    method: route.method,
    url: route.path,
    config: { bodyBytes: route.body === "event" ? limits.bodyBytes : limits.bulkBytes },
    handler: (request, reply) =>
      wild && idOf(request) === "" ? withoutSlash(request, reply) : route.handle(rest, request, reply),
  });
}

/** 405 for what the path does not offer; left out where a wildcard path offers it. */
function refuseOtherMethods(app: FastifyInstance, path: string): void {
  const offered = ROUTES.filter((route) => route.path === path || covers(route.path, path)).map(
    (route) => route.method,
  );
  const allowed = METHODS.filter((method) => offered.includes((method === "HEAD" ? "GET" : method) as "GET"));
  const refused = METHODS.filter((method) => !allowed.includes(method));
  const headers = { allow: allowed.join(", ") };
  app.route({
    method: [...refused],
    url: path,
    onRequest: (_request, _reply, done) =>
      done(new Failure(405, "method-not-allowed", "Method Not Allowed", { headers })),
    handler: () => undefined,
  });
}

function covers(wildcard: string, path: string): boolean {
  return wildcard.endsWith("/*") && path.startsWith(wildcard.slice(0, -1)) && path !== wildcard;
}

function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathOf(request).slice(request.server.prefix.length);
  if (path.endsWith("/") && ROUTES.some((route) => route.path === path.slice(0, -1)))
    return withoutSlash(request, reply);
  throw new Failure(404, "not-found", "Not Found");
}

/** To the same path without its last slash; relative, so that it holds behind a proxy, too. */
function withoutSlash(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const last = pathOf(request).split("/").at(-2) ?? "";
  return reply.redirect(`../${last}${request.url.slice(pathOf(request).length)}`, 307);
}

function pathOf({ url }: FastifyRequest): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}

function rateLimitHook(options: ResolvedRestOptions) {
  const limiter = new RateLimiter(options.rateLimit, () => options.now().getTime());
  return function rateLimit(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) {
    const verdict = limiter.check(request.ip);
    if (verdict === undefined) return done();
    reply.headers(verdict.headers);
    if (verdict.refused === undefined) done();
    else done(new Failure(429, "rate-limited", verdict.refused));
  };
}

function sendError(rest: Rest, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const failure = toFailure(error) ?? unexpected(rest, request, error);
  const path = pathOf(request);
  reply.code(failure.status).headers(failure.headers);
  if (!path.startsWith(`${request.server.prefix}/v1/`)) return reply.type(JSON_TYPE).send(detailText(failure));
  return reply.type(PROBLEM_TYPE).send(problemText(failure, path));
}

function unexpected({ options }: Rest, request: FastifyRequest, error: unknown): Failure {
  const route = `${request.method} ${request.routeOptions.url ?? pathOf(request)}`;
  if (options.onError) options.onError(error, route);
  else request.log.error({ err: error }, `${route} failed`);
  return new Failure(500, "internal", "Internal Server Error");
}
