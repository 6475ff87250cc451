/**
 * Evaluator: a leader's work on groups, in small steps, each safe to be cut off anywhere and done again.
 *
 *   foldSome   marked events ─► hubs ─► groups ─► unmark          (a ring of folded ids makes the second time no time)
 *   tickSome   groups whose time has come ─► notifications ─► closed incidents ─► groups
 *
 * Words first, then the group that has said them: after a crash in between the same words come again under the same ids.
 * Here is the I/O around the pure functions of fold-batch.ts and tick.ts; when to do a step is engine.ts's business.
 */
import type { AlertRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import type { AlertClock } from "./clock.ts";
import { dueAt } from "./due.ts";
import { Folder } from "./folder.ts";
import { type Group, groupId, groupPrefix, newGroup, withoutRetired } from "./group.ts";
import { GroupShelf, Superseded } from "./group-shelf.ts";
import { withoutGroup } from "./hub.ts";
import { flagged } from "./look.ts";
import type { AlertPlan } from "./plan.ts";
import { SKEW_MS } from "./rewind.ts";
import type { Rule } from "./rule.ts";
import { withNumbersTaken } from "./said-before.ts";
import type { Draft } from "./say.ts";
import { sweepSilences } from "./silence-desk.ts";
import { Surroundings } from "./surroundings.ts";
import { tick } from "./tick.ts";
import { closedOf, orphansOf, tickBatch } from "./tick-batch.ts";
import { unsilence } from "./unsilence.ts";

/** Groups looked for in one step, and ticked between two looks at the lease. */
const TICKS = 200;
const PAGE = 50;
/** Others may change a group under our hands; then it is read again, this often. */
const TRIES = 20;
/** Pause for a group that cannot be ticked. */
const AGAIN_MS = 10 * 60_000;

export interface EvaluatorParts {
  readonly records: AlertRecords;
  readonly plan: AlertPlan;
  readonly clock: AlertClock;
  readonly fence: number;
  /** Since when nothing can have been missed, epoch ms: see `World`. */
  readonly resumedAtMs: number;
  /** Asked before each batch. */
  readonly confirm: () => Promise<boolean>;
  /** Makes notifications of what is to be said; durable when it resolves. False: see said-before.ts. */
  readonly say: (drafts: readonly Draft[]) => Promise<boolean>;
  readonly counters: () => Readonly<Record<string, number>>;
  /** Told of events and groups that cannot be worked on. */
  readonly warn: (message: string) => void;
}

export class Evaluator {
  readonly #parts: EvaluatorParts;
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #shelf: GroupShelf;
  readonly #around: Surroundings;
  /** Groups that wait for something to be missing may have wrong dates: a crash, or a clock that was set. */
  #lookAgain = true;
  #lastMs: number;
  readonly #folder: Folder;

  private constructor(parts: EvaluatorParts) {
    const { records, plan, clock, resumedAtMs } = parts;
    this.#parts = parts;
    this.#rules = new Map(plan.rules.map((rule) => [rule.id, rule]));
    this.#shelf = new GroupShelf(records);
    this.#lastMs = clock.now();
    this.#around = new Surroundings(records, plan, resumedAtMs);
    const dated = (groups: readonly Group[]) => this.#dated(groups);
    const own = { rules: this.#rules, shelf: this.#shelf, around: this.#around, world: () => this.#world() };
    this.#folder = new Folder({ ...parts, ...own, dated });
  }

  /** Begins to lead. Rejects as the backend does. */
  static async begin(parts: EvaluatorParts): Promise<Evaluator> {
    const evaluator = new Evaluator(parts);
    await evaluator.#around.load((group) => {
      if (group.fence > parts.fence) throw new Superseded();
    }, parts.clock.now());
    return evaluator;
  }

  get live(): number {
    return this.#around.liveIncidents;
  }

  get folded(): number {
    return this.#folder.folded;
  }

  get ignored(): number {
    return this.#folder.ignored;
  }

  /** Folds a batch; answers how many events it held. @throws Superseded */
  async foldSome(): Promise<number> {
    await this.#confirmed();
    this.#shelf.settle();
    const before = this.folded;
    for (const part of await this.#folder.next()) {
      // What was due before an event that changes what is looked at has happened before it.
      const beforeMs = part.changes ? this.#folder.reach(part) - 1 : null;
      for (let i = 0; beforeMs !== null && i < TRIES && (await this.#tickDue(beforeMs)); i++);
      for (const rule of await this.#folder.fold(part)) await this.#lookAt(rule);
    }
    return this.folded - before;
  }

  /** Ticks groups that are due; true when there may be more. @throws Superseded */
  async tickSome(): Promise<boolean> {
    const nowMs = this.#parts.clock.now();
    await this.#confirmed();
    this.#shelf.settle();
    if (nowMs < this.#lastMs - SKEW_MS) {
      this.#lookAgain = true;
      this.#around.rewind(nowMs);
    }
    this.#lastMs = nowMs;
    await this.#around.loadSilences(nowMs);
    await this.#endSilences(nowMs);
    await this.#folder.look();
    await this.#lookAround();
    return (await this.#tickDue(nowMs)) || this.#around.stale;
  }

  async #tickDue(atMs: number): Promise<boolean> {
    const due = await this.#parts.records.due("groups", atMs, TICKS);
    await this.#tickAll(due.map(({ _id }) => _id));
    return due.length === TICKS;
  }

  async #lookAround(): Promise<void> {
    if (this.#around.stale) {
      this.#around.stale = false;
      const all = [...this.#around.live.values()];
      const at = { world: this.#world(), nowMs: this.#lastMs };
      // Before its date a tick does nothing to a group whose flags are right.
      const looked = this.#lookAgain ? all : all.filter((group) => flagged(group, at) !== group);
      await this.#tickAll(looked.map(({ id }) => id));
    }
    if (!this.#lookAgain) return;
    this.#lookAgain = false;
    for (const { id, when } of this.#rules.values())
      if (when.kind === "absence" || when.kind === "sequence") await this.#lookAt(id);
  }

  /** One group per rule of kind `ledger`, looked at whenever the counters are. */
  async tickLedgers(): Promise<void> {
    const rules = [...this.#rules.values()].filter(({ enabled, when }) => enabled && when.kind === "ledger");
    if (rules.length === 0) return;
    await this.#confirmed();
    this.#shelf.settle();
    for (const rule of rules) await this.#tickOne(groupId(rule.id, []), rule);
  }

  /** Removes closed incidents and ended silences that were kept long enough. */
  async sweep(): Promise<void> {
    const { records, clock } = this.#parts;
    const old = await records.due("incidents", clock.now(), TICKS);
    for (const { _id, version } of old) await records.remove("incidents", _id, version);
    await sweepSilences(records, clock.now(), TICKS);
  }

  async #endSilences(nowMs: number): Promise<void> {
    const ended = this.#around.endedSilences(nowMs);
    for (const id of ended) await this.#endSilence(id, nowMs);
  }

  async #endSilence(id: string, nowMs: number): Promise<void> {
    const under = [...this.#around.live.values()].filter((group) => group.incident?.silencedBy === id);
    if (under.length === 0) return;
    const ids = under.map((group) => group.id);
    const groups = await this.#shelf.groups(ids, this.#parts.fence);
    const { groups: changed, drafts } = unsilence([...groups.values()], id, {
      ...{ rules: this.#rules, world: this.#world(), nowMs },
    });
    // Where it cannot, each speaks for itself a minute later.
    if (!(await this.#parts.say(drafts))) return;
    // One that somebody changed meanwhile speaks for itself a minute later.
    await this.#shelf.writeGroups(this.#dated(changed));
    for (const group of changed) this.#around.saw(group);
  }

  async #lookAt(rule: string): Promise<void> {
    const prefix = groupPrefix(rule);
    for (let after: { updatedMs: number; _id: string } | undefined; ; ) {
      const page = await this.#parts.records.list("groups", { prefix, limit: TICKS, ...(after && { after }) });
      await this.#tickAll(page.map(({ _id }) => _id));
      const last = page.at(-1);
      if (!last || page.length < TICKS) return;
      after = { updatedMs: last.updatedMs, _id: last._id };
    }
  }

  async #tickAll(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += PAGE) {
      await this.#confirmed();
      const groups = await this.#shelf.groups(ids.slice(at, at + PAGE), this.#parts.fence);
      if (!(await this.#tickedTogether([...groups.values()]).catch(onlyOurs)))
        for (const id of groups.keys()) await this.#tickOne(id);
    }
  }

  /** As `#ticked`, with few writes for many groups. False where one of them needs more care: then one by one. */
  async #tickedTogether(groups: readonly Group[]): Promise<boolean> {
    const nowMs = this.#parts.clock.now();
    const judgedMs = this.#folder.foldedMs;
    const ticked = tickBatch(groups, { rules: this.#rules, world: this.#world(), nowMs, judgedMs });
    if (!ticked || (ticked.drafts.length > 0 && !(await this.#parts.say(ticked.drafts)))) return false;
    await this.#shelf.writeClosed(ticked.closed, nowMs);
    if (!(await this.#shelf.writeGroups(ticked.groups))) return false;
    for (const { group } of ticked.groups) this.#around.saw(group);
    return true;
  }

  /** @param rule makes the group where it does not exist */
  async #tickOne(id: string, rule?: Rule): Promise<void> {
    for (let tried = 0; tried < TRIES; tried++) {
      const found = (await this.#shelf.groups([id], this.#parts.fence)).get(id);
      const group = found ?? (rule && newGroup(rule, [], { nowMs: this.#parts.clock.now() }));
      if (!group || (await this.#careful(group))) return;
    }
    throw new Superseded();
  }

  /** A group nobody can tick (a mistake of ours) must not hold up the others: it is told, and tried again later. */
  async #careful(group: Group): Promise<boolean> {
    try {
      return await this.#ticked(group);
    } catch (error) {
      if (error instanceof EventStoreError) throw error;
      this.#parts.warn(`group ${group.id} of rule ${group.rule} cannot be looked at: ${String(error)}`);
      return this.#shelf.writeGroups([{ group, dueMs: this.#parts.clock.now() + AGAIN_MS }]);
    }
  }

  /** False when somebody else changed it meanwhile. */
  async #ticked(group: Group): Promise<boolean> {
    const { clock, say } = this.#parts;
    const [nowMs, judgedMs] = [clock.now(), this.#folder.foldedMs];
    const rule = this.#rules.get(group.rule);
    if (!rule) return this.#orphaned(group, nowMs);
    const { group: next, drafts, dueMs, gone } = tick(group, { rule, world: this.#world(), nowMs, judgedMs });
    if (drafts.length > 0 && !(await say(drafts))) {
      await this.#shelf.writeGroups([{ group: withNumbersTaken(group, drafts), dueMs: nowMs }]);
      return false;
    }
    await this.#shelf.writeClosed(closedOf(next), nowMs);
    if (gone) return this.#remove(next);
    const kept = withoutRetired(next);
    if (!(await this.#shelf.writeGroups([{ group: kept, dueMs }]))) return false;
    this.#around.saw(kept);
    return true;
  }

  /** Its rule is not there any more: what was open is closed without a word. */
  async #orphaned(group: Group, nowMs: number): Promise<boolean> {
    await this.#shelf.writeClosed(orphansOf(group, nowMs), nowMs);
    if (!(await this.#shelf.removeGroup(group.id))) return false;
    this.#around.saw({ ...group, incident: null });
    return true;
  }

  async #remove(group: Group): Promise<boolean> {
    const hub = (await this.#shelf.hubs([group.rule], this.#parts.fence)).get(group.rule);
    if (hub && group.role === "keyed" && !(await this.#shelf.writeHubs([withoutGroup(hub, group)]))) return false;
    return this.#shelf.removeGroup(group.id);
  }

  #dated(groups: readonly Group[]) {
    const world = this.#world();
    return groups.map((group) => ({ group, dueMs: this.#dueMs(group, world) }));
  }

  /** At once where incidents are over and yet to be written, or come under what keeps them quiet, or out of it. */
  #dueMs(group: Group, world: ReturnType<Surroundings["world"]>): number | null {
    const rule = this.#rules.get(group.rule);
    const nowMs = this.#parts.clock.now();
    if (!rule || group.retired.some(({ owed }) => owed === null)) return nowMs;
    if (flagged(group, { world, nowMs }) !== group) return nowMs;
    return dueAt(group, rule, world);
  }

  #world() {
    return this.#around.world(this.#parts.counters());
  }

  async #confirmed(): Promise<void> {
    if (!(await this.#parts.confirm())) throw new Superseded();
  }
}

/** What the database says is for the engine; a mistake of ours is looked at group by group. */
function onlyOurs(error: unknown): false {
  if (error instanceof EventStoreError) throw error;
  return false;
}
