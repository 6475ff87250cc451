/**
 * foldBatch: a batch of marked events into all the groups they concern. Pure: read the records `neededBy` names, call
 * this, write the hubs, write the groups, then unmark. After a crash anywhere in between the same batch does no harm.
 */
import type { MarkedEvent } from "../backend/alert-records.ts";
import { arrivalMs, type FoldLimits, fold } from "./fold.ts";
import { type Group, groupId, type Key, keyOf, newGroup, RING, type SharedRole } from "./group.ts";
import { type Hub, hubAfter, newHub, ringId, withGroup } from "./hub.ts";
import type { Rule } from "./rule.ts";
import type { World } from "./world.ts";

export interface Needed {
  readonly groups: readonly string[];
  /** Rule ids. */
  readonly hubs: readonly string[];
}

export interface Held {
  readonly groups: ReadonlyMap<string, Group>;
  /** By rule. */
  readonly hubs: ReadonlyMap<string, Hub>;
}

export interface FoldedBatch {
  /** Changed or new. */
  readonly groups: readonly Group[];
  readonly hubs: readonly Hub[];
  /** Rules whose activity began or ended: all groups of theirs need a look (`groupPrefix`). */
  readonly lookAgain: readonly string[];
  /** Events that matched only rules that are not there any more. */
  readonly ignored: number;
}

export interface BatchBy {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly nowMs: number;
  readonly fence: number;
  readonly limits: FoldLimits;
  /** Nothing that was folded before is marked any more, except what is in this batch. @default false */
  readonly unmarked?: boolean;
  /** See `FoldBy`; activities as they are before the events. */
  readonly world?: World;
}

/** Ids of the records a batch may touch. */
export function neededBy(rules: ReadonlyMap<string, Rule>, events: readonly MarkedEvent[]): Needed {
  const groups = new Set<string>();
  const hubs = new Set<string>();
  for (const { event, matched } of events) {
    for (const rule of rulesOf(rules, matched)) {
      hubs.add(rule.id);
      groups.add(groupId(rule.id, keyOf(rule, event)));
      groups.add(groupId(rule.id, "storm"));
      groups.add(groupId(rule.id, "overflow"));
    }
  }
  return { groups: [...groups], hubs: [...hubs] };
}

function rulesOf(rules: ReadonlyMap<string, Rule>, matched: readonly string[]): Rule[] {
  return [...new Set(matched)].flatMap((id) => {
    const rule = rules.get(id);
    return rule?.enabled ? [rule] : [];
  });
}

/** @param events at most BATCH, in order of arrival */
export function foldBatch(events: readonly MarkedEvent[], held: Held, by: BatchBy): FoldedBatch {
  const byRule = new Map<Rule, MarkedEvent[]>();
  let ignored = 0;
  for (const marked of events) {
    const rules = rulesOf(by.rules, marked.matched);
    if (rules.length === 0) ignored++;
    for (const rule of rules) listIn(byRule, rule).push(marked);
  }
  const again = by.unmarked ? new Set(events.map(({ event }) => ringId(event))) : undefined;
  const folded = [...byRule].map(([rule, mine]) => foldRule(rule, mine, { held, by, again }));
  return {
    groups: folded.flatMap(({ groups }) => groups),
    hubs: folded.flatMap(({ hub }) => hub ?? []),
    lookAgain: folded.flatMap(({ rule, lookAgain }) => (lookAgain ? [rule] : [])),
    ignored,
  };
}

function listIn<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  const known = lists.get(key);
  if (known) return known;
  const made: Item[] = [];
  lists.set(key, made);
  return made;
}

interface Where {
  readonly held: Held;
  readonly by: BatchBy;
  readonly again: ReadonlySet<string> | undefined;
}

function foldRule(rule: Rule, events: readonly MarkedEvent[], { held, by, again }: Where) {
  const before = held.hubs.get(rule.id) ?? newHub(rule.id, by.nowMs);
  const lanes = new Lanes(rule, held.groups, { hub: before, again });
  for (const marked of events) {
    const group = lanes.groupFor(marked, by.nowMs);
    const storm = lanes.arrive(marked, by);
    if (group) lanes.add(group, marked, storm);
    if (storm) lanes.add(lanes.roleGroup("storm", by.nowMs), marked, true);
  }
  const groups = lanes.fold(by);
  const hub = lanes.hub === before ? before : { ...lanes.hub, ring: lanes.ring };
  const lookAgain = hub.activity !== before.activity;
  return {
    rule: rule.id,
    groups,
    hub: hub === before ? null : { ...hub, fence: Math.max(hub.fence, by.fence) },
    lookAgain,
  };
}

