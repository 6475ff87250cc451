/**
 * Outbox: notifications from the moment they are decided until they are sent, given up, or told in a digest.
 *
 * `put` makes them durable; from then on nothing is lost. `pump` takes what is due, page by page, and starts what its channel
 * has a place for; every change is one compare-and-swap write, made before what it announces. The outbox wakes itself: after
 * an attempt, when a pause is over, and once a minute for what others did (a dead one put back by another process).
 *
 * The one window in which a message goes out twice: between a channel's "sent" and the record of it, when the process dies or
 * loses the lead. The next leader finds `sending` and sends it again, under the same id.
 *
 * Only a leader sends. `mayLead` is asked before every page and right before each send.
 *
 * Not here: who must be told (engine), how a message looks (channels), what a pass does (outbox-pass.ts).
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import type { AlertClock } from "./clock.ts";
import { Deliveries } from "./deliveries.ts";
import type { ListQuery, Page } from "./desk.ts";
import { Gate } from "./gate.ts";
import type { Channel, Notification, NotificationState } from "./notification.ts";
import { DeadLetters } from "./outbox-dead.ts";
import { discardNotification, listNotifications, readNotification, retryNotification } from "./outbox-desk.ts";
import { OutboxPass, PAGE, removeAll } from "./outbox-pass.ts";
import { type NotificationDraft, newRecord, notificationOf } from "./outbox-record.ts";
import { isFinished } from "./outbox-sort.ts";
import { Turns } from "./outbox-turns.ts";
import type { AlertPlan, DeliveryPlan, QuietHours } from "./plan.ts";

/** Longest time without a look. */
const LOOK_EVERY_MS = 60_000;
/** Pause after the database failed, doubled each time up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface OutboxOptions {
  readonly records: AlertRecords;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly delivery: DeliveryPlan;
  readonly digest: AlertPlan["digest"];
  /** Digests wait for their end, except those of severities that need not. @default none */
  readonly quietHours?: QuietHours | null;
  readonly clock: AlertClock;
  /** Rules of which dead letters are not `deadWatched`: those that watch that number. @default none */
  readonly uncounted?: ReadonlySet<string>;
  /** From 0 up to 1. @default Math.random */
  readonly random?: () => number;
  /** False: nothing is claimed or sent. */
  readonly mayLead: () => boolean;
  /** A notification was given up; its record says so already. */
  readonly onDead?: (notification: Notification) => void;
  /**
   * An attempt has ended, or a notification was folded or given up; its record says so already. Not called where the process
   * ended before its attempt did: that says nothing of the channel.
   */
  readonly onOutcome?: (notification: Notification) => void;
  /** The database, or a channel that throws. */
  readonly onError?: (error: unknown) => void;
}

