/**
 * Loop: it leads (folds, ticks, sends) while it holds the lease, and answers what people ask at any time.
 *
 *   wait for the lease ─► begin ─► fold until nothing is marked ─► tick what is due ─► pump the outbox ─► sleep
 *                           ▲                                                                              │
 *                           └───────── woken: an event was marked · something is due · time to renew ──────┘
 *
 * An error ends the round, not the engine: it is told once, counted, and the round begins anew after a pause. Whatever it
 * was in the middle of is in the database, see evaluator.ts.
 */
import { randomUUID } from "node:crypto";
import { Lease } from "../backend/lease.ts";
import type { AlertClock } from "./clock.ts";
import type { AlertStats } from "./desk.ts";
import type { EngineOptions } from "./engine-options.ts";
import { Evaluator } from "./evaluator.ts";
import { RULES_LANE } from "./folder.ts";
import { BATCH } from "./group.ts";
import { Superseded } from "./group-shelf.ts";
import type { AlertHost } from "./host.ts";
import { compileMarker } from "./marker.ts";
import type { Channel } from "./notification.ts";
import { notificationsOf, type Reach } from "./notify.ts";
import type { Outbox } from "./outbox.ts";
import type { AlertPlan } from "./plan.ts";
import { saidOtherwise } from "./said-before.ts";
import type { Draft } from "./say.ts";
import { Watch } from "./watch.ts";

/** Rounds are at most this far apart where others write to the database, and where nothing says otherwise, in ms. */
const LOOK_MS = 1000;
const LEDGER_MS = 5000;
const SWEEP_MS = 60_000;
const PAUSE_MS = 1000;
/** Under a steady trickle rounds are this far apart, in ms: each costs several durable writes, which events wait for. */
const GAP_MS = 50;
/** Rounds that come at once before that holds. */
const AT_ONCE = 4;
/** Batches folded before the groups get their turn. */
const FOLDS = 50;

export interface LoopParts {
  readonly host: AlertHost;
  readonly plan: AlertPlan;
  readonly clock: AlertClock;
  readonly outbox: Outbox;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly options: EngineOptions;
  /** Names of channels that do not take messages now. */
  readonly failing: () => ReadonlySet<string>;
}

export class Loop {
  readonly #parts: LoopParts;
  readonly #lease: Lease | undefined;
  readonly #removeLane: () => void;
  readonly #reach: Reach;
  #evaluator: Evaluator | undefined;
  #running: Promise<void> | undefined;
  #woken = true;
  /** Events were marked that the round under way may not see. */
  #more = false;
  /** Until when the rounds that marks have asked for so far would take, one per gap. */
  #spokenForMs = 0;
  #cancelTimer = (): void => {};
  #timerMs = Number.POSITIVE_INFINITY;
  #closing: Promise<void> | undefined;
  #counted = { folded: 0, ignored: 0, errors: 0, waiting: 0, lagMs: 0 };
  readonly #watch: Watch;
  #nextLedgerMs = 0;
  #nextSweepMs = 0;
  #lastTrouble = "";
  #waiters: (() => void)[] = [];

  constructor(parts: LoopParts) {
    const { host, plan, clock, channels, failing } = parts;
    this.#parts = parts;
    this.#watch = new Watch(host.records, clock);
    const receivers = new Map(plan.receivers.map((receiver) => [receiver.name, receiver]));
    const watch = new Set(plan.rules.filter(({ when }) => when.kind === "ledger").map(({ id }) => id));
    this.#reach = { receivers, channels, compat: plan.mode === "compat", watch, failing };
    const { ttlMs, renewMs } = plan.lease;
    if (!host.alone) this.#lease = new Lease(host.records, "alerting", clock, { owner: randomUUID(), ttlMs, renewMs });
    this.#removeLane = host.addLane(RULES_LANE, compileMarker(plan.rules), () => this.#marked());
  }

