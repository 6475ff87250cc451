/** `kill -9` of the application, again and again on the same spools: what was handed over is stored in the end, once. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { App, runApp } from "./ship/app.ts";
import { scene } from "./ship/scene.ts";

const GIVEN = process.env.FAULT_ROUNDS;
const ROUNDS = GIVEN === undefined ? 200 : Math.max(10, Number(GIVEN));
const AT_ONCE = 2;

/** How long an application takes to its first receipt on this machine, now. */
async function firstReceiptMs(options: object): Promise<number> {
  const startMs = performance.now();
  const app = new App({ options, run: "first", steps: [["receipts", 1]] });
  await expect.poll(() => app.told.receipt, { timeout: 30_000, interval: 5 }).toBeDefined();
  const tookMs = performance.now() - startMs;
  await app.kill("SIGKILL");
  return tookMs;
}

it(`an application killed at any moment, ${ROUNDS} times: every line that was handed over is stored`, async () => {
  const { options, expectAll } = await scene();
  const emitted: Record<string, number> = {};
  const longestLifeMs = 2 * AT_ONCE * (await firstReceiptMs(options));
  let next = 0;
  const killing = async () => {
    for (let round = next++; round < ROUNDS; round = next++) {
      const run = `round${round}`;
      const app = new App({ options, run, steps: [["receipts", 1 + (round % 40)]] });
      await sleep(Math.random() * longestLifeMs);
      expect(await app.kill("SIGKILL"), app.stderr).toMatchObject({ signal: "SIGKILL" });
      emitted[run] = app.told.receipt ?? 0;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, killing));
  const receipts = Object.values(emitted).filter((count) => count > 0).length;
  expect(receipts, `of ${ROUNDS} rounds got as far as a receipt`).toBeGreaterThan(ROUNDS / 20);
  await expectAll(emitted, { beyond: true });
});

it.each(["create", "target"] as const)("a fatal line survives kill -9 in the next statement (%s)", async (how) => {
  const { options, expectAll, fault } = await scene();
  await fault.be({ mode: "status", status: 503 });
  const steps = [
    ["log", 50],
    ["log", 1, { level: "fatal" }],
    ["kill", "SIGKILL"],
  ] as const;
  const { signal, stderr } = await runApp({ how, options, run: "fatal", steps });
  expect(signal, stderr).toBe("SIGKILL");
  await expectAll({ fatal: 51 });
});
