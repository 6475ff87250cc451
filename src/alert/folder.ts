/**
 * Folder: marked events into groups, a batch at a time: hubs first, then groups, then the marks go. Somebody else may have
 * changed a record meanwhile; then the batch is folded again over what is there now.
 *
 * An event that cannot be folded (a mistake of ours) must not hold up all others behind it. Its batch is folded event by
 * event and rule by rule, and what fails alone is told, counted as ignored, and left behind.
 */
import type { AlertRecords, MarkedEvent } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import { type Part, partedAtChanges } from "./activity-parts.ts";
import type { AlertClock } from "./clock.ts";
import { arrivalMs, type FoldLimits } from "./fold.ts";
import { type FoldedBatch, foldBatch, neededBy } from "./fold-batch.ts";
import { BATCH, type Group } from "./group.ts";
import { type GroupShelf, Superseded } from "./group-shelf.ts";
import type { AlertPlan } from "./plan.ts";
import type { Rule } from "./rule.ts";
import type { Surroundings } from "./surroundings.ts";
import type { World } from "./world.ts";

export const RULES_LANE = "rules";
/** Tries to write a batch. */
const TRIES = 20;

export interface FolderParts {
  readonly records: AlertRecords;
  readonly plan: AlertPlan;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly clock: AlertClock;
  readonly fence: number;
  readonly shelf: GroupShelf;
  readonly around: Surroundings;
  /** Each with the date at which it is looked at next. */
  readonly dated: (groups: readonly Group[]) => readonly { readonly group: Group; readonly dueMs: number | null }[];
  readonly world: () => World;
  readonly warn: (message: string) => void;
}

export class Folder {
  readonly #parts: FolderParts;
  readonly #limits: FoldLimits;
  /** Nothing was marked once since this leader began: from then on each batch is read after the one before is unmarked. */
  #unmarked = false;
  #foldedMs = Number.NEGATIVE_INFINITY;
  folded = 0;
  ignored = 0;

  constructor(parts: FolderParts) {
    const { maxSamples, severityFromLevel, stormPerMinute, redact, quietHours } = parts.plan;
    this.#parts = parts;
    this.#limits = { maxSamples, severityFromLevel, stormPerMinute, redact, quietHours };
  }

  /** What arrived before this instant has been folded, as far as this leader has looked, epoch ms. */
  get foldedMs(): number {
    return this.#foldedMs;
  }

  /** Looks whether events wait. */
  async look(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const [oldest] = await this.#parts.records.marked(RULES_LANE, 1);
    if (oldest) this.#reached(oldest);
    else this.#foldedMs = nowMs + 1;
  }

  /** The next events, at most BATCH; an event by which an activity begins or ends stands alone. */
  async next(): Promise<readonly Part[]> {
    const marked = await this.#parts.records.marked(RULES_LANE, BATCH);
    if (marked.length === 0) this.#unmarked = true;
    return partedAtChanges(marked, this.#parts.rules);
  }

  /** All before this part has been folded; answers the arrival of its first event, epoch ms. */
  reach({ events: [first] }: Part): number {
    return this.#reached(first as MarkedEvent);
  }

  #reached({ event }: MarkedEvent): number {
    this.#foldedMs = arrivalMs(event, this.#parts.clock.now());
    return this.#foldedMs;
  }

  /** Answers the rules whose groups need a look. @throws Superseded */
  async fold({ events }: Part): Promise<ReadonlySet<string>> {
    const lookAgain = new Set<string>();
    await this.#apart(events, lookAgain);
    await this.#parts.records.unmark(
      RULES_LANE,
      events.map(({ event }) => event._id),
    );
    this.folded += events.length;
    this.#reached(events.at(-1) as MarkedEvent);
    return lookAgain;
  }

  async #apart(marked: readonly MarkedEvent[], lookAgain: Set<string>): Promise<void> {
    try {
      await this.#fold(marked, lookAgain);
    } catch (error) {
      if (error instanceof EventStoreError) throw error;
      const parts = partsOf(marked);
      if (parts.length > 1) for (const part of parts) await this.#apart([part], lookAgain);
      else this.#leave(marked, error);
    }
  }

  #leave(marked: readonly MarkedEvent[], error: unknown): void {
    for (const { event, matched } of marked) {
      this.ignored++;
      this.#parts.warn(`event ${event._id} cannot be judged by rule ${matched.join(", ")}: ${String(error)}`);
    }
  }

  async #fold(marked: readonly MarkedEvent[], lookAgain: Set<string>): Promise<void> {
    const { rules, fence, clock, shelf, around, world } = this.#parts;
    const needed = neededBy(rules, marked);
    for (let tried = 0; tried < TRIES; tried++) {
      const groups = await shelf.groups(needed.groups, fence);
      const hubs = await shelf.hubs(needed.hubs, fence);
      // An earlier try may have written some of them.
      for (const hub of hubs.values()) around.sawHub(hub);
      for (const group of groups.values()) around.saw(group);
      const by = { rules, nowMs: clock.now(), fence, limits: this.#limits, unmarked: this.#unmarked, world: world() };
      const folded = foldBatch(marked, { groups, hubs }, by);
      for (const rule of folded.lookAgain) lookAgain.add(rule);
      if (!(await this.#keep(folded))) continue;
      this.ignored += folded.ignored;
      return;
    }
    throw new Superseded();
  }

  async #keep({ hubs, groups }: FoldedBatch): Promise<boolean> {
    const { shelf, around, dated } = this.#parts;
    if (!(await shelf.writeHubs(hubs))) return false;
    for (const hub of hubs) around.sawHub(hub);
    if (!(await shelf.writeGroups(dated(groups)))) return false;
    for (const group of groups) around.saw(group);
    return true;
  }
}

/** Event by event; one event rule by rule. */
function partsOf(marked: readonly MarkedEvent[]): readonly MarkedEvent[] {
  const [only] = marked;
  if (marked.length > 1 || !only) return marked;
  return only.matched.map((rule) => ({ event: only.event, matched: [rule] }));
}
