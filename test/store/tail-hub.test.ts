/** What a tail does while the database does not answer. The backend is real; its readings are made to fail. */
import { expect, it, onTestFinished } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { openBackend } from "../../src/backend/open.ts";
import { EventStoreError } from "../../src/errors.ts";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { Tail } from "../../src/store/tail.ts";
import { TailHub } from "../../src/store/tail-hub.ts";
import { tailSpec } from "../../src/store/tail-options.ts";
import { testOptions } from "../helpers/backends.ts";
import { described, series, take } from "./tail-helpers.ts";

const context = parseContext({ naiveTimezone: "UTC" });

async function troubled() {
  const backend = await openBackend("memory:", testOptions());
  onTestFinished(() => backend.close());
  const state = { failing: false, failures: 0, readings: 0, warnings: [] as string[] };
  const arrivals: Backend["arrivals"] = async (after, limit) => {
    state.readings++;
    if (!state.failing) return backend.arrivals(after, limit);
    state.failures++;
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "gone");
  };
  const hub = new TailHub({ arrivals, arrivalPollMs: undefined }, (message) => state.warnings.push(message));
  const append = async (count: number, from = 0) => {
    await backend.append(
      series(count, from).map((event) => prepareEvent(event, context)),
      0n,
    );
    hub.wake();
  };
  const parts = { hub, backend, zone: context.zone, findTimeoutMs: 1000 };
  const tail = (cursor?: string) => new Tail(parts, tailSpec({}, { cursor }, context));
  return { state, hub, append, tail };
}

it("waits where it is until the database answers again, and warns once for each outage", async () => {
  const { state, append, tail } = await troubled();
  const iterator = tail()[Symbol.asyncIterator]();
  expect(await take(iterator, 1)).toEqual(["live"]);
  for (const outage of [1, 2]) {
    const next = iterator.next();
    state.failing = true;
    const failures = state.failures;
    await append(1, outage);
    await expect.poll(() => state.failures).toBeGreaterThan(failures + 2);
    state.failing = false;
    expect(described((await next).value ?? undefined)).toBe(`e00000${outage}`);
    expect(state.warnings).toHaveLength(outage);
  }
  expect(state.warnings[0]).toMatch(/cannot be read: gone/);
  await iterator.return();
});

it("begins when the database answers, and resumes without loss when it was away at the start", async () => {
  const { state, append, tail } = await troubled();
  const [fresh] = await collect(tail(), 1);
  await append(3);
  state.failing = true;
  const reading = take(tail(fresh), 4);
  await expect.poll(() => state.failures).toBeGreaterThan(1);
  state.failing = false;
  expect(await reading).toEqual(["e000000", "e000001", "e000002", "live"]);
});

it("ends at once when it is closed while the database does not answer", async () => {
  const { state, hub, tail } = await troubled();
  const live = tail();
  const reading = take(live, 3);
  await expect.poll(() => live.cursor).toBeDefined();
  state.failing = true;
  const waiting = tail();
  const other = take(waiting, 3);
  await expect.poll(() => state.failures).toBeGreaterThan(0);
  await waiting.close();
  expect(await other).toEqual([]);
  await hub.close();
  expect(await reading).toEqual(["live"]);
});

it("reads each arrival once for all tails, and nothing when there are none", async () => {
  const { state, append, tail } = await troubled();
  const iterators = Array.from({ length: 20 }, () => tail()[Symbol.asyncIterator]());
  for (const iterator of iterators) await take(iterator, 1);
  const before = state.readings;
  const next = iterators.map((iterator) => iterator.next());
  await append(5);
  await Promise.all(next);
  expect(state.readings - before).toBeLessThanOrEqual(2);
  for (const iterator of iterators) await iterator.return();
  const idle = state.readings;
  await append(5, 10);
  await append(5, 20);
  expect(state.readings).toBe(idle);
});

async function collect(tail: Tail, count: number): Promise<string[]> {
  const cursors: string[] = [];
  for await (const { cursor } of tail) if (cursors.push(cursor) >= count) break;
  return cursors;
}

it("closes although one tail cannot be closed, and ends the others", async () => {
  const { hub, tail } = await troubled();
  hub.opened({ close: () => Promise.reject(new Error("stuck")) });
  const other = take(tail(), 5);
  await hub.close();
  expect(await other).not.toContain("e000000");
});
