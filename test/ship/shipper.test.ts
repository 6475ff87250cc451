import { describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { SendError, type Verdict } from "../../src/ship/sink.ts";
import { balanced, fakeShipper, line, numberOf, range, settle, storedAll } from "./fakes.ts";

const down = () => {
  throw new SendError("retry", "down");
};

describe("batches", () => {
  it("waits for a second, and sends what came in one batch, in order", async () => {
    const { shipper, sink, clock } = fakeShipper();
    for (const n of range(0, 10)) shipper.accept(line(n));
    await clock.advance(999);
    expect(sink.tried).toEqual([]);
    await clock.advance(1);
    expect(sink.tried).toEqual([range(0, 10)]);
    expect(shipper.stats()).toMatchObject({ in: 10, acknowledged: 10, pending: 0 });
  });

  it("sends a full batch at once, by number and by bytes", async () => {
    const byNumber = fakeShipper({ batch: { maxEvents: 3 } });
    for (const n of range(0, 7)) byNumber.shipper.accept(line(n));
    await byNumber.clock.advance(0);
    expect(byNumber.sink.tried).toEqual([range(0, 3), range(3, 6)]);
    const byBytes = fakeShipper({ batch: { maxBytes: line(0).length * 2 } });
    for (const n of range(0, 5)) byBytes.shipper.accept(line(n));
    await byBytes.clock.advance(0);
    expect(byBytes.sink.tried).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("lets an error wait for 50 ms only, with what came before it", async () => {
    const { shipper, sink, clock } = fakeShipper();
    shipper.accept(line(0));
    await clock.advance(200);
    shipper.accept(line(1, 50));
    await clock.advance(49);
    expect(sink.tried).toEqual([]);
    await clock.advance(1);
    expect(sink.tried).toEqual([[0, 1]]);
  });

  it("sends at once on flush, which waits for the acknowledgement", async () => {
    const { shipper, sink, clock } = fakeShipper();
    let acknowledge = (_verdicts: readonly Verdict[]) => {};
    sink.answer = () =>
      new Promise((resolve) => {
        acknowledge = resolve;
      });
    shipper.accept(line(0));
    let flushed = false;
    void shipper.flush().then(() => {
      flushed = true;
    });
    await clock.advance(0);
    expect([sink.tried, flushed]).toEqual([[[0]], false]);
    acknowledge([{ status: "stored" }]);
    await settle();
    expect(flushed).toBe(true);
  });

  it("sends a line that comes at any moment after the last batch", async () => {
    for (const ticks of range(0, 30)) {
      const { shipper, sink, clock } = fakeShipper();
      const acceptLater = async () => {
        for (let tick = 0; tick < ticks; tick++) await undefined;
        shipper.accept(line(1));
      };
      sink.answer = (events, call) => {
        if (call === 1) void acceptLater();
        return storedAll(events, call);
      };
      shipper.accept(line(0));
      await clock.advance(3000);
      expect({ ticks, tried: sink.tried }).toEqual({ ticks, tried: [[0], [1]] });
    }
  });

  it("ignores blank lines and resolves a flush of nothing", async () => {
    const { shipper } = fakeShipper();
    for (const blank of ["\n", "  \n", "\r\n"]) shipper.accept(blank);
    await shipper.flush();
    expect(shipper.stats().in).toBe(0);
  });
});

describe("retries", () => {
  it("keeps ids and order, doubles its pause and stops at the cap", async () => {
    const { shipper, sink, clock, said } = fakeShipper({ retry: { minMs: 100, maxMs: 350 } });
    sink.answer = (events, call) => (call <= 4 ? down() : storedAll(events, call));
    for (const n of range(0, 5)) shipper.accept(line(n));
    await clock.advance(1000);
    shipper.accept(line(5));
    await clock.advance(3000);
    expect(sink.tried).toEqual([range(0, 5), range(0, 5), range(0, 5), range(0, 5), range(0, 5), [5]]);
    expect(sink.triedAtMs.slice(0, 5)).toEqual([1000, 1100, 1300, 1650, 2000]);
    expect(new Set(sink.ids.slice(0, 5).map(String)).size).toBe(1);
    expect(said.map((text) => text.split(":")[0])).toEqual([...Array(4).fill("link down"), "link up"]);
    balanced(shipper);
  });

  it("says at the end why: there may be a command to copy", async () => {
    const { shipper, sink, clock, said } = fakeShipper();
    sink.answer = () => {
      throw new SendError("retry", "it is refused:\n  npx madsci-events migrate --database lab");
    };
    shipper.accept(line(0));
    await clock.advance(1000);
    expect(said[0]).toMatch(/^link down: 1 event\(s\) waiting, .*\n {2}npx madsci-events migrate --database lab$/);
  });

  it("waits as long as the other side asks, five minutes at most", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = (events, call) => {
      if (call > 2) return storedAll(events, call);
      throw new SendError("retry", "slow down", call === 1 ? 5000 : 1e12);
    };
    shipper.accept(line(0));
    await clock.advance(1_000_000);
    expect(sink.triedAtMs).toEqual([1000, 6000, 306_000]);
  });

  it("gives up on an answer that does not come, and tries again", async () => {
    const { shipper, sink, clock } = fakeShipper({ timeoutMs: 2000 });
    sink.answer = (events, call) => (call === 1 ? new Promise(() => {}) : storedAll(events, call));
    shipper.accept(line(0));
    await clock.advance(4000);
    expect(sink.triedAtMs).toEqual([1000, 3250]);
    expect(shipper.stats().acknowledged).toBe(1);
  });

  it("sends again only what was not taken", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = (events, call) =>
      events.map((event) => ({ status: call === 1 && numberOf(event) % 2 === 1 ? "retry" : "stored" }));
    for (const n of range(0, 4)) shipper.accept(line(n));
    await clock.advance(5000);
    expect(sink.tried).toEqual([range(0, 4), [1, 3]]);
    expect(shipper.stats().acknowledged).toBe(4);
  });

  it("holds everything while only a person can help", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = (events, call) => {
      if (call > 1) return storedAll(events, call);
      throw new SendError("hold", "HTTP 401");
    };
    shipper.accept(line(0));
    await clock.advance(60_999);
    expect(sink.tried.length).toBe(1);
    await clock.advance(1);
    expect(shipper.stats().acknowledged).toBe(1);
  });

  it("does not take an answer of the wrong length for an acknowledgement", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = (events, call) => (call === 1 ? [] : storedAll(events, call));
    shipper.accept(line(0));
    await clock.advance(1000);
    expect(shipper.stats().acknowledged).toBe(0);
    await clock.advance(250);
    expect(shipper.stats().acknowledged).toBe(1);
  });
});

