/**
 * Shipper: log lines in, acknowledged events out.
 *
 *   accept ─→ event with its final id ─→ queue ─ due ─→ courier ─→ sink
 *
 * A batch is due when it is full, when its first event has waited long enough (50 ms from `urgentLevel` on), at
 * `flush()` and at `close()`. The id is fixed at acceptance, so that sending twice stores once. At every moment
 *
 *   in = acknowledged + pending + rejected + dropped
 *
 * and every rejected or dropped event is reported on standard error. The queue lives in memory: what is pending when
 * the process is killed is lost. Not here: how a line becomes an event (`map`), how a sink speaks.
 */
import type { EventInput } from "../event/event.ts";
import { newId } from "../event/id.ts";
import { type LogLevel, levelName } from "../event/levels.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Courier } from "./courier.ts";
import { fitEvent } from "./fit.ts";
import { CLOSE_CAP_MS, type ResolvedShipOptions } from "./options.ts";
import { Pause } from "./pause.ts";
import { type Item, ShipQueue } from "./queue.ts";
import { createReport, type Report } from "./report.ts";
import type { SendError, Sink } from "./sink.ts";

/** @since 0.1.0 */
export interface ShipStats {
  /** Lines accepted. */
  readonly in: number;
  /** Durable on the other side. */
  readonly acknowledged: number;
  /** Waiting or under way. */
  readonly pending: number;
  /** Refused for good by the other side. */
  readonly rejected: number;
  /** Lost on purpose: memory full, or not delivered in time at the end. */
  readonly dropped: number;
  /** Shortened to fit; counted once more in the numbers above. */
  readonly truncated: number;
}

export interface ShipperOptions {
  readonly sink: Sink;
  readonly options: ResolvedShipOptions;
  readonly map: (line: unknown) => EventInput;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly report?: Report;
}

const URGENT_MS = 50;
const SINK_CLOSE_MS = 500;
const ROOM_MS = 1000;

