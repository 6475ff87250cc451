/** onAlert with hooks and listeners that misbehave: the process lives on, and whoever waits gets an answer. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { RunningHook } from "../../src/alert/hook.ts";
import { EventStore } from "../../src/store/store.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function openStore(): Promise<EventStore> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-on-alert-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const store = await EventStore.open(`sqlite:${join(folder, "events.db")}`, { onWarning: () => {} });
  cleanUps.push(() => store.close());
  return store;
}

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: "EVT_INVALID_OPTION", message: expect.stringMatching(message) });
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("a hook", () => {
  it("goes on where whoever is warned throws or rejects", async () => {
    const store = await openStore();
    const listeners = [
      () => {
        throw new Error("no ears");
      },
      () => Promise.reject(new Error("no ears")),
    ];
    for (const [i, onWarning] of listeners.entries()) {
      const failing = () => Promise.reject(new Error("no signal"));
      const running = store.onAlert(failing, { name: `h${i}`, attempts: 1, onWarning });
      await store.append({ alert: true });
      await running.idle();
      expect(running.stats()).toEqual({ told: 0, failed: 1, dropped: 1 });
      await running.close();
    }
  });

  it("may throw what has no text", async () => {
    const store = await openStore();
    const words: string[] = [];
    const thrown = [Object.create(null), Symbol("s"), undefined];
    const hook = () => Promise.reject(thrown.pop());
    const running = store.onAlert(hook, { attempts: 1, onWarning: (word) => words.push(word) });
    await store.append([{ alert: true }, { alert: true }, { alert: true }]);
    await running.idle();
    expect(running.stats().dropped).toBe(3);
    expect(words.map((word) => word.split(": ").at(-1))).toEqual([
      ...["undefined", "Symbol(s)", "something that cannot be put into words"],
    ]);
  });

  it("may do to its event what it likes", async () => {
    const store = await openStore();
    const running = store.onAlert((event) => {
      for (const field of Object.keys(event)) Reflect.deleteProperty(event, field);
    });
    await store.append({ alert: true });
    await running.idle();
    expect(await store.alertHost.records.waiting("hook-default")).toEqual({ count: 0, oldestMs: null });
  });

  it("that waits for itself is told so", async () => {
    const store = await openStore();
    const running: RunningHook = store.onAlert(() => running.idle(), {
      attempts: 1,
      onWarning: (word) => said.push(word),
    });
    const said: string[] = [];
    await store.append({ alert: true });
    await running.idle();
    expect(said).toEqual([expect.stringMatching(/idle\(\) inside the hook would wait for itself/)]);
  });

  it("may close itself, and its event counts as told", async () => {
    const store = await openStore();
    const running: RunningHook = store.onAlert(() => running.close());
    const startedMs = performance.now();
    await store.append([{ alert: true }, { alert: true }]);
    await expect.poll(() => running.stats().told).toBe(1);
    await running.close();
    expect(performance.now() - startedMs).toBeLessThan(4000);
    expect((await store.alertHost.records.waiting("hook-default")).count).toBe(1);
  });

  it("keeps the process alive while somebody waits for it, and not longer", async () => {
    const store = await openStore();
    const running = store.onAlert(() => Promise.reject(new Error("no")), { retryMs: 60_000 });
    await store.append({ alert: true });
    await expect.poll(() => running.stats().failed).toBe(1);
    const before = timers();
    const idle = running.idle();
    expect(timers()).toBe(before + 1);
    const closed = expect(idle).rejects.toMatchObject({ code: "EVT_CLOSED" });
    await running.close();
    await closed;
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("refuses options that are none", async () => {
    const store = await openStore();
    expect(() => store.onAlert(() => {}, null as never)).toThrow(invalid(/must be an object/));
    expect(() => store.onAlert(() => {}, 5 as never)).toThrow(invalid(/must be an object/));
    expect(() => store.onAlert(() => {}, { onWarning: 5 } as never)).toThrow(invalid(/onWarning must be a function/));
  });
});
