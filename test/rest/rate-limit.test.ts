/** The rate limiter under a clock that the test moves, and its place in front of the routes. */
import { describe, expect, it } from "vitest";
import { resolveRestOptions } from "../../src/rest/options.ts";
import { RateLimiter } from "../../src/rest/rate-limit.ts";
import { openServer } from "./server.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const OPTIONS = { exemptIps: [], requests: 5, windowSeconds: 10, shortRequests: null };

function clock() {
  let nowMs = START;
  const tick = (ms: number) => {
    nowMs += ms;
  };
  return { now: () => new Date(nowMs), tick };
}

function limiter(options: object, nowMs: () => number) {
  const store = { appendParsed: () => {} } as never;
  return new RateLimiter(resolveRestOptions({ store, rateLimit: { ...OPTIONS, ...options } }).rateLimit, nowMs);
}

describe("over HTTP", () => {
  it("counts down, refuses the sixth, and recovers when the window has passed", async () => {
    const { now, tick } = clock();
    await using server = await openServer({ rateLimit: OPTIONS, now });
    for (let left = 4; left >= 0; left--) {
      const { status, headers } = await server.get("/health");
      expect([status, headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]]).toEqual([
        200,
        "5",
        String(left),
      ]);
      expect(headers["x-ratelimit-reset"]).toBe(String(START / 1000 + 10));
      expect(headers).not.toHaveProperty("x-ratelimit-burst-limit");
    }
    tick(3000);
    const sixth = await server.get("/health");
    expect([sixth.status, sixth.json]).toEqual([429, { detail: "Rate limit exceeded: 5 requests per 10 seconds" }]);
    expect(sixth.headers).toMatchObject({ "retry-after": "7", "x-ratelimit-limit": "5", "x-ratelimit-remaining": "0" });
    tick(7000);
    expect((await server.get("/health")).headers["x-ratelimit-remaining"]).toBe("4");
  });

  it("looks at the burst first, and tells both families of headers", async () => {
    const { now, tick } = clock();
    await using server = await openServer({ rateLimit: { ...OPTIONS, shortRequests: 2, shortWindowSeconds: 1 }, now });
    await server.get("/health");
    expect((await server.get("/health")).headers).toMatchObject({
      "x-ratelimit-remaining": "3",
      "x-ratelimit-burst-remaining": "0",
    });
    const third = await server.get("/health");
    expect(third.json).toEqual({ detail: "Rate limit exceeded: 2 requests per 1 seconds (burst limit)" });
    expect(third.headers).toMatchObject({
      "retry-after": "1",
      "x-ratelimit-burst-limit": "2",
      "x-ratelimit-burst-remaining": "0",
    });
    for (let i = 0; i < 3; i++) {
      tick(1000);
      await server.get("/health");
    }
    tick(1000);
    const long = await server.get("/health");
    expect(long.json).toEqual({ detail: "Rate limit exceeded: 5 requests per 10 seconds" });
    expect(long.headers).not.toHaveProperty("x-ratelimit-burst-limit");
  });

  it("adds CORS headers to a 429, does not count preflights, and counts unknown paths", async () => {
    await using server = await openServer({ rateLimit: { ...OPTIONS, requests: 1 } });
    const headers = { origin: "http://x.test", "access-control-request-method": "POST" };
    for (let i = 0; i < 3; i++)
      expect((await server.send({ method: "OPTIONS", url: "/event", headers })).status).toBe(200);
    expect((await server.get("/nope")).status).toBe(404);
    const refused = await server.get("/nope", { origin: "http://x.test" });
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([429, "*"]);
  });

  it("answers /v1 with a problem", async () => {
    await using server = await openServer({ rateLimit: { ...OPTIONS, requests: 1 } });
    await server.get("/v1/events");
    const { status, json, headers } = await server.get("/v1/events");
    expect([status, json.type]).toEqual([429, "urn:madsci-events:problem:rate-limited"]);
    expect(json.detail).toBe("Rate limit exceeded: 1 requests per 10 seconds");
    expect(headers["retry-after"]).toBe("10");
  });

  it("exempts loopback by default", async () => {
    await using server = await openServer({ rateLimit: { requests: 1 } });
    await server.get("/health");
    const { status, headers } = await server.get("/health");
    expect([status, "x-ratelimit-limit" in headers]).toEqual([200, false]);
  });
});

describe("RateLimiter", () => {
  it("slides: each request leaves the window at its own time", () => {
    let nowMs = 0;
    const limit = limiter({ requests: 2 }, () => nowMs);
    const ok = () => limit.check("a")?.refused === undefined;
    expect(ok()).toBe(true);
    nowMs = 6000;
    expect([ok(), ok()]).toEqual([true, false]);
    nowMs = 10_000;
    expect([ok(), ok()]).toEqual([true, false]);
    nowMs = 16_000;
    expect(ok()).toBe(true);
  });

  it("counts each address for itself, and none when it is off", () => {
    const limit = limiter({ requests: 1 }, () => 0);
    expect(
      [limit.check("a"), limit.check("b"), limit.check("a")].map((verdict) => verdict?.refused !== undefined),
    ).toEqual([false, false, true]);
    expect(limiter({ enabled: false }, () => 0).check("a")).toBeUndefined();
  });

  it("counts those whose client has gone, and so has no address, as one", () => {
    const limit = limiter({ requests: 1 }, () => 0);
    expect([limit.check(undefined)?.refused, limit.check(undefined)?.refused]).toEqual([undefined, expect.any(String)]);
  });

  it("remembers nothing of exempt addresses, however they are written", () => {
    const limit = limiter({ exemptIps: ["127.0.0.1", "::1"] }, () => 0);
    for (const ip of ["127.0.0.1", "::ffff:127.0.0.1", "::1"]) expect(limit.check(ip)).toBeUndefined();
    expect(limit.size).toBe(0);
  });

  it("keeps a bounded number of addresses, and forgets those that are gone", () => {
    let nowMs = 0;
    const limit = limiter({ cleanupIntervalSeconds: 60 }, () => nowMs);
    for (let i = 0; i < 20_000; i++) limit.check(`ip-${i}`);
    expect(limit.size).toBe(10_000);
    nowMs = 61_000;
    limit.check("one");
    expect(limit.size).toBe(1);
  });
});