  stats(): AlertStats {
    const { folded, ignored, errors, waiting, lagMs } = this.#counted;
    const out = this.#parts.outbox.stats();
    return {
      leading: this.#evaluator !== undefined,
      marks_waiting: waiting,
      lag_ms: lagMs,
      events_folded: folded + (this.#evaluator?.folded ?? 0),
      events_ignored: ignored + (this.#evaluator?.ignored ?? 0),
      live_incidents: this.#evaluator?.live ?? 0,
      notifications_waiting: out.waiting,
      notifications_sent: out.sent,
      notifications_retried: out.retried,
      notifications_folded: out.folded,
      notifications_dead: out.dead,
      breakers_open: out.breakersOpen,
      errors: errors + out.errors,
    };
  }

  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 2 && !this.#closing; ) {
      await this.#round();
      await this.#parts.outbox.idle();
      quiet = (await this.#isQuiet()) ? quiet + 1 : 0;
      if (quiet === 0 && !this.#evaluator) await new Promise<void>((resolve) => this.#parts.clock.after(100, resolve));
    }
  }

  /** Stops to judge and to send; what is not done is done by whoever starts next. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#removeLane();
    this.#cancelTimer();
    for (const resolve of this.#waiters.splice(0)) resolve();
    await this.#running;
    if (this.mayLead()) await this.#watch.write().catch(() => {});
    await this.#parts.outbox.close();
    await this.#lease?.release();
  }

  mayLead(): boolean {
    return this.#evaluator !== undefined && (this.#lease?.mayLead() ?? true);
  }

  wake(): void {
    this.#woken = true;
    this.#running ??= this.#run();
  }

  /** Events wait: a round at once, or soon where there were several just now. */
  #marked(): void {
    if (this.#running) this.#more = true;
    else if (!this.#closing) this.#soon();
  }

  #soon(): void {
    const nowMs = this.#parts.clock.elapsed();
    const waitMs = this.#spokenForMs - (AT_ONCE - 1) * GAP_MS - nowMs;
    if (waitMs > 0) {
      // A round that comes sooner, because something is due, folds as well.
      if (nowMs + waitMs < this.#timerMs) this.#in(waitMs, () => this.#soon());
      return;
    }
    this.#spokenForMs = Math.max(this.#spokenForMs, nowMs) + GAP_MS;
    this.wake();
  }

  #in(ms: number, action: () => void): void {
    this.#cancelTimer();
    this.#timerMs = this.#parts.clock.elapsed() + ms;
    this.#cancelTimer = this.#parts.clock.after(ms, () => {
      this.#timerMs = Number.POSITIVE_INFINITY;
      action();
    });
  }

