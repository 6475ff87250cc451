/** When a rule's events count as a storm: too many within any minute, wherever the clock's own minutes begin. */
import { describe, expect, it } from "vitest";
import { calm, rewindStorm, type Storm, storming } from "../../src/alert/storm.ts";
import { MINUTE, SECOND, T0 } from "./lab.ts";

/** `count` events, evenly from `fromMs` on for `spanMs`. */
function after(storm: Storm, fromMs: number, { count, spanMs }: { count: number; spanMs: number }): Storm {
  let next = storm;
  for (let i = 0; i < count; i++) next = storming(next, fromMs + Math.floor((i * spanMs) / count), 1000);
  return next;
}

describe("a storm", () => {
  it("begins with the first event too many, wherever in the minute", () => {
    for (let fromMs = T0; fromMs < T0 + MINUTE; fromMs += 7 * SECOND) {
      const full = after(calm, fromMs, { count: 1000, spanMs: 55 * SECOND });
      expect(full).toMatchObject({ count: 1000, sinceMs: null });
      const atMs = fromMs + 55 * SECOND;
      expect(storming(full, atMs, 1000)).toMatchObject({ count: 1001, sinceMs: atMs, events: 1 });
    }
  });
  it("is found across the turn of a minute", () => {
    const storm = after(calm, T0 + 50 * SECOND, { count: 1980, spanMs: 20 * SECOND });
    expect(storm).toMatchObject({ events: 980 });
    expect(storm.sinceMs).toBeLessThan(T0 + 61 * SECOND);
  });
  it("is none of as many as there may be in a minute, however long", () => {
    for (const offsetMs of [0, 3 * SECOND, 31 * SECOND])
      expect(after(calm, T0 + offsetMs, { count: 30_000, spanMs: 30 * MINUTE }).sinceMs).toBeNull();
  });
  it("ends after a minute with half as many, not before", () => {
    const storm = after(calm, T0, { count: 1200, spanMs: 20 * SECOND });
    const lower = after(storm, T0 + 20 * SECOND, { count: 1200, spanMs: 2 * MINUTE });
    expect(lower.sinceMs).toBe(storm.sinceMs);
    const low = after(storm, T0 + 20 * SECOND, { count: 960, spanMs: 2 * MINUTE });
    expect(low).toMatchObject({ sinceMs: null, events: 0 });
    expect(storming(storm, T0 + 5 * MINUTE, 1000)).toMatchObject({ sinceMs: null, count: 1 });
  });
  it("takes little room, and counts an event that comes out of order", () => {
    const storm = after(calm, T0, { count: 5000, spanMs: 10 * MINUTE });
    expect(storm.slots).toHaveLength(12);
    expect(storming(storm, T0, 1000).count).toBe(storm.count + 1);
  });
  it("goes on in the present when the clock goes back", () => {
    const storm = after(calm, T0, { count: 1200, spanMs: 20 * SECOND });
    const back = rewindStorm(storm, T0 - 10 * MINUTE);
    expect(storming(back, T0 - 10 * MINUTE, 1000)).toMatchObject({ sinceMs: T0 - 10 * MINUTE, count: storm.count + 1 });
    expect(rewindStorm(storm, T0)).toBe(storm);
  });
  it("begins anew where an early version counted", () => {
    const early = { minute: Math.floor(T0 / MINUTE), count: 7, sinceMs: null, events: 0 } as unknown as Storm;
    expect(storming(rewindStorm(early, T0), T0, 1000)).toMatchObject({ count: 1, sinceMs: null });
  });
});
