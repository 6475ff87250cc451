/** Absence: when a group was last heard of, and whether it has been found missing since. The waiting is in overdue.ts. */
import { nothing, type Outcome, type Seen } from "./outcome.ts";
import type { When } from "./rule.ts";

export interface AbsenceMemory {
  readonly kind: "absence";
  readonly seenMs: number | null;
  /** Found missing; told once until it is heard of again. */
  readonly missing: boolean;
}

type Absence = Extract<When, { readonly kind: "absence" }>;

export function rememberPresence(memory: AbsenceMemory, when: Absence, { event, atMs }: Seen): Outcome<AbsenceMemory> {
  if (!when.select.matches(event)) return nothing(memory);
  const seenMs = Math.max(atMs, memory.seenMs ?? atMs);
  const ends = memory.missing ? "heard of again" : null;
  return { ...nothing({ kind: "absence", seenMs, missing: false } as const, true), ends };
}