  /** A round of work, and the end of it. */
  #round(): Promise<void> {
    if (this.#closing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.wake();
    });
  }

  async #run(): Promise<void> {
    while (this.#woken && !this.#closing) {
      this.#woken = false;
      const waiters = this.#waiters.splice(0);
      this.#cancelTimer();
      this.#timerMs = Number.POSITIVE_INFINITY;
      let pauseMs = PAUSE_MS;
      try {
        pauseMs = (await this.#leads()) ? await this.#work() : LOOK_MS;
        this.#lastTrouble = "";
        this.#watch.saw();
      } catch (error) {
        this.#retire();
        if (!(error instanceof Superseded)) this.trouble(error);
        // Whoever watches must see that events wait.
        void this.#measure().catch(() => {});
      }
      if (!this.#closing && !this.#woken) this.#in(pauseMs, () => this.wake());
      if (this.#more && this.#lastTrouble === "" && !this.#closing) this.#soon();
      this.#more = false;
      for (const resolve of waiters) resolve();
    }
    this.#running = undefined;
  }

  async #leads(): Promise<boolean> {
    if (this.#parts.options.lead === false) return false;
    if (this.#lease && !(await this.#lease.keep())) {
      this.#retire();
      return false;
    }
    if (this.#evaluator) return true;
    const { host, plan, clock, outbox } = this.#parts;
    this.#evaluator = await Evaluator.begin({
      ...{ records: host.records, plan, clock },
      fence: this.#lease?.fence ?? 1,
      resumedAtMs: await this.#watch.resume(),
      confirm: async () => !this.#closing && (this.#lease ? this.#lease.confirm() : true),
      say: (drafts) => this.#say(drafts),
      counters: () => this.#counters(),
      warn: (message) => this.warn(message),
    });
    void outbox.takeOver();
    return true;
  }

  async #say(drafts: readonly Draft[]): Promise<boolean> {
    const made = notificationsOf(drafts, this.#reach);
    if (await saidOtherwise(this.#parts.host.records, made)) return false;
    await this.#parts.outbox.put(made);
    return true;
  }

  #retire(): void {
    this.#counted.folded += this.#evaluator?.folded ?? 0;
    this.#counted.ignored += this.#evaluator?.ignored ?? 0;
    this.#evaluator = undefined;
  }

  /** One round as the leader; answers how long to sleep, in ms. */
  async #work(): Promise<number> {
    const { clock, host, outbox } = this.#parts;
    const evaluator = this.#evaluator as Evaluator;
    let folded = BATCH;
    for (let i = 0; folded >= BATCH && i < FOLDS; i++) folded = await evaluator.foldSome();
    if (folded > 0) this.#more = true;
    if (clock.now() >= this.#nextLedgerMs || this.#nextLedgerMs > clock.now() + LEDGER_MS) {
      this.#nextLedgerMs = clock.now() + LEDGER_MS;
      await this.#measure();
      await evaluator.tickLedgers();
      await this.#watch.keep();
    }
    if (clock.now() >= this.#nextSweepMs || this.#nextSweepMs > clock.now() + SWEEP_MS) {
      this.#nextSweepMs = clock.now() + SWEEP_MS;
      await evaluator.sweep();
    }
    const again = (await evaluator.tickSome()) || folded >= BATCH;
    void outbox.pump();
    if (again) this.#woken = true;
    const dueMs = await host.records.nextDue("groups");
    const untilDue = dueMs === null ? LEDGER_MS : Math.max(0, dueMs - clock.now());
    return Math.min(untilDue, LEDGER_MS, host.alone ? LEDGER_MS : Math.min(LOOK_MS, this.#parts.plan.lease.renewMs));
  }

  async #measure(): Promise<void> {
    const { count, oldestMs } = await this.#parts.host.records.waiting(RULES_LANE);
    this.#counted.waiting = count;
    this.#counted.lagMs = oldestMs === null ? 0 : Math.max(0, this.#parts.clock.now() - oldestMs);
  }

  #counters(): Readonly<Record<string, number>> {
    const { notifications_dead, lag_ms, marks_waiting, breakers_open } = this.stats();
    const own = { notifications_dead, lag_ms, marks_waiting, breakers_open };
    return { ...this.#parts.host.counters(), ...own, ...this.#parts.options.counters?.() };
  }

  async #isQuiet(): Promise<boolean> {
    const { records } = this.#parts.host;
    await this.#measure();
    if (this.#counted.waiting > 0) return false;
    const dueMs = this.#parts.options.lead === false ? null : await records.nextDue("groups");
    return dueMs === null || dueMs > this.#parts.clock.now();
  }

  /** The same trouble is told once until it is over. */
  trouble(error: unknown): void {
    this.#counted.errors++;
    const words = error instanceof Error ? error.message : String(error);
    if (words === this.#lastTrouble) return;
    this.#lastTrouble = words;
    this.warn(`alerts wait: ${words}`);
  }

  warn(message: string): void {
    const { onWarning = (text: string) => process.emitWarning(text, { type: "MadsciEvents" }) } = this.#parts.options;
    try {
      onWarning(message);
    } catch {
      // Whoever listens must not stop the alerts.
    }
  }
}
