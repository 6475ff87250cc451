/**
 * Settle: what a rule still remembers once what it found has been resolved. It does not hold any more until it is found anew:
 * events that were part of it do not count a second time, and what was learned stays.
 */
import type { Memory } from "./memory.ts";
import { thresholdAfter } from "./memory-threshold.ts";
import { windowAfter } from "./window.ts";

/** @param upToMs events until then were part of what was found */
export function settled(memory: Memory, upToMs: number): Memory {
  switch (memory.kind) {
    case "threshold":
      return thresholdAfter(memory, upToMs);
    case "ratio":
      return { ...memory, counts: windowAfter(memory.counts, upToMs) };
    case "sequence":
      return memory.late.length > 0 ? { ...memory, late: [] } : memory;
    case "ledger":
      return { ...memory, settled: memory.value, highest: null };
    case "match":
    case "absence":
    case "novelty":
      return memory;
  }
}
