import { describe, expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import { storeSink } from "../../src/ship/store-sink.ts";
import { EventStore } from "../../src/store/store.ts";

const { signal } = new AbortController();

describe("storeSink", () => {
  it("takes a duplicate for stored, and and tells a conflict from a bad event", async () => {
    await using store = await EventStore.open("memory:");
    const sink = storeSink(() => store, false);
    const at = "2025-01-01T00:00:00Z";
    const first = { _id: "a", event_type: "test", event_timestamp: at, event_data: 1 };
    expect(await sink.send([first, { ...first, event_data: 2 }, first, { event_type: "" }], signal)).toEqual([
      { status: "stored" },
      { status: "conflict" },
      { status: "stored" },
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
