import { describe, expect, it } from "vitest";
import { SendError, type Verdict } from "../../src/ship/sink.ts";
import { balanced, fakeShipper, line, numberOf, range, settle } from "./fakes.ts";

type Answered = (verdicts: readonly Verdict[]) => void;

/** A sink that answers when told; which batches are under way. */
function waiting(options: Parameters<typeof fakeShipper>[0]) {
  const scene = fakeShipper({ batch: { maxEvents: 2 }, ...options });
  const open = new Map<number, Answered>();
  scene.sink.answer = (events) =>
    new Promise((resolve) => {
      open.set(numberOf(events[0] as Parameters<typeof numberOf>[0]), resolve);
    });
  const answer = async (first: number) => {
    open.get(first)?.([{ status: "stored" }, { status: "stored" }]);
    open.delete(first);
    await settle();
  };
  return { ...scene, open, answer };
}

describe("deliveries", () => {
  it("go one by one while order matters", async () => {
    const { shipper, clock, open, answer } = waiting({});
    for (const n of range(0, 6)) shipper.accept(line(n));
    await clock.advance(0);
    expect([...open.keys()]).toEqual([0]);
    await answer(0);
    expect([...open.keys()]).toEqual([2]);
  });

  it("go side by side where it does not: one more with every success, four at most", async () => {
    const { shipper, clock, open, answer } = waiting({ ordered: false });
    for (const n of range(0, 40)) shipper.accept(line(n));
    await clock.advance(0);
    const seen = [open.size];
    for (const first of [0, 2, 4, 6, 8]) {
      await answer(first);
      seen.push(open.size);
    }
    expect(seen).toEqual([1, 2, 3, 4, 4, 4]);
  });

  it("are settled in order, whichever lands first", async () => {
    const { shipper, clock, open, answer } = waiting({ ordered: false });
    for (const n of range(0, 6)) shipper.accept(line(n));
    await clock.advance(0);
    await answer(0);
    expect([...open.keys()]).toEqual([2, 4]);
    await answer(4);
    const flushed = shipper.flush().then(() => "flushed");
    expect(await Promise.race([flushed, settle().then(() => "waiting")])).toBe("waiting");
    await answer(2);
    expect(await flushed).toBe("flushed");
    balanced(shipper);
  });

  it("become fewer when they fail", async () => {
    const { shipper, clock, sink, open, answer } = waiting({ ordered: false });
    for (const n of range(0, 40)) shipper.accept(line(n));
    await clock.advance(0);
    for (const first of [0, 2, 4]) await answer(first);
    expect(open.size).toBe(4);
    const silent = sink.answer;
    sink.answer = () => {
      throw new SendError("retry", "down");
    };
    await answer(6);
    sink.answer = silent;
    const tried = sink.tried.length;
    await answer(8);
    // Three are under way, one of which waits to try again; before the failure a fourth would have left.
    expect(sink.tried.length).toBe(tried);
    balanced(shipper);
  });
});
