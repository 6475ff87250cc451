/**
 * OutboxPass: one look at everything that is due, page by page.
 *
 * Of a page, what has a place goes out first; the rest is written where it belongs: folded, into a digest, later, dead, or
 * removed. A pass ends when a page was not full: all that was due has been seen, so digests that were begun are complete.
 *
 * A long queue for one slow channel must not hide the others' messages behind it. So when a full page holds nothing but
 * waiting ones, all but the first few per channel come back later, at the pace of their channel.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import { Allowance } from "./allowance.ts";
import type { AlertClock } from "./clock.ts";
import type { Deliveries } from "./deliveries.ts";
import { Digests } from "./digest.ts";
import type { Gate } from "./gate.ts";
import { afterClockWasSet, afterLeader, asDead } from "./outbox-outcome.ts";
import { changed, isAllowed, notificationOf, postponed } from "./outbox-record.ts";
import { capped, type Ready, type Sorted, sortDue, type Waiting } from "./outbox-sort.ts";
import type { Turns } from "./outbox-turns.ts";
import type { AlertPlan, DeliveryPlan, QuietHours } from "./plan.ts";

/** Notifications looked at in one go; bounds memory and the length of a step. */
export const PAGE = 200;
/** A wall clock that falls behind by more has been set back. */
const SET_BACK_MS = 1_000;
const UNFINISHED = ["pending", "retry", "sending"];
/** Places' worth of waiting ones that stay at hand. */
const AT_HAND = 2;

export interface PassOptions {
  readonly records: AlertRecords;
  readonly gates: ReadonlyMap<string, Gate>;
  readonly deliveries: Deliveries;
  readonly turns: Turns;
  readonly delivery: DeliveryPlan;
  readonly digest: AlertPlan["digest"];
  readonly quietHours?: QuietHours | null;
  readonly clock: AlertClock;
  readonly random: () => number;
  readonly mayLead: () => boolean;
  /** What was folded or died here, as it is in the database now. */
  readonly onOutcome: (record: AlertRecord) => void;
}

export class OutboxPass {
  readonly #options: PassOptions;
  readonly #allowance: Allowance;
  readonly #digests: Digests;
  /** A former leader, or a write of ours that failed, may have left some in `sending`. */
  #inherit = true;
  /** What the wall clock is ahead of the clock that never jumps. */
  #aheadMs = Number.NEGATIVE_INFINITY;

