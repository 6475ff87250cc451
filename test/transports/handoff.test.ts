import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newHandoff, readHandoff, tellHandoff, Unsafe } from "../../transports/handoff.ts";

/** The same with plain numbers and no limit on memory. */
class Naive {
  lines: { text: string; end: number }[] = [];
  written = 0;

  push(text: string): void {
    this.written += text.length;
    this.lines.push({ text, end: this.written });
  }

  safeUpTo(position: number): void {
    this.lines = this.lines.filter(({ end }) => end > position);
  }
}

const line = fc.string({ minLength: 1, maxLength: 40 });
const step = fc.oneof(
  fc.record({ push: line }),
  fc.record({ safe: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ taken: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

/** Positions that have come close to 2^32, without writing 4 GiB. */
function advanced(unsafe: Unsafe, start: number): void {
  const piece = { length: 2 ** 30 } as string;
  for (let at = 0; at < start; at += 2 ** 30) {
    unsafe.push(piece);
    unsafe.safeUpTo((at + 2 ** 30) | 0);
  }
}

describe("what is not safe yet", () => {
  it.each([0, 2 ** 30, 2 ** 31, 2 ** 32])("is what a naive account says, from position %d on", (start) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(40), (steps, short) => {
        const unsafe = new Unsafe();
        advanced(unsafe, start);
        // Just before the turn of the counter, so that it is passed.
        const before = { length: short } as string;
        unsafe.push(before);
        unsafe.safeUpTo((start + short) | 0);
        const naive = new Naive();
        let safe = 0;
        for (const one of steps) {
          if ("push" in one) {
            unsafe.push(one.push);
            naive.push(one.push);
          } else if ("safe" in one) {
            safe = Math.max(safe, Math.floor(naive.written * one.safe));
            unsafe.safeUpTo((start + short + safe) | 0);
            naive.safeUpTo(safe);
          }
          expect(unsafe.length).toBe(naive.lines.length);
        }
        expect(unsafe.takeAll()).toEqual({ lines: naive.lines.map(({ text }) => text), lost: 0 });
        expect(unsafe.takeAll()).toEqual({ lines: [], lost: 0 });
      }),
    );
  });

  it("holds so much and no more of what the worker has, and counts the rest", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limit = 60;
        const unsafe = new Unsafe(limit);
        const naive = new Naive();
        let [safe, taken] = [0, 0];
        for (const one of steps) {
          if ("push" in one) {
            unsafe.push(one.push);
            naive.push(one.push);
            continue;
          }
          if ("taken" in one) taken = Math.max(taken, Math.floor(naive.written * one.taken));
          else safe = Math.max(safe, Math.floor(taken * one.safe));
          unsafe.safeUpTo(safe, taken);
          naive.safeUpTo(safe);
        }
        const { lines, lost } = unsafe.takeAll();
        const all = naive.lines.map(({ text }) => text);
        // The newest are there, and what is not was in the worker's hands; what is safe again may still be counted.
        expect(all.slice(all.length - lines.length)).toEqual(lines);
        expect(lost).toBeGreaterThanOrEqual(all.length - lines.length);
        const notTaken = naive.lines.filter(({ end }) => end > taken);
        expect(lines.length).toBeGreaterThanOrEqual(notTaken.length);
      }),
    );
  });

  it("is kept in bounded memory, whatever the worker holds", () => {
    const unsafe = new Unsafe(1000);
    for (let n = 1; n <= 10_000; n++) {
      unsafe.push("0123456789");
      if (n % 64 === 0) unsafe.safeUpTo(0, n * 10);
    }
    expect(unsafe.length).toBeLessThan(200);
    unsafe.safeUpTo(99_000, 100_000);
    expect(unsafe.takeAll()).toEqual({ lines: Array(100).fill("0123456789"), lost: 0 });
  });
});

it("tells positions beyond 2^31 and the sender across threads", () => {
  const handoff = newHandoff();
  expect(readHandoff(handoff)).toEqual({ position: 0, taken: 0, sender: "\0".repeat(26) });
  const sender = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  tellHandoff(handoff, { position: 2 ** 32 + 5, taken: 2 ** 31, sender });
  expect(readHandoff(handoff)).toEqual({ position: 5, taken: -(2 ** 31), sender });
});