interface Pile {
  readonly group: Group;
  readonly storm: boolean;
  readonly events: MarkedEvent[];
}

/** One rule's part of a batch: which event goes to which group. */
class Lanes {
  readonly #rule: Rule;
  readonly #known: ReadonlyMap<string, Group>;
  readonly #made = new Map<string, Group>();
  /** By group, in order. */
  readonly #piles = new Map<string, Pile[]>();
  readonly #again: ReadonlySet<string> | undefined;
  readonly #ring: Set<string>;
  hub: Hub;

  constructor(
    rule: Rule,
    known: ReadonlyMap<string, Group>,
    { hub, again }: { hub: Hub; again: ReadonlySet<string> | undefined },
  ) {
    this.#rule = rule;
    this.#known = known;
    this.#again = again;
    this.#ring = new Set(again ? hub.ring.filter((id) => again.has(id)) : hub.ring);
    this.hub = hub;
  }

  /** The hub's, with the events of this batch. */
  get ring(): readonly string[] {
    return [...this.#ring].slice(-RING);
  }

  /** Counts the event once; answers whether its rule storms. */
  arrive({ event }: MarkedEvent, by: BatchBy): boolean {
    if (!this.#ring.has(ringId(event))) {
      this.#ring.add(ringId(event));
      const atMs = arrivalMs(event, by.nowMs);
      const seen = { event, atMs, nowMs: by.nowMs, perMinute: by.limits.stormPerMinute };
      this.hub = hubAfter(this.hub, this.#rule, seen);
    }
    return this.hub.storm.sinceMs !== null;
  }

  /** Null for an event that only ends what never began. */
  groupFor({ event }: MarkedEvent, nowMs: number): Group | null {
    const key = keyOf(this.#rule, event);
    const known = this.#find(key);
    if (known) return known;
    if (!begins(this.#rule, event)) return null;
    const id = groupId(this.#rule.id, key);
    const overflow = this.#find("overflow");
    if (overflow?.ring.includes(ringId(event))) return overflow;
    // Counted before, but its group is not there: the process died between writing the two.
    if (this.hub.made.includes(id)) return this.#make(key, nowMs);
    if (this.hub.groups >= this.#rule.maxKeys) return this.roleGroup("overflow", nowMs);
    this.hub = withGroup(this.hub, id);
    return this.#make(key, nowMs);
  }

  roleGroup(role: SharedRole, nowMs: number): Group {
    return this.#find(role) ?? this.#make(role, nowMs);
  }

  #find(key: Key | SharedRole): Group | undefined {
    const id = groupId(this.#rule.id, key);
    return this.#known.get(id) ?? this.#made.get(id);
  }

  #make(key: Key | SharedRole, nowMs: number): Group {
    const group = newGroup(this.#rule, key, { nowMs, number: this.hub.floor });
    this.#made.set(group.id, group);
    return group;
  }

  /** Runs of events of one group under the same weather. */
  add(group: Group, marked: MarkedEvent, storm: boolean): void {
    const piles = listIn(this.#piles, group.id);
    const pile = piles.at(-1);
    if (pile && pile.storm === storm) pile.events.push(marked);
    else piles.push({ group, storm, events: [marked] });
  }

  fold({ nowMs, fence, limits, world }: BatchBy): Group[] {
    const by = { rule: this.#rule, nowMs, fence, limits, again: this.#again, world };
    const folded = [...this.#piles.values()].map((piles) =>
      piles.reduce((from, { storm, events }) => fold(from, events, { ...by, storm }), (piles[0] as Pile).group),
    );
    return folded.filter((group) => group !== this.#known.get(group.id));
  }
}

/** Whether an event can be the first of a group. */
function begins({ when, resolveWhen }: Rule, event: MarkedEvent["event"]): boolean {
  if (when.kind === "ledger" || resolveWhen?.matches(event)) return false;
  if (when.kind === "sequence" && when.expect.matches(event)) return true;
  return when.select.matches(event);
}
