/**
 * Mutual: two inhibitions by which two incidents would keep each other quiet for ever, so that nobody hears of either.
 *
 * Found where selectors ask for rule and severity alone, by trying all rules there are; and where two inhibitions are each
 * other's mirror. What other fields of incidents may hold is not guessed.
 */

import type { StoredEvent } from "../event/event.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { Inhibition } from "./plan.ts";
import { type Condition, type Rule, SEVERITIES } from "./rule.ts";

export interface Mutual {
  readonly earlier: number;
  readonly later: number;
  /** Two rules whose incidents do so, where they are known. */
  readonly rules: readonly [string, string] | null;
}

interface Kind {
  readonly rule: string;
  readonly severity: string;
}

/** What an inhibition makes of incidents of a kind. */
interface Sides {
  readonly inhibition: Inhibition;
  readonly source: ReadonlySet<Kind>;
  readonly target: ReadonlySet<Kind>;
}

/** The first other half of each inhibition that has one among the earlier ones. */
export function mutualsOf(inhibitions: readonly Inhibition[], rules: readonly Rule[]): readonly Mutual[] {
  const kinds = rules.filter(({ enabled }) => enabled).flatMap(kindsOf);
  const sides = inhibitions.map((inhibition) => sidesOf(inhibition, kinds));
  return sides.flatMap((later, at): Mutual[] => {
    for (const [before, earlier] of sides.slice(0, at).entries()) {
      const pair = pairOf(earlier, later);
      if (pair) return [{ earlier: before, later: at, rules: [pair[0].rule, pair[1].rule] as const }];
      if (isMirror(earlier.inhibition, later.inhibition)) return [{ earlier: before, later: at, rules: null }];
    }
    return [];
  });
}

function kindsOf({ id, severity }: Rule): Kind[] {
  return (severity === "level" ? SEVERITIES : [severity]).map((word) => ({ rule: id, severity: word }));
}

function sidesOf(inhibition: Inhibition, kinds: readonly Kind[]): Sides {
  const accepted = (condition: Condition) => {
    const { fields } = parseSelector(condition.selector, { naiveTimezone: "UTC" });
    const isPlain = [...fields].every((name) => name === "rule" || name === "severity");
    return new Set(isPlain ? kinds.filter((kind) => condition.matches(kind as unknown as StoredEvent)) : []);
  };
  return { inhibition, source: accepted(inhibition.source), target: accepted(inhibition.target) };
}

/** One kind that `earlier` lets keep the other quiet, and `later` the other way round. */
function pairOf(earlier: Sides, later: Sides): readonly [Kind, Kind] | undefined {
  const ones = distinct(both(earlier.source, later.target), [earlier.target, later.source]);
  const others = distinct(both(later.source, earlier.target), [earlier.source, later.target]);
  for (const one of ones)
    for (const other of others)
      if (one !== other && quiets(earlier, one, other) && quiets(later, other, one)) return [one, other];
  return undefined;
}

function both(one: ReadonlySet<Kind>, other: ReadonlySet<Kind>): Kind[] {
  return [...one].filter((kind) => other.has(kind));
}

/** At most two of those that lie alike in these sets: more would be tried in vain. */
function distinct(kinds: readonly Kind[], sets: readonly ReadonlySet<Kind>[]): Kind[] {
  const seen = new Map<string, number>();
  return kinds.filter((kind) => {
    const key = sets.map((set) => set.has(kind)).join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return (seen.get(key) as number) <= 2;
  });
}

/** As inhibit.ts: never between two that match both sides. */
function quiets({ source, target }: Sides, one: Kind, other: Kind): boolean {
  return source.has(one) && target.has(other) && !(target.has(one) && source.has(other));
}

function isMirror(one: Inhibition, other: Inhibition): boolean {
  const text = ({ selector }: Condition) => JSON.stringify(selector);
  const [source, target] = [text(one.source), text(one.target)];
  return source !== target && source === text(other.target) && target === text(other.source);
}