/** Since the outbox was made; `waiting` and `dead` are how many there are, as of the last look. */
export interface OutboxStats {
  readonly waiting: number;
  readonly underWay: number;
  readonly sent: number;
  readonly retried: number;
  readonly folded: number;
  readonly dead: number;
  /** The dead without those about rules that watch this number. */
  readonly deadWatched: number;
  readonly breakersOpen: number;
  readonly errors: number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #gates: ReadonlyMap<string, Gate>;
  readonly #deliveries: Deliveries;
  readonly #pass: OutboxPass;
  readonly #turns = new Turns();
  readonly #counted = { waiting: 0, sent: 0, retried: 0, folded: 0, errors: 0 };
  readonly #dead: DeadLetters;
  /** When the dead were counted last; others may retry, discard and remove them. */
  #deadMs = Number.NEGATIVE_INFINITY;
  #pumping: Promise<void> | undefined;
  #again = false;
  /** Passes that failed in a row. */
  #failures = 0;
  #cancelTimer = (): void => {};
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#dead = new DeadLetters(options.records, options.uncounted ?? new Set());
    const { channels, delivery, clock } = options;
    const random = options.random ?? Math.random;
    const onOutcome = (record: AlertRecord): void => this.#outcome(record);
    this.#gates = new Map([...channels].map(([name, channel]) => [name, new Gate(channel, delivery, clock)]));
    this.#deliveries = new Deliveries({
      ...{ records: options.records, plan: delivery, clock, random, onOutcome },
      onFree: () => void this.pump(),
      onError: (error) => this.#report(error),
    });
    const own = { gates: this.#gates, deliveries: this.#deliveries, turns: this.#turns };
    this.#pass = new OutboxPass({ ...options, ...own, random, onOutcome });
  }

  /**
   * Makes notifications; those that exist are left as they are. Durable when it resolves; `pump` sends them.
   * @throws EventStoreError as the backend does; what was made then is made again by the same call without harm.
   */
  async put(drafts: readonly NotificationDraft[]): Promise<void> {
    if (this.#closed) throw new EventStoreError("EVT_CLOSED", "the outbox is closed");
    const nowMs = this.#options.clock.now();
    const made = new Map(drafts.map((draft) => newRecord(draft, nowMs)).map((record) => [record._id, record]));
    const all = [...made.values()];
    for (const record of all) this.#turns.note(record);
    for (let at = 0; at < all.length; at += PAGE) {
      await this.#options.records.write("notifications", all.slice(at, at + PAGE));
    }
  }

  /** Begins to lead: what a former leader has left in `sending` is sent again. Never rejects. */
  takeOver(): Promise<void> {
    this.#pass.inherit();
    return this.pump();
  }

  /** Starts all that is due and has a place; resolves when it is on its way. Never rejects: see `onError`. */
  pump(): Promise<void> {
    this.#again = true;
    this.#pumping ??= this.#run();
    return this.#pumping;
  }

  /** When there is something to do that cannot be done yet, epoch ms; null when there is nothing or it goes on by itself. */
  async nextDueMs(): Promise<number | null> {
    const dueMs = await this.#options.records.nextDue("notifications");
    const waitsForPlace = dueMs !== null && dueMs <= this.#options.clock.now() && this.#deliveries.size > 0;
    return waitsForPlace ? null : dueMs;
  }

  /** Resolves when nothing is due or under way; where this process does not lead, when nothing is under way. */
  async idle(): Promise<void> {
    for (;;) {
      await this.pump();
      if (this.#closed || !this.#options.mayLead()) return this.#deliveries.all();
      if (this.#deliveries.size > 0) await this.#deliveries.one();
      else if (this.#failures === 0) return;
      else await new Promise<void>((resolve) => this.#options.clock.after(FIRST_PAUSE_MS, resolve));
    }
  }

  /** Removes some of what was kept long enough; `pump` does so too. @returns how many */
  async sweep(nowMs: number): Promise<number> {
    const due = await this.#options.records.due("notifications", nowMs, PAGE);
    return removeAll(this.#options.records, due.filter(isFinished));
  }

  list(query?: ListQuery<NotificationState>): Promise<Page<Notification>> {
    return listNotifications(this.#options.records, query);
  }

  get(id: string): Promise<Notification | undefined> {
    return readNotification(this.#options.records, id);
  }

  /** A dead one begins anew, one between attempts is tried now. @throws EventStoreError `EVT_INVALID_OPTION` for others. */
  async retry(id: string): Promise<Notification | undefined> {
    const retried = await retryNotification(this.#options.records, id, this.#options.clock.now());
    if (retried !== undefined) this.#recount();
    return retried;
  }

  /** Gives up a dead or waiting one. @throws EventStoreError `EVT_INVALID_OPTION` for others. */
  async discard(id: string): Promise<Notification | undefined> {
    const discarded = await discardNotification(this.#options.records, id, this.#options.clock.now());
    if (discarded !== undefined) this.#recount();
    return discarded;
  }

  stats(): OutboxStats {
    const breakersOpen = [...this.#gates.values()].filter(({ tripped }) => tripped).length;
    const { total: dead, watched: deadWatched } = this.#dead;
    return { ...this.#counted, dead, deadWatched, underWay: this.#deliveries.size, breakersOpen };
  }

  /** Starts nothing more and waits for what is under way, a few seconds at most; the rest is tried again by the next one. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#pumping;
    await this.#deliveries.close();
  }

  /** Passes, one at a time, until nobody asked for one more meanwhile. */
  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#pass.run();
        await this.#look();
        this.#failures = 0;
      } catch (error) {
        this.#report(error);
        this.#wakeIn(Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS));
        this.#failures += 1;
      }
    }
    this.#pumping = undefined;
  }

  #recount(): void {
    this.#dead.forget();
    this.#deadMs = Number.NEGATIVE_INFINITY;
    void this.pump();
  }

  async #look(): Promise<void> {
    const { records, mayLead, clock } = this.#options;
    this.#counted.waiting = await records.count("notifications", ["pending", "retry", "sending"]);
    if (clock.elapsed() - this.#deadMs >= LOOK_EVERY_MS) {
      this.#deadMs = clock.elapsed();
      await this.#dead.look();
    }
    const dueMs = await this.nextDueMs();
    this.#wakeIn(mayLead() && dueMs !== null ? this.#pauseUntil(dueMs) : LOOK_EVERY_MS);
  }

  /** What is still due after a pass is somebody else's doing, and not worth a race. */
  #pauseUntil(dueMs: number): number {
    const ms = dueMs - this.#options.clock.now();
    return ms > 0 ? Math.min(ms, LOOK_EVERY_MS) : FIRST_PAUSE_MS;
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer();
    if (!this.#closed) this.#cancelTimer = this.#options.clock.after(ms, () => void this.pump());
  }

  #outcome(record: AlertRecord): void {
    this.#turns.note(record);
    if (record.state === "sent") this.#counted.sent += 1;
    if (record.state === "retry") this.#counted.retried += 1;
    if (record.state === "folded") this.#counted.folded += 1;
    const notification = notificationOf(record);
    if (record.state === "dead") this.#dead.add(notification);
    this.#tell(() => this.#options.onOutcome?.(notification));
    if (record.state === "dead") this.#tell(() => this.#options.onDead?.(notification));
  }

  #report(error: unknown): void {
    this.#counted.errors += 1;
    this.#tell(() => this.#options.onError?.(error));
  }

  /** A listener that throws must not stop the outbox. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch {
      this.#counted.errors += 1;
    }
  }
}