describe("refusals", () => {
  it("finds the one bad event in 500 within 20 further sends; the others are stored in order", async () => {
    const { shipper, sink, clock, said } = fakeShipper();
    const stored: number[] = [];
    sink.answer = (events, call) => {
      if (events.some((event) => numberOf(event) === 137)) throw new SendError("refused", "HTTP 422");
      stored.push(...events.map(numberOf).filter((n) => n !== undefined));
      return storedAll(events, call);
    };
    for (const n of range(0, 500)) shipper.accept(line(n));
    await clock.advance(100);
    expect(stored).toEqual(range(0, 500).filter((n) => n !== 137));
    expect(sink.tried.length).toBeLessThanOrEqual(20);
    expect(shipper.stats()).toMatchObject({ in: 501, acknowledged: 500, dropped: 1, pending: 0 });
    expect(said[0]).toMatch(/^rejected: event \S+ was rejected: HTTP 422$/);
  });

  it("halves what is too large and remembers the size", async () => {
    const { shipper, sink, clock } = fakeShipper({ batch: { maxEvents: 8 } });
    sink.answer = (events, call) => {
      if (events.length > 2) throw new SendError("too-large", "HTTP 413");
      return storedAll(events, call);
    };
    for (const n of range(10, 26)) shipper.accept(line(n));
    await clock.advance(1000);
    expect(shipper.stats()).toMatchObject({ acknowledged: 16, dropped: 0 });
    expect(sink.tried.slice(-4).map((batch) => batch.length)).toEqual([2, 2, 2, 2]);
  });

  it("gives a line whose id holds another event an id of its own", async () => {
    const { shipper, sink, clock } = fakeShipper();
    const taken = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let sent: readonly EventInput[] = [];
    sink.answer = (events) => {
      sent = events;
      return events.map(({ _id }) => ({ status: _id === taken ? "conflict" : "stored" }));
    };
    for (const msg of ["first", "second"]) shipper.accept(`${JSON.stringify({ event_id: taken, msg })}\n`);
    await clock.advance(1000);
    expect(shipper.stats()).toMatchObject({ in: 2, acknowledged: 2, pending: 0 });
    expect(sent.map((event) => event.event_data)).toMatchObject([
      { _id: taken, message: "first" },
      { _id: taken, message: "second" },
    ]);
    expect(new Set(sent.map((event) => event._id)).size).toBe(2);
  });

  it("does not try a third id", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = (events) => events.map(() => ({ status: "conflict" }));
    shipper.accept(line(0));
    await clock.advance(1100);
    expect(shipper.stats()).toMatchObject({ droppedBy: { refused: 2 }, pending: 0 });
  });

  it("counts and reports what the sink rejects by itself", async () => {
    const { shipper, sink, clock, said } = fakeShipper();
    sink.answer = (events) => events.map(() => ({ status: "rejected", reason: "conflict" }));
    shipper.accept(line(0));
    await clock.advance(1100);
    expect(shipper.stats()).toMatchObject({ droppedBy: { refused: 2 }, pending: 0 });
    expect(said[0]).toContain("conflict");
  });
});