export class Shipper implements AsyncDisposable {
  readonly #sink: Sink;
  readonly #options: ResolvedShipOptions;
  readonly #map: (line: unknown) => EventInput;
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #queue: ShipQueue;
  readonly #courier: Courier;
  readonly #filling: Pause;
  readonly #room: Pause;
  readonly #count = { in: 0, acknowledged: 0, rejected: 0, dropped: 0, truncated: 0 };
  #waiters: { readonly seq: number; readonly resolve: () => void }[] = [];
  #running: Promise<void> | undefined;
  /** Clock reading at which the next batch leaves even if it is not full; never later than this. */
  #dueMs = Number.POSITIVE_INFINITY;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor({ sink, options, map, clock = systemClock, random = Math.random, report }: ShipperOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#map = map;
    this.#clock = clock;
    this.#report = report ?? createReport();
    this.#queue = new ShipQueue(options.memoryBytes);
    this.#filling = new Pause(clock);
    this.#room = new Pause(clock);
    this.#courier = new Courier({
      sink,
      clock,
      random,
      options,
      stored: (items) => this.#settled("acknowledged", items.length),
      rejected: (item, reason) => this.#rejected(item, reason),
      link: (trouble) => this.#link(trouble),
    });
  }

  /** Takes one line, without its line end; never throws, never waits. Blank lines are nothing. */
  accept(line: unknown): void {
    if (typeof line === "string" && !/\S/.test(line)) return;
    this.#count.in += 1;
    if (this.#ended) this.#dropped(1, "written after the end");
    else this.#enqueue(this.#item(line));
  }

  /** Resolves when every line accepted so far is acknowledged, rejected or dropped. */
  flush(): Promise<void> {
    const seq = this.#count.in;
    if (this.#queue.length > 0) this.#dueMs = Number.NEGATIVE_INFINITY;
    this.#filling.end();
    return new Promise((resolve) => {
      this.#waiters.push({ seq, resolve });
      this.#release();
    });
  }

  /**
   * While the sink works but is slower than the lines come: resolves when there is room, after a second at most.
   * Undefined when the reader should go on at once; a sink that does not work must not stop the reader.
   */
  room(): Promise<void> | undefined {
    if (!this.#crowded()) return undefined;
    return this.#room.wait(ROOM_MS);
  }

  /** Delivers what is pending, for `budgetMs` at most, then lets go; what is left is dropped and reported. Safe twice. */
  close(budgetMs = this.#options.closeMs): Promise<void> {
    this.#ended = true;
    this.#closing ??= this.#close(Math.min(budgetMs, CLOSE_CAP_MS));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): ShipStats {
    return { ...this.#count, pending: this.#pending() };
  }

  #item(line: unknown): Item {
    const mapped = this.#map(line);
    const { event, bytes, truncated } = fitEvent({ ...mapped, _id: mapped._id ?? newId() }, line);
    if (truncated) {
      this.#count.truncated += 1;
      this.#report("truncated", "an event was too large and has been cut");
    }
    const level = mapped.log_level as LogLevel;
    const { urgentLevel, maxWaitMs } = this.#options;
    const waitMs = level >= urgentLevel ? Math.min(URGENT_MS, maxWaitMs) : maxWaitMs;
    return { seq: this.#count.in, event, level, bytes, dueMs: this.#clock.now() + waitMs };
  }

  #enqueue(item: Item): void {
    const shed = this.#queue.push(item);
    if (shed.length > 0) this.#dropped(shed.length, `memory full, ${levels(shed)}`);
    if (item.dueMs < this.#dueMs || this.#full()) {
      this.#dueMs = Math.min(this.#dueMs, item.dueMs);
      this.#filling.end();
    }
    this.#running ??= this.#run();
  }

  #full(): boolean {
    const bytes = Math.min(this.#courier.maxBytes, this.#options.memoryBytes / 2);
    return this.#queue.length >= this.#options.maxEvents || this.#queue.bytes >= bytes;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    while (this.#queue.length > 0) {
      for (let ms = this.#untilDue(); ms > 0; ms = this.#untilDue()) await this.#filling.wait(ms);
      const batch = this.#queue.take(this.#options.maxEvents, this.#courier.maxBytes);
      this.#dueMs = this.#nextDue();
      await this.#courier.deliver(batch);
      if (this.#courier.first !== undefined) break;
    }
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#running = undefined;
  }

  #untilDue(): number {
    return this.#ended || this.#full() || this.#queue.length === 0 ? 0 : this.#dueMs - this.#clock.now();
  }

  /** When what stays behind is due as a batch leaves: at once while someone flushes. */
  #nextDue(): number {
    if (this.#waiters.length > 0) return Number.NEGATIVE_INFINITY;
    return this.#full() ? Number.NEGATIVE_INFINITY : this.#queue.earliestDueMs();
  }

  async #close(budgetMs: number): Promise<void> {
    const time = new Pause(this.#clock);
    this.#filling.end();
    this.#room.end();
    this.#courier.hurry();
    if (this.#running) await Promise.race([this.#running, time.wait(budgetMs)]);
    time.end();
    const left =
      this.#courier.giveUp().length + this.#queue.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY).length;
    if (left > 0) this.#dropped(left, `not delivered within ${budgetMs} ms at the end`);
    this.#release();
    const { rejected, dropped } = this.#count;
    if (rejected + dropped > 0) this.#report("closed", `closed with ${dropped} event(s) lost and ${rejected} rejected`);
    await Promise.race([this.#sink.close().catch(() => {}), time.wait(SINK_CLOSE_MS)]);
    time.end();
  }

  #settled(as: "acknowledged" | "rejected" | "dropped", events: number): void {
    this.#count[as] += events;
    this.#release();
  }

  #rejected(item: Item, reason: string): void {
    this.#report("rejected", `event ${item.event._id} was rejected: ${reason}`);
    this.#settled("rejected", 1);
  }

  #dropped(events: number, reason: string): void {
    this.#settled("dropped", events);
    this.#report(`dropped ${reason}`, `${events} event(s) lost: ${reason}; ${this.#count.dropped} lost in all`);
  }

  #link(trouble: SendError | undefined): void {
    if (trouble === undefined) this.#report("link up", "delivering again");
    else
      this.#report(
        "link down",
        `cannot deliver: ${trouble.message}; ${this.#pending()} event(s) waiting, trying again`,
      );
    this.#release();
  }

  #pending(): number {
    const { acknowledged, rejected, dropped } = this.#count;
    return this.#count.in - acknowledged - rejected - dropped;
  }

  #crowded(): boolean {
    return !this.#ended && this.#courier.failures === 0 && this.#queue.bytes >= this.#options.memoryBytes / 2;
  }

  /** Lets go whoever waits for something that has come true. */
  #release(): void {
    const oldest = this.#courier.first?.seq ?? this.#queue.first?.seq ?? Number.POSITIVE_INFINITY;
    const done = this.#waiters.filter(({ seq }) => seq < oldest);
    this.#waiters = this.#waiters.filter(({ seq }) => seq >= oldest);
    for (const { resolve } of done) resolve();
    if (!this.#crowded()) this.#room.end();
  }
}

function levels(items: readonly Item[]): string {
  return [...new Set(items.map((item) => levelName(item.level)))].join(", ");
}
