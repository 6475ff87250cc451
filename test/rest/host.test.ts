/** eventRoutes inside another Fastify app: everything of it below its prefix, nothing of it elsewhere. */
import fastify, { type FastifyInstance } from "fastify";
import { expect, it } from "vitest";
import { eventRoutes, type RestOptions } from "../../src/rest/index.ts";
import { EventStore } from "../../src/store/store.ts";

type Host = { app: FastifyInstance; store: EventStore } & AsyncDisposable;

async function openHost(
  options: Partial<RestOptions> & { prefix?: string },
  prepare = (_app: FastifyInstance) => {},
): Promise<Host> {
  const store = await EventStore.open("memory:", { onWarning: () => {} });
  const app = fastify();
  prepare(app);
  await app.register(eventRoutes, { store, ...options });
  const close = async () => {
    await app.close();
    await store.close();
  };
  return { app, store, [Symbol.asyncDispose]: close };
}

/** A host with ways of its own for everything the plugin sets, too. */
function opinionated(app: FastifyInstance) {
  app.setErrorHandler((error, _request, reply) => reply.code(418).send({ host: (error as Error).message }));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ host: "not found" }));
  app.addContentTypeParser("text/csv", { parseAs: "string" }, (_request, body, done) => done(null, { csv: body }));
  app.addHook("onRequest", async (request, reply) => {
    if (request.headers.authorization === "no") return reply.code(401).send({ host: "who are you" });
    reply.header("x-host", "1");
  });
  app.post("/echo", async (request) => request.body);
  app.get("/boom", async () => {
    throw new Error("boom");
  });
}

it("serves every route below its prefix", async () => {
  await using host = await openHost({ prefix: "/lab/a" });
  const posted = await host.app.inject({ method: "POST", url: "/lab/a/event", payload: { event_id: "x/y" } });
  expect(posted.statusCode).toBe(200);
  const url = (path: string) => host.app.inject(`/lab/a${path}`);
  expect((await url("/event/x%2Fy")).json()._id).toBe("x/y");
  expect((await url(`/event/${"x".repeat(200)}`)).json()).toEqual({
    detail: `Event with ID ${"x".repeat(200)} not found`,
  });
  expect((await url("/v1/events?limit=1")).headers.link).toMatch(/^<\/lab\/a\/v1\/events\?limit=1&cursor=/);
  expect((await url("/v1/events/none")).json().instance).toBe("/lab/a/v1/events/none");
  expect((await url("")).json().manager_type).toBe("event_manager");
  expect((await url("/docs")).statusCode).toBe(200);
  expect((await url("/nope")).json()).toEqual({ detail: "Not Found" });
  expect((await url("/events/")).statusCode).toBe(307);
  expect((await host.app.inject({ method: "PUT", url: "/lab/a/v1/events" })).json().status).toBe(405);
  expect((await url("/events?number=x")).json().detail[0].loc).toEqual(["query", "number"]);
});

it("leaves the host's routes, parsers and handlers alone", async () => {
  await using host = await openHost({ prefix: "/lab", rateLimit: { exemptIps: [], requests: 1 } }, opinionated);
  const { app } = host;
  const origin = { origin: "http://x.test" };
  const echo = (type: string, payload: string) =>
    app.inject({ method: "POST", url: "/echo", payload, headers: { "content-type": type, ...origin } });
  for (let i = 0; i < 3; i++) {
    const answer = await echo("application/json", '{"a":1}');
    expect(answer.json()).toEqual({ a: 1 });
    expect(Object.keys(answer.headers).filter((name) => /ratelimit|access-control/.test(name))).toEqual([]);
  }
  expect((await echo("text/csv", "a,b")).json()).toEqual({ csv: "a,b" });
  expect((await echo("application/x-ndjson", "{}")).statusCode).toBe(418);
  expect((await app.inject("/boom")).json()).toEqual({ host: "boom" });
  expect((await app.inject("/nope")).json()).toEqual({ host: "not found" });
  expect((await app.inject({ method: "PUT", url: "/echo" })).json()).toEqual({ host: "not found" });
});

