import { describe, expect, it } from "vitest";
import { Due } from "../../src/ship/due.ts";

describe("due", () => {
  it("is never without lines, and when the most impatient of them wants", () => {
    const due = new Due();
    expect(due.ms).toBe(Number.POSITIVE_INFINITY);
    due.add(5, 1000);
    due.add(6, 400);
    due.add(9, 2000);
    expect(due.ms).toBe(400);
    due.left(6);
    expect(due.ms).toBe(2000);
    due.left(9);
    expect(due.ms).toBe(Number.POSITIVE_INFINITY);
  });

  it("lets lines of a moment leave together, none of them later than it wants", () => {
    const due = new Due();
    due.add(1, 1000);
    due.add(2, 1020);
    due.left(1);
    expect(due.ms).toBe(1000);
  });

  it("does not grow without end, and an urgent line is never forgotten", () => {
    const due = new Due();
    for (let seq = 1; seq <= 10_000; seq++) due.add(seq, 1000 + seq * 50);
    expect(due.ms).toBe(1050);
    due.add(10_001, 7);
    due.left(5000);
    expect(due.ms).toBe(7);
  });
});
