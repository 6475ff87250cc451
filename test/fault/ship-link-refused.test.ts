/** Events that no store takes, and a token that does not count any more: what is good is stored, what is not is kept. */
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { App, runApp } from "./ship/app.ts";
import { deadLettersIn } from "./ship/oracle.ts";
import { scene } from "./ship/scene.ts";

const ONE_BATCH = { maxWaitMs: 500, maxEvents: 500 };

it("one bad event among 500 becomes a dead letter, the others are stored", async () => {
  const { fault, options, spool, expectAll } = await scene({ batch: ONE_BATCH });
  await fault.be({ mode: "poison", word: '"n":137,' });
  const { code, stderr, told } = await runApp({
    options,
    run: "poison",
    steps: [["log", 500], ["settled"], ["stats"]],
  });
  expect(code, stderr).toBe(0);
  expect(told.stats).toMatchObject({ acknowledged: 499, deadLettered: 1 });
  expect(fault.seen.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(500)) + 2);
  const letters = deadLettersIn(join(spool, "dlq"));
  expect(letters).toMatchObject([{ reason: "HTTP 400: as planned", event: { event_data: { n: 137 } } }]);
  await expectAll({ poison: 500 }, { deadLetters: join(spool, "dlq") });
});

it("a server that refuses everything costs the application nothing, and a bounded folder", async () => {
  const maxBytes = 200_000;
  const { fault, options, spool, expectAll } = await scene({ batch: ONE_BATCH, deadLetter: { maxBytes } });
  await fault.be({ mode: "status", status: 400 });
  const steps = [["ready"], ["pace", 5000, 2], ["times"], ["settled"], ["stats"]] as const;
  const { code, stderr, told } = await runApp({ options, run: "refused", steps });
  expect(code, stderr).toBe(0);
  const measured = `log.info took p50 ${told.p50Ms} ms, p99 ${told.p99Ms} ms, at most ${told.maxMs} ms`;
  expect(told.p99Ms, measured).toBeLessThan(1);
  expect(told.maxMs, measured).toBeLessThan(100);
  expect(told.stats).toMatchObject({ in: 5000, acknowledged: 0, pending: 0 });
  // 200 searches a minute; then whole batches go.
  expect(fault.seen.length).toBeLessThan(450);
  const dlq = join(spool, "dlq");
  const bytes = readdirSync(dlq).reduce((sum, name) => sum + statSync(join(dlq, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(maxBytes);
  const kept = deadLettersIn(dlq).map(({ event }) => (event.event_data as { n: number }).n);
  expect(kept.at(-1)).toBe(5000);
  // What had to go to keep the limit is counted as lost.
  expect(told.stats).toMatchObject({ deadLettered: kept.length, droppedBy: { letters: 5000 - kept.length } });
  expect(stderr).toContain("the oldest file was removed");
  await expectAll({ refused: 5000 }, { deadLetters: dlq });
});

it("a token that is refused holds everything until the file has a new one", async () => {
  const { fault, options, spool, expectAll } = await scene({ authHoldMs: 300 });
  const tokenFile = join(spool, "..", "token");
  writeFileSync(tokenFile, "old\n");
  await fault.be({ mode: "token", token: "old" });
  const steps = [
    ["log", 100],
    ["flush"],
    ["tell", "first"],
    ["until", "more"],
    ["log", 400],
    ["tell", "held"],
  ] as const;
  const end = [["until", "end"], ["settled"], ["stats"]] as const;
  const given = { ...options, auth: { tokenFile } };
  const app = new App({ options: given, run: "token", steps: [...steps, ...end] });
  await app.says("first");
  await fault.be({ mode: "token", token: "new" });
  app.go("more");
  await app.says("held");
  await expect.poll(() => fault.seen.filter(({ status }) => status === 401).length).toBeGreaterThan(1);
  await sleep(500);
  const refused = fault.seen.filter(({ status }) => status === 401).length;
  expect(refused).toBeLessThan(8);
  writeFileSync(tokenFile, "new\n");
  app.go("end");
  const { code, stderr } = await app.ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("HTTP 401");
  expect(app.told.stats).toMatchObject({ acknowledged: 500, pending: 0, deadLettered: 0, dropped: 0 });
  await expectAll({ token: 500 });
});
