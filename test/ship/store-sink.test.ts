import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import { SendError } from "../../src/ship/sink.ts";
import { storeSink } from "../../src/ship/store-sink.ts";
import { EventStore } from "../../src/store/store.ts";

const { signal } = new AbortController();

describe("storeSink", () => {
  it("takes a duplicate for stored, and tells a conflict from a bad event", async () => {
    await using store = await EventStore.open("memory:");
    const sink = storeSink(() => store, false);
    const at = "2025-01-01T00:00:00Z";
    const first = { _id: "a", event_type: "test", event_timestamp: at, event_data: 1 };
    expect(await sink.send([first, { ...first, event_data: 2 }, first, { event_type: "" }], signal)).toEqual([
      { status: "stored" },
      { status: "conflict" },
      { status: "stored", duplicate: true },
      { status: "rejected", reason: expect.stringContaining("event_type") },
    ]);
  });

  it("opens once, again only after a failure, and closes what it opened", async () => {
    let opened = 0;
    let closed = 0;
    const store = { append: async () => [{ status: "stored" }], close: async () => void closed++ };
    const sink = storeSink(() => {
      if (opened++ === 0) throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "busy");
      return store;
    }, true);
    await expect(sink.send([{}], signal)).rejects.toMatchObject({ kind: "retry", message: "busy" });
    for (let i = 0; i < 3; i++) await sink.send([{}], signal);
    await sink.close();
    expect([opened, closed]).toEqual([2, 1]);
  });

  it("leaves a store of the caller's open", async () => {
    let closed = 0;
    const sink = storeSink(() => ({ append: async () => [], close: async () => void closed++ }), false);
    await sink.send([], signal);
    await sink.close();
    expect(closed).toBe(0);
  });

  it("tells an event that may be taken later from one that never will", async () => {
    const later = new EventStoreError("EVT_BACKEND_UNAVAILABLE", "busy");
    const foreign = Object.assign(new Error("busy"), { retryable: true });
    const never = new EventStoreError("EVT_TOO_LARGE", "huge");
    const results = [later, foreign, never, undefined].map((error) => ({ status: "invalid", error }));
    const sink = storeSink(() => ({ append: async () => results }), false);
    expect(await sink.send([{}, {}, {}, {}], signal)).toEqual([
      { status: "retry" },
      { status: "retry" },
      { status: "rejected", reason: "huge" },
      { status: "rejected", reason: "invalid" },
    ]);
  });

  it.each([
    ["EVT_TOO_LARGE", "too-large"],
    ["EVT_INVALID_EVENT", "refused"],
    ["EVT_CLOSED", "hold"],
    ["EVT_SCHEMA_MISMATCH", "hold"],
    ["EVT_BACKEND_UNAVAILABLE", "retry"],
  ] as const)("reads %s as %s", async (code, kind) => {
    const append = () => Promise.reject(new EventStoreError(code, "why"));
    await expect(storeSink(() => ({ append }), false).send([{}], signal)).rejects.toMatchObject({ kind });
  });
});

const STORED = [{ status: "stored" }];

/** A store whose appends and closes are counted; the first append hangs when told so. */
function stores({ hang = false } = {}) {
  const count = { opened: 0, closed: 0 };
  const open = () => {
    const first = count.opened++ === 0;
    return {
      append: () => (first && hang ? new Promise<never>(() => {}) : Promise.resolve(STORED)),
      close: async () => void count.closed++,
    };
  };
  return { count, open };
}

describe("a store that hangs", () => {
  it("is left at the abort, closed at a reset, and followed by a new one", async () => {
    const { count, open } = stores({ hang: true });
    const sink = storeSink(open, true);
    const sending = new AbortController();
    const stuck = sink.send([{}], sending.signal);
    const timeout = new SendError("retry", "no answer");
    sending.abort(timeout);
    await expect(stuck).rejects.toBe(timeout);
    await expect(sink.send([{}], sending.signal)).rejects.toBe(timeout);
    sink.reset?.();
    expect(await sink.send([{}], signal)).toEqual(STORED);
    expect(count).toEqual({ opened: 2, closed: 1 });
    await sink.close();
    expect(count).toEqual({ opened: 2, closed: 2 });
  });

  it("while it opens holds up neither a reset nor the next send, and is closed once it is open", async () => {
    const { count, open } = stores();
    let ready = () => {};
    const slow = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const sink = storeSink(async () => {
      const store = open();
      if (count.opened === 1) await slow;
      return store;
    }, true);
    const sending = new AbortController();
    const stuck = sink.send([{}], sending.signal);
    sending.abort(new SendError("retry", "no answer"));
    await expect(stuck).rejects.toMatchObject({ kind: "retry" });
    sink.reset?.();
    expect(await sink.send([{}], signal)).toEqual(STORED);
    expect(count.closed).toBe(0);
    ready();
    await new Promise((resolve) => setImmediate(resolve));
    expect(count.closed).toBe(1);
  });
});

describe("closing", () => {
  it("while the store opens leaves nothing open", async () => {
    const { count, open } = stores();
    const sink = storeSink(async () => open(), true);
    const sending = sink.send([{}], signal);
    await sink.close();
    await sending;
    expect(count).toEqual({ opened: 1, closed: 1 });
    await expect(sink.send([{}], signal)).rejects.toMatchObject({ kind: "hold", message: "the sink is closed" });
    expect(count.opened).toBe(1);
  });

  it("is no trouble when nothing was opened, or could be", async () => {
    await storeSink(() => Promise.reject(new Error("no")), true).close();
    const sink = storeSink(() => Promise.reject(new Error("no")), true);
    const sending = sink.send([{}], signal);
    sending.catch(() => {});
    await sink.close();
    await expect(sending).rejects.toMatchObject({ kind: "retry", message: "no" });
  });
});

describe("reset", () => {
  it("leaves a store of the caller's open, and asks for it again", async () => {
    const { count, open } = stores();
    const sink = storeSink(open, false);
    await sink.send([{}], signal);
    sink.reset?.();
    await sink.send([{}], signal);
    expect(count).toEqual({ opened: 2, closed: 0 });
  });

  it("is not taken for a store closed for good", async () => {
    let fail = () => {};
    const append = () =>
      new Promise<never>((_resolve, reject) => {
        fail = () => reject(new EventStoreError("EVT_CLOSED", "closed"));
      });
    const sink = storeSink(() => ({ append, close: async () => fail() }), true);
    const sending = sink.send([{}], signal);
    sending.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    sink.reset?.();
    await expect(sending).rejects.toMatchObject({ kind: "retry" });
  });

  it("opens a real store again, which still has what it had", async () => {
    const folder = mkdtempSync(join(tmpdir(), "madsci-sink-"));
    const sink = storeSink(() => EventStore.open(`sqlite:${join(folder, "events.db")}`), true);
    const event = { _id: "a", event_type: "test", event_timestamp: "2025-01-01T00:00:00Z" };
    expect(await sink.send([event], signal)).toEqual(STORED);
    sink.reset?.();
    expect(await sink.send([event], signal)).toEqual([{ status: "stored", duplicate: true }]);
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
