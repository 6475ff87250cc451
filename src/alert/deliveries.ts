/**
 * Deliveries: the attempts under way. Each holds a place at its channel until its outcome is in the database, so what is
 * under way is bounded by the places, and an outcome is not lost to a database that is away for a while.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import { type Attempt, startAttempt } from "./attempt.ts";
import type { AlertClock } from "./clock.ts";
import type { Delivery } from "./notification.ts";
import { afterAttempt, afterLeader, verdictOf } from "./outbox-outcome.ts";
import { notificationOf } from "./outbox-record.ts";
import type { Ready } from "./outbox-sort.ts";
import type { DeliveryPlan } from "./plan.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Longest a close waits for what is under way, in ms: whoever ends processes has little patience. */
const CLOSE_MS = 3_000;

export interface DeliveriesOptions {
  readonly records: AlertRecords;
  readonly plan: DeliveryPlan;
  readonly clock: AlertClock;
  readonly random: () => number;
  /** The outcome as it is in the database now. */
  readonly onOutcome: (record: AlertRecord) => void;
  /** A place has come free. */
  readonly onFree: () => void;
  readonly onError: (error: unknown) => void;
}

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #underWay = new Map<string, { readonly attempt: Attempt; readonly recorded: Promise<void> }>();
  #closing = false;
  /** The close has cut off what was under way. */
  #cutOff = false;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#underWay.size;
  }

  has(id: string): boolean {
    return this.#underWay.has(id);
  }

  /** Sends one that has been written as `sending`. */
  start({ record, gate, release }: Pick<Ready, "record" | "gate" | "release">): void {
    const { clock, plan, onError } = this.#options;
    const attempt = startAttempt(gate.channel, notificationOf(record), { clock, timeoutMs: plan.timeoutMs, onError });
    const recorded = attempt.ended.then(async (delivery) => {
      await this.#record(record, delivery);
      this.#underWay.delete(record._id);
      release(verdictOf(delivery));
      this.#options.onFree();
    });
    this.#underWay.set(record._id, { attempt, recorded });
  }

  /** Resolves when one of them has ended. */
  async one(): Promise<void> {
    await Promise.race([...this.#underWay.values()].map(({ recorded }) => recorded));
  }

  async all(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ recorded }) => recorded));
  }

  /** Waits for all, but not long, then stops the rest: whoever leads next tries those again at once. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#underWay.size === 0) return;
    const cancel = this.#options.clock.after(Math.min(this.#options.plan.timeoutMs, CLOSE_MS), () => {
      this.#cutOff = true;
      for (const { attempt } of this.#underWay.values()) attempt.stop();
    });
    await this.all();
    cancel();
  }

  async #record(record: AlertRecord, delivery: Delivery): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.#tryToRecord(record, delivery);
      } catch (error) {
        this.#options.onError(error);
        // It stays `sending`, and the next leader sends it again.
        if (this.#closing) return;
        await new Promise<void>((resolve) => this.#options.clock.after(pauseMs, resolve));
      }
    }
  }

  /** Where the record has changed meanwhile, another leader has taken it over, and what became of it is its business. */
  async #tryToRecord(record: AlertRecord, delivery: Delivery): Promise<void> {
    const { records, plan, clock, random, onOutcome } = this.#options;
    const facts = { plan, nowMs: clock.now(), random: random() };
    const isCut = this.#cutOff && delivery.status === "retry";
    const next = isCut ? afterLeader(record, facts) : afterAttempt(record, delivery, facts);
    const [kept] = await records.write("notifications", [next]);
    // Of one that was cut off nobody knows how it would have ended.
    if (kept && (!isCut || next.state === "dead")) onOutcome(next);
  }
}
