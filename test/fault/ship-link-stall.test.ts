/** The other side takes a connection and says nothing, or nonsense: nothing counts as stored, and the log never waits. */
import { expect, it, onTestFinished } from "vitest";
import { TcpProxy } from "../helpers/tcp-proxy.ts";
import { App, type Told } from "./ship/app.ts";
import type { Mode } from "./ship/fault-server.ts";
import { scene } from "./ship/scene.ts";

const LINES = 2000;
const STEPS = [
  ["ready"],
  ["tell", "begun"],
  ["pace", LINES, 10],
  ["times"],
  ["until", "end"],
  ["settled"],
  ["stats"],
] as const;

/** What a log call may take on a machine that is doing other things too. */
function expectUndisturbed({ p50Ms, p99Ms, maxMs }: Told): void {
  const measured = `log.info took p50 ${p50Ms} ms, p99 ${p99Ms} ms, at most ${maxMs} ms`;
  expect(p99Ms, measured).toBeLessThan(1);
  expect(maxMs, measured).toBeLessThan(100);
}

it("a stalled network costs the application no time, and no line", async () => {
  const { served, options, expectAll } = await scene({ timeoutMs: 300 });
  const proxy = await TcpProxy.to(Number(new URL(served.url).port));
  onTestFinished(() => proxy.close());
  const url = `http://127.0.0.1:${proxy.port}`;
  const app = new App({ options: { ...options, url }, run: "stalled", steps: STEPS });
  await app.says("begun");
  proxy.stall();
  await expect.poll(() => app.told.p99Ms, { timeout: 30_000 }).toBeDefined();
  expectUndisturbed(app.told);
  proxy.flow();
  app.go("end");
  const { code, stderr } = await app.ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("no answer within 300 ms");
  expect(app.told.stats).toMatchObject({ pending: 0, acknowledged: LINES });
  await expectAll({ stalled: LINES });
});

it("a connection whose other end has forgotten it is given up for a new one", async () => {
  const { fault, options, expectAll } = await scene({ timeoutMs: 300 });
  const app = new App({ options, run: "forgotten", steps: STEPS });
  await app.says("begun");
  await expect.poll(() => fault.seen.length, { timeout: 10_000 }).toBeGreaterThan(2);
  await fault.forget();
  app.go("end");
  const { code, stderr } = await app.ended;
  expect(code, stderr).toBe(0);
  expectUndisturbed(app.told);
  expect(stderr).toContain("no answer within 300 ms");
  expect(app.told.stats).toMatchObject({ pending: 0, acknowledged: LINES });
  await expectAll({ forgotten: LINES });
});

it("an answer that never ends, is cut, or is no answer acknowledges nothing", async () => {
  const { fault, options, expectAll } = await scene({ timeoutMs: 300 });
  const modes: readonly Mode["mode"][] = ["slow", "truncated", "shortJson", "garbage", "fewer", "silent"];
  const app = new App({
    options,
    run: "nonsense",
    steps: [
      ["until", "begin"],
      ["log", 20],
      ["until", "end"],
    ],
  });
  for (const mode of modes) {
    await fault.be({ mode } as Mode);
    const before = fault.seen.length;
    if (mode === "slow") app.go("begin");
    await expect.poll(() => fault.seen.length, { timeout: 20_000 }).toBeGreaterThan(before + 1);
  }
  app.go("end");
  const { code, stderr } = await app.ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("20 event(s) wait in the spool");
  await expectAll({ nonsense: 20 });
});
