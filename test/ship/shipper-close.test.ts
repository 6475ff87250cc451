import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SendError, type Verdict } from "../../src/ship/sink.ts";
import { balanced, fakeShipper, line, numberOf, range, storedAll } from "./fakes.ts";

const down = () => {
  throw new SendError("retry", "down");
};

describe("close", () => {
  it("waits for the acknowledgement, then closes the sink once", async () => {
    const { shipper, sink, clock } = fakeShipper();
    let acknowledge = (_verdicts: readonly Verdict[]) => {};
    sink.answer = () =>
      new Promise((resolve) => {
        acknowledge = resolve;
      });
    shipper.accept(line(0));
    let closed = false;
    const closing = Promise.all([shipper.close(), shipper.close()]).then(() => {
      closed = true;
    });
    await clock.advance(100);
    expect([sink.tried, closed, sink.closed]).toEqual([[[0]], false, 0]);
    acknowledge([{ status: "stored" }]);
    await closing;
    expect([shipper.stats().acknowledged, sink.closed]).toEqual([1, 1]);
  });

  it("tries again at once and often, until the sink is back", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = down;
    shipper.accept(line(0));
    await clock.advance(20_000);
    const closing = shipper.close();
    await clock.advance(1000);
    sink.answer = storedAll;
    await clock.advance(250);
    await closing;
    expect(shipper.stats()).toMatchObject({ acknowledged: 1, dropped: 0 });
  });

  it("ends within its budget, and counts and reports what it could not deliver", async () => {
    const { shipper, sink, clock, said } = fakeShipper();
    sink.answer = () => new Promise(() => {});
    for (const n of range(0, 700)) shipper.accept(line(n));
    const flushed = shipper.flush();
    const closing = shipper.close();
    await clock.advance(3000);
    await Promise.all([closing, flushed]);
    expect(shipper.stats()).toMatchObject({ acknowledged: 0, dropped: 700, pending: 0 });
    expect(said.join("\n")).toContain("700 event(s) lost: the process ended before they were delivered");
  });

  it("never waits longer than eight seconds, not even for the sink to close", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = () => new Promise(() => {});
    sink.close = () => new Promise(() => {});
    shipper.accept(line(0));
    const closing = shipper.close(60_000);
    await clock.advance(8500);
    await closing;
    expect(shipper.stats().dropped).toBe(1);
  });

  it("does not wait for a person", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = () => {
      throw new SendError("hold", "HTTP 401");
    };
    shipper.accept(line(0));
    const closing = shipper.close();
    await clock.advance(10);
    await closing;
    expect(shipper.stats().dropped).toBe(1);
  });

  it("drops and counts what is written after the end", async () => {
    const { shipper } = fakeShipper();
    await shipper.close();
    shipper.accept(line(0));
    expect(shipper.stats()).toMatchObject({ in: 1, dropped: 1 });
  });
});

describe("whatever the sink does", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("lines" as const),
      levels: fc.array(fc.constantFrom(10, 30, 50), { maxLength: 40 }),
    }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(3000) }),
  );
  const mood = fc.constantFrom("stored", "retry", "refused", "too-large", "mixed", "hold", "silent");

  it("keeps the books balanced, delivers each event once and in order, and ends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.array(mood, { maxLength: 30 }), async (steps, moods) => {
        const { shipper, sink, clock } = fakeShipper({ memory: { maxBytes: 2000 }, batch: { maxEvents: 7 } });
        const delivered: (number | undefined)[] = [];
        sink.answer = (events, call) => {
          const mood = moods[call - 1] ?? "stored";
          if (mood === "silent") return new Promise(() => {});
          if (mood === "refused" || mood === "too-large" || mood === "hold" || mood === "retry") {
            throw new SendError(mood, mood);
          }
          const verdicts = events.map((event): Verdict => {
            const rejected = mood === "mixed" && numberOf(event) % 3 === 0;
            return rejected ? { status: "rejected", reason: "no" } : { status: "stored" };
          });
          delivered.push(...events.filter((_e, at) => verdicts[at]?.status === "stored").map(numberOf));
          return verdicts;
        };
        let n = 0;
        for (const step of steps) {
          if (step.kind === "lines") for (const level of step.levels) shipper.accept(line(n++, level));
          else await clock.advance(step.ms);
          balanced(shipper);
        }
        const closing = shipper.close();
        await clock.advance(3600);
        await closing;
        balanced(shipper);
        expect(shipper.stats().pending).toBe(0);
        expect(shipper.stats().acknowledged).toBe(delivered.length);
        const lines = delivered.filter((n) => n !== undefined);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
      }),
      { numRuns: 150 },
    );
  });
});