  constructor(options: PassOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.records);
    this.#digests = new Digests(options.records, options.digest);
  }

  /** The next run looks for what was left in `sending`, for what is unfinished, and for what others did to the caps. */
  inherit(): void {
    this.#inherit = true;
    this.#allowance.forget();
  }

  /** Rejects when the database does not answer; the next run makes up for it. */
  async run(): Promise<void> {
    this.#watchClock();
    try {
      if (this.#leads() && this.#inherit) await this.#takeOver();
      while (this.#leads() && (await this.#page()));
    } catch (error) {
      this.inherit();
      throw error;
    }
  }

  /** Whoever waits would wait longer by what the clock was set back; the take-over looks at all of them. */
  #watchClock(): void {
    const { clock } = this.#options;
    const aheadMs = clock.now() - clock.elapsed();
    if (aheadMs < this.#aheadMs - SET_BACK_MS) this.inherit();
    this.#aheadMs = aheadMs;
  }

  #leads(): boolean {
    const leads = this.#options.mayLead();
    if (!leads) this.inherit();
    return leads;
  }

  async #takeOver(): Promise<void> {
    const { records, deliveries, turns, delivery: plan } = this.#options;
    turns.forget();
    for (let after: AlertRecord | undefined; ; ) {
      const page = await records.list("notifications", { states: UNFINISHED, limit: PAGE, after });
      for (const record of page) turns.note(record);
      const left = page.filter(({ _id, state }) => state === "sending" && !deliveries.has(_id));
      const facts = { ...this.#now(), plan };
      const taken = left.map((record) => afterLeader(record, facts));
      await this.#write(taken.filter(({ state }) => state === "dead"));
      await this.#postpone(taken.filter(({ state }) => state !== "dead"));
      const waiting = page.filter(({ state }) => state !== "sending");
      const early = waiting.map((record) => [record, afterClockWasSet(record, facts)] as const);
      await this.#postpone(early.filter(([was, is]) => was !== is).map(([, is]) => is));
      after = page.at(-1);
      if (page.length < PAGE) break;
    }
    this.#inherit = false;
  }

  /** @returns true when there may be more to do at once */
  async #page(): Promise<boolean> {
    const { records, gates, delivery, turns, quietHours = null } = this.#options;
    const { nowMs } = this.#now();
    const due = await records.due("notifications", nowMs, PAGE);
    await this.#allowance.load(capped(due, gates));
    await turns.look(records, due);
    const allowance = this.#allowance;
    const sorted = sortDue(due, { gates, allowance, turns, plan: delivery.perRecipient, quietHours, nowMs });
    await this.#claim(sorted.ready);
    await this.#putAway(sorted);
    if (due.length < PAGE) return this.#digests.finish(nowMs);
    return sorted.waiting.length < due.length || this.#sendBack(sorted.waiting);
  }

  /** Charges, claims, sends: each durable before the next. */
  async #claim(ready: readonly Ready[]): Promise<void> {
    const idle = new Set(ready);
    try {
      const { nowMs } = this.#now();
      if (ready.length === 0 || !(await this.#allowance.save(nowMs))) return;
      const claims = ready.map((one) => claimed(one, nowMs));
      const kept = await this.#options.records.write("notifications", claims);
      for (const [index, one] of ready.entries()) {
        if (kept[index]) this.#options.turns.note(claims[index]!);
        if (!kept[index] || !this.#leads()) continue;
        idle.delete(one);
        this.#options.deliveries.start({ ...one, record: claims[index]! });
      }
    } finally {
      for (const { release } of idle) release("unknown");
    }
  }

  async #putAway({ toFold, toDigest, stranded, later, expired }: Sorted): Promise<void> {
    const now = this.#now();
    const digestMs = toFold.length > 0 ? this.#digests.nextMs(now.nowMs) : null;
    await this.#write([
      ...toFold.map((record) => changed(record, { state: "folded", dueMs: digestMs, nowMs: now.nowMs })),
      ...stranded.map((record) => asDead(record, `no channel is called ${notificationOf(record).channel}`, now)),
    ]);
    await this.#postpone(later.map(({ record, untilMs }) => postponed(record, untilMs)));
    if (toDigest.length > 0) await this.#digests.collect(toDigest, now);
    await removeAll(this.#options.records, expired);
  }

  /** @returns true when that made room for others */
  async #sendBack(waiting: readonly Waiting[]): Promise<boolean> {
    const { nowMs } = this.#now();
    const kept = new Map<Gate, number>();
    const back = waiting.filter(({ gate, behind }) => {
      if (behind) return true;
      const place = (kept.get(gate) ?? 0) + 1;
      kept.set(gate, place);
      return place > gate.channel.concurrency * AT_HAND;
    });
    await this.#postpone(back.map(({ record, gate }) => postponed(record, gate.comeBackMs(nowMs))));
    return back.length > 0;
  }

  /** They wait, until another date or after a former leader: no outcome of an attempt, so nobody is told. */
  async #postpone(next: readonly AlertRecord[]): Promise<void> {
    if (next.length === 0) return;
    const kept = await this.#options.records.write("notifications", next);
    for (const [index, record] of next.entries()) if (kept[index]) this.#options.turns.note(record);
  }

  /** What another process has changed meanwhile is left to it. */
  async #write(next: readonly AlertRecord[]): Promise<void> {
    if (next.length === 0) return;
    const kept = await this.#options.records.write("notifications", next);
    for (const [index, record] of next.entries()) if (kept[index]) this.#options.onOutcome(record);
  }

  #now(): { readonly nowMs: number; readonly random: number } {
    return { nowMs: this.#options.clock.now(), random: this.#options.random() };
  }
}

/** Removes those that have not changed since. @returns how many */
export async function removeAll(records: AlertRecords, gone: readonly AlertRecord[]): Promise<number> {
  let removed = 0;
  for (const { _id, version } of gone) if (await records.remove("notifications", _id, version)) removed += 1;
  return removed;
}

function claimed({ record, charge }: Ready, nowMs: number): AlertRecord {
  const attempts = notificationOf(record).attempts + 1;
  return changed(record, { state: "sending", dueMs: null, nowMs }, { attempts, allowed: charge || isAllowed(record) });
}