describe("memory", () => {
  it("sheds the lowest levels first and the oldest among them, and says so", async () => {
    const { shipper, sink, clock, said } = fakeShipper({ memory: { maxBytes: (line(10).length + 52) * 10 } });
    sink.answer = down;
    shipper.accept(line(10));
    await clock.advance(1000);
    for (const n of range(11, 15)) shipper.accept(line(n, 20));
    for (const n of range(15, 22)) shipper.accept(line(n, 50));
    sink.answer = storedAll;
    await clock.advance(40_000);
    expect(new Set(sink.tried.flat())).toEqual(new Set([10, 13, 14, ...range(15, 22), undefined]));
    expect(shipper.stats()).toMatchObject({ in: 13, acknowledged: 11, dropped: 2, droppedBy: { memory: 2 } });
    expect(said.join("\n")).toContain("memory was full, DEBUG");
    balanced(shipper);
  });

  it("asks the reader to wait only while the sink works", async () => {
    const { shipper, sink, clock } = fakeShipper({ memory: { maxBytes: 1000 }, timeoutMs: 500 });
    sink.answer = () => new Promise(() => {});
    for (const n of range(10, 30)) shipper.accept(line(n));
    const room = shipper.room();
    expect(room).toBeDefined();
    await clock.advance(600);
    await room;
    expect(shipper.room()).toBeUndefined();
  });

  it("lets all who wait for room go on together", async () => {
    const { shipper, sink, clock } = fakeShipper({ memory: { maxBytes: 1000 } });
    sink.answer = () => new Promise(() => {});
    for (const n of range(10, 30)) shipper.accept(line(n));
    const rooms = Promise.all([shipper.room(), shipper.room()]);
    await clock.advance(1000);
    await rooms;
  });

  it("cuts an event that no store would take", async () => {
    const { shipper, sink, clock } = fakeShipper();
    let data: unknown;
    sink.answer = (events, call) => {
      data = events[0]?.event_data;
      return storedAll(events, call);
    };
    shipper.accept(`${JSON.stringify({ level: 30, msg: "big", blob: "\u0001".repeat(300_000) })}\n`);
    await clock.advance(1000);
    expect(data).toMatchObject({ message: "big", truncated: { reason: "too many bytes" } });
    expect(JSON.stringify(data).length).toBeLessThan(250_000);
    expect(shipper.stats()).toMatchObject({ acknowledged: 1, truncated: 1 });
  });
});
