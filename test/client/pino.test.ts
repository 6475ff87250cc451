/** A client where a pino logger is expected. */
import fastify, { type FastifyBaseLogger } from "fastify";
import type { BaseLogger } from "pino";
import { describe, expect, it } from "vitest";
import { openClient, openLab } from "./setup.ts";

describe("in a pino logger's place", () => {
  it("logs what Fastify logs, with its request ids, and an error with its stack", async () => {
    const lab = await openLab();
    const { client } = openClient(lab.url);
    const app = fastify({ loggerInstance: client });
    app.get("/ok", async (request) => {
      request.log.warn({ volume: 5 }, "low on %s", "buffer");
      return "fine";
    });
    app.get("/bad", async () => {
      throw new RangeError("too far");
    });
    await app.inject("/ok");
    await app.inject("/bad");
    await app.close();
    await client.flush();
    const events = await lab.events();
    const texts = events.map(({ log_level, event_data }) => [log_level, (event_data as { message: string }).message]);
    expect(texts).toEqual([
      [20, "incoming request"],
      [30, "low on buffer"],
      [20, "request completed"],
      [20, "incoming request"],
      [40, "too far"],
      [20, "request completed"],
    ]);
    expect(events[0]?.event_data).toMatchObject({ reqId: "req-1", req: { method: "GET", url: "/ok" } });
    expect(events[1]?.event_data).toEqual({ message: "low on buffer", reqId: "req-1", volume: 5 });
    expect(events[4]?.event_data).toMatchObject({
      res: { statusCode: 500 },
      error: { type: "RangeError", stack: expect.stringContaining("pino.test.ts") },
    });
  });

  it("has the methods and the types of one", async () => {
    const lab = await openLab();
    const { client } = openClient(lab.url);
    const base: Pick<BaseLogger, "level" | "info" | "error" | "debug" | "fatal" | "warn" | "trace" | "silent"> = client;
    const log: FastifyBaseLogger = client;
    base.fatal({ a: 1 }, "text %d", 5);
    log.child({ b: 2 }, { level: "error", serializers: { secret: () => "***" } }).info("quiet");
    const child = client.child({ secret: "x" }, { level: "warn", serializers: { secret: () => "***" } });
    child.warn({ secret: "y" }, "hidden");
    child.warn("hidden too");
    child.silent("nothing");
    expect([child.level, child.isLevelEnabled("info"), client.level]).toEqual(["warn", false, "info"]);
    await new Promise<void>((resolve) => void client.flush(() => resolve()));
    expect((await lab.events()).map(({ event_data }) => event_data)).toEqual([
      { message: "text 5", a: 1 },
      { message: "hidden", secret: "***" },
      { message: "hidden too", secret: "***" },
    ]);
  });
});
