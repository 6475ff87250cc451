/** A server that is busy, or takes less at a time: it is asked as seldom as it wishes, and gets everything in the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { App, runApp } from "./ship/app.ts";
import type { Mode, Seen } from "./ship/fault-server.ts";
import { type Scene, scene } from "./ship/scene.ts";

const SENDERS = 5;
const STORM_MS = 3000;
/** Between an answer and the note about it. */
const TOLERANCE_MS = 30;

/** Requests of an application that logs one line into this, within so much time; then it ends. */
async function requestsIn({ fault, options }: Scene, mode: Mode, ms: number): Promise<readonly Seen[]> {
  await fault.be(mode);
  const before = fault.seen.length;
  const app = new App({
    options,
    run: JSON.stringify(mode),
    steps: [
      ["log", 1],
      ["until", "end"],
    ],
  });
  await expect.poll(() => fault.seen.length, { timeout: 20_000 }).toBeGreaterThan(before);
  await sleep(ms);
  const seen = fault.seen.slice(before);
  app.go("end");
  const { code, stderr } = await app.ended;
  expect(code, stderr).toBe(0);
  return seen;
}

const gaps = (seen: readonly Seen[]) => seen.slice(1).map(({ atMs }, at) => atMs - (seen[at]?.atMs ?? 0));
const run = (mode: Mode) => JSON.stringify(mode);

it("waits as long as a 429 asks, in seconds or as a date, and no longer than is sensible", async () => {
  const place = await scene({ retry: { minMs: 20, maxMs: 20 } });
  const status = 429;
  const seconds: Mode = { mode: "status", status, headers: { "retry-after": "1" } };
  const date: Mode = { mode: "status", status, afterMs: 3000 };
  const absurd: Mode = { mode: "status", status, headers: { "retry-after": String(10 * 365 * 86_400) } };
  const absurdDate: Mode = { mode: "status", status, afterMs: 10 * 365 * 86_400_000 };
  const negative: Mode = { mode: "status", status, headers: { "retry-after": "-5" } };

  const bySeconds = await requestsIn(place, seconds, 2500);
  expect(bySeconds.length).toBeGreaterThan(1);
  expect(Math.min(...gaps(bySeconds))).toBeGreaterThan(1000 - TOLERANCE_MS);
  // A date has whole seconds.
  const byDate = await requestsIn(place, date, 1500);
  expect(byDate).toHaveLength(1);
  expect(await requestsIn(place, absurd, 1000)).toHaveLength(1);
  expect(await requestsIn(place, absurdDate, 1000)).toHaveLength(1);
  // Nothing sensible is asked: the own patience counts, full jitter below 20 ms.
  const byOurselves = await requestsIn(place, negative, 1000);
  expect(byOurselves.length).toBeLessThan(250);
  const modes = [seconds, date, absurd, absurdDate, negative];
  await place.expectAll(Object.fromEntries(modes.map((mode) => [run(mode), 1])));
});

it(`${SENDERS} senders come through a storm of 503 at different times, and all is stored`, async () => {
  const { fault, options, expectAll } = await scene({ retry: { minMs: 100, maxMs: 1000 } });
  await fault.be({ mode: "status", status: 503 });
  const runs = Array.from({ length: SENDERS }, (_, at) => `sender${at}`);
  const steps = [["log", 300], ["tell", "logged"], ["until", "end"], ["settled"]] as const;
  const apps = runs.map((name) => new App({ options, run: name, steps }));
  await Promise.all(apps.map((app) => app.says("logged")));
  const before = fault.seen.length;
  await sleep(STORM_MS);
  const storm = fault.seen.slice(before);
  await fault.be({ mode: "pass" });
  for (const app of apps) app.go("end");
  for (const app of apps) expect(await app.ended).toMatchObject({ code: 0 });
  for (const app of apps) expect(app.told.unsettled).toBeUndefined();
  // On average a pause is half a second by then.
  expect(storm.length).toBeLessThan(SENDERS * 30);
  const slots = new Set(storm.map(({ atMs }) => Math.floor(atMs / 100)));
  expect(slots.size).toBeGreaterThan(8);
  await expectAll(Object.fromEntries(runs.map((name) => [name, 300])));
});

it("a limit of 256 KiB is learned once, and everything is delivered", async () => {
  const { fault, options, expectAll } = await scene({ batch: { maxWaitMs: 100 } });
  await fault.be({ mode: "limit", bytes: 262_144 });
  const steps = [["log", 3000, { size: 1000 }], ["settled"], ["stats"]] as const;
  const { code, stderr, told } = await runApp({ options, run: "limit", steps });
  expect(code, stderr).toBe(0);
  expect(told.stats).toMatchObject({ acknowledged: 3000, deadLettered: 0 });
  const refused = fault.seen.filter(({ status }) => status === 413).length;
  const taken = fault.seen.filter(({ status }) => status === 200).length;
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThanOrEqual(6);
  expect(taken).toBeGreaterThan(12);
  await expectAll({ limit: 3000 });
});