it("answers below its prefix in its own words, whatever handlers the host has", async () => {
  await using host = await openHost({ prefix: "/lab" }, opinionated);
  const csv = await host.app.inject({
    method: "POST",
    url: "/lab/event",
    payload: "a",
    headers: { "content-type": "text/csv" },
  });
  expect([csv.statusCode, csv.json().detail[0].type]).toEqual([422, "model_attributes_type"]);
  expect((await host.app.inject("/lab/nope")).json()).toEqual({ detail: "Not Found" });
});

it("lets the host's hooks run first, so that they can guard it", async () => {
  await using host = await openHost({ prefix: "/lab" }, opinionated);
  const guarded = await host.app.inject({ url: "/lab/events", headers: { authorization: "no" } });
  expect([guarded.statusCode, guarded.json()]).toEqual([401, { host: "who are you" }]);
  expect((await host.app.inject("/lab/events")).headers["x-host"]).toBe("1");
});

it("works without a prefix, and then leaves / and unknown paths to the host", async () => {
  await using host = await openHost({}, (app) => {
    opinionated(app);
    app.get("/", async () => ({ host: "home" }));
  });
  expect((await host.app.inject("/")).json()).toEqual({ host: "home" });
  expect((await host.app.inject("/nope")).json()).toEqual({ host: "not found" });
  expect((await host.app.inject("/health")).json().healthy).toBe(true);
});

it("serves two stores in one app", async () => {
  await using first = await openHost({ prefix: "/one" });
  await using store = await EventStore.open("memory:", { onWarning: () => {} });
  const app = fastify();
  await app.register(eventRoutes, { prefix: "/one", store: first.store });
  await app.register(eventRoutes, { prefix: "/two", store });
  await app.inject({ method: "POST", url: "/one/event", payload: {} });
  const count = async (url: string) => Object.keys((await app.inject(url)).json()).length;
  expect([await count("/one/events"), await count("/two/events")]).toEqual([1, 0]);
  await app.close();
});

it.each([
  [{ nope: 1 }, /unknown option "nope"/],
  [{ rateLimit: { burst: 1 } }, /unknown option "rateLimit.burst"/],
  [{ limits: { bodyBytes: 0 } }, /limits.bodyBytes must be a whole number, 1 or more/],
  [{ maxResults: "7" }, /maxResults must be a whole number/],
  [{ corsOrigins: "*" }, /corsOrigins must be of type array/],
  [{ docs: 1 }, /docs must be of type boolean/],
  [{ settings: {} }, /settings must be of type function/],
  [{ alerts: {} }, /alerts must be what startAlerts gives/],
  [{ store: {} }, /store must be an open EventStore/],
])("refuses the options %j", async (options, message) => {
  const error = await openHost({ prefix: "/lab", ...(options as object) }).catch((reason) => reason);
  expect(error).toMatchObject({ code: "EVT_INVALID_OPTION", message: expect.stringMatching(message) });
});

it("answers what a hook of the host throws as the host would", async () => {
  const refuse = (statusCode: number) => (app: FastifyInstance) => {
    app.addHook("onRequest", async () => {
      throw Object.assign(new Error("no token"), { statusCode });
    });
  };
  await using host = await openHost({ prefix: "/lab" }, refuse(401));
  const legacy = await host.app.inject("/lab/events");
  expect([legacy.statusCode, legacy.json()]).toEqual([401, { detail: "no token" }]);
  const v1 = await host.app.inject("/lab/v1/events");
  expect([v1.statusCode, v1.json().detail]).toEqual([401, "no token"]);
  await using busy = await openHost({ prefix: "/lab" }, refuse(503));
  const answer = await busy.app.inject("/lab/events");
  expect([answer.statusCode, answer.body.includes("no token")]).toEqual([503, false]);
});

it("says in its document where it is mounted", async () => {
  await using host = await openHost({ prefix: "/lab" });
  expect((await host.app.inject("/lab/openapi.json")).json().servers).toEqual([{ url: "/lab" }]);
});
