import { describe, expect, it } from "vitest";
import type { AppendOutcome, Backend } from "../../src/backend/backend.ts";
import { EventStoreError } from "../../src/errors.ts";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { AppendQueue } from "../../src/store/append-queue.ts";

const context = parseContext();
const events = (count: number) => Array.from({ length: count }, () => prepareEvent({}, context));
const OPTIONS = { maxBatchEvents: 10, maxBatchBytes: 1 << 20, maxQueuedEvents: 100, appendTimeoutMs: 60_000 };

/** A writer whose batches end when the test says so. */
function writer(concurrentAppends = 1, batchEvents = 1000) {
  const batches: { size: number; end: (error?: Error) => void }[] = [];
  const append: Backend["append"] = (batch) =>
    new Promise<AppendOutcome[]>((resolve, reject) => {
      const end = (error?: Error) =>
        error ? reject(error) : resolve(batch.map(() => ({ status: "stored" as const })));
      batches.push({ size: batch.length, end });
    });
  return { batches, backend: { append, concurrentAppends, batchEvents } as unknown as Backend };
}
const turn = () => new Promise((resolve) => setImmediate(resolve)).then(() => new Promise((r) => setImmediate(r)));

describe("AppendQueue", () => {
  it("writes all callers of one turn in one batch", async () => {
    const { batches, backend } = writer();
    const queue = new AppendQueue(backend, OPTIONS, () => new Date());
    const calls = [queue.push(events(1)), queue.push(events(2)), queue.push(events(3))];
    await turn();
    expect(batches.map(({ size }) => size)).toEqual([6]);
    batches[0]?.end();
    expect((await Promise.all(calls)).map((outcomes) => outcomes.length)).toEqual([1, 2, 3]);
    expect(queue.pending).toBe(0);
  });

  it("splits a large call and answers it when the last part is durable", async () => {
    const { batches, backend } = writer();
    const queue = new AppendQueue(backend, OPTIONS, () => new Date());
    let answered = 0;
    const call = queue.push(events(25)).then((outcomes) => (answered = outcomes.length));
    for (const size of [10, 10, 5]) {
      await turn();
      expect(answered).toBe(0);
      expect(batches.at(-1)?.size).toBe(size);
      batches.at(-1)?.end();
    }
    await call;
    expect(answered).toBe(25);
  });

  it("makes no batch larger than the backend gains from, and several at once where it takes them", async () => {
    const { batches, backend } = writer(2, 4);
    const queue = new AppendQueue(backend, OPTIONS, () => new Date());
    const call = queue.push(events(11));
    await turn();
    expect(batches.map(({ size }) => size)).toEqual([4, 4]);
    for (const { end } of batches) end();
    await turn();
    expect(batches.map(({ size }) => size)).toEqual([4, 4, 3]);
    batches[2]?.end();
    expect(await call).toHaveLength(11);
  });

  it("fails only the callers of a failed batch", async () => {
    const { batches, backend } = writer();
    const queue = new AppendQueue(backend, OPTIONS, () => new Date());
    const first = queue.push(events(10));
    const second = queue.push(events(1));
    await turn();
    batches[0]?.end(new EventStoreError("EVT_BACKEND_UNAVAILABLE", "disk full"));
    await expect(first).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
    await turn();
    batches[1]?.end();
    expect(await second).toHaveLength(1);
  });

  it("refuses more than it may hold, and takes it again later", async () => {
    const { batches, backend } = writer();
    const queue = new AppendQueue(backend, OPTIONS, () => new Date());
    const first = queue.push(events(100));
    await expect(queue.push(events(1))).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE", retryable: true });
    for (let i = 0; i < 10; i++) {
      await turn();
      batches[i]?.end();
    }
    await first;
    const later = queue.push(events(1));
    await turn();
    batches.at(-1)?.end();
    expect(await later).toHaveLength(1);
  });

  it("answers in time when the backend hangs", async () => {
    const { backend } = writer();
    const queue = new AppendQueue(backend, { ...OPTIONS, appendTimeoutMs: 100 }, () => new Date());
    await expect(queue.push(events(3))).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
    expect(queue.pending).toBe(0);
  });

  it("keeps several writers busy where the backend allows it", async () => {
    const { batches, backend } = writer(3);
    const queue = new AppendQueue(backend, OPTIONS, () => new Date());
    const calls = Array.from({ length: 5 }, () => queue.push(events(10)));
    for (let i = 0; i < 4; i++) await turn();
    expect(batches).toHaveLength(3);
    for (const { end } of batches) end();
    for (let i = 0; i < 4; i++) await turn();
    for (const { end } of batches.slice(3)) end();
    await Promise.all(calls);
    await queue.drained();
  });
});
