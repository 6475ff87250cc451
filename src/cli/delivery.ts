/**
 * Delivery: events that have a durable copy already → a courier → the sink. What is refused becomes a dead letter.
 *
 * Tries for ever unless it is told to give up after a time without any progress; `stop()` gives up at once. What was not
 * settled then is the caller's to keep.
 */
import { randomInt } from "node:crypto";
import { sinkOf } from "../../transports/shipping.ts";
import type { EventInput } from "../event/event.ts";
import { newId } from "../event/id.ts";
import { parseJson } from "../event/json.ts";
import { Books } from "../ship/books.ts";
import { systemClock } from "../ship/clock.ts";
import { Courier } from "../ship/courier.ts";
import type { Item } from "../ship/item.ts";
import { Losses } from "../ship/losses.ts";
import { createReport, type Report } from "../ship/report.ts";
import type { Sink, Verdict } from "../ship/sink.ts";
import { nodeFileSystem } from "../ship/spool/file-system.ts";
import type { Io } from "./io.ts";
import type { ShipSettings } from "./ship-options.ts";

export interface DeliveryOptions extends ShipSettings {
  readonly io: Io;
  /** The last word on a verdict. */
  readonly judge?: (event: EventInput, verdict: Verdict) => Verdict;
  /** What becomes of a refused event. @default it is a dead letter */
  readonly rejected?: (item: Item, reason: string) => void;
  /** Longest time without progress, in ms. @default for ever */
  readonly giveUpMs?: number;
}

const WATCH_MS = 250;
const RANDOM_STEPS = 2 ** 32;

export class Delivery {
  readonly books = new Books();
  readonly report: Report;
  readonly losses: Losses;
  readonly #courier: Courier;
  readonly #sink: Sink;
  readonly #watch: NodeJS.Timeout;
  #progressMs = performance.now();

  constructor(options: DeliveryOptions) {
    const { resolved, io, judge, giveUpMs = Number.POSITIVE_INFINITY } = options;
    this.report = createReport({ write: (line) => io.err(line.trimEnd()) });
    const common = { fs: nodeFileSystem, books: this.books, clock: systemClock, report: this.report };
    this.losses = new Losses({ ...common, options: resolved, sender: newId(), folder: () => undefined });
    this.#sink = judge === undefined ? sinkOf(options.options) : judged(sinkOf(options.options), judge);
    const rejected = options.rejected ?? ((item: Item, reason: string) => this.losses.rejected(item, reason));
    this.#courier = new Courier({
      sink: this.#sink,
      clock: systemClock,
      random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
      options: resolved,
      stored: (items, duplicates) => this.#stored(items, duplicates),
      rejected: (item, reason) => {
        this.#progressMs = performance.now();
        rejected(item, reason);
      },
      link: (trouble) =>
        trouble === undefined
          ? this.report("link up", "delivering again")
          : this.report("link down", `cannot deliver: ${trouble.message}; trying again`),
    });
    // Also keeps the process alive while the courier pauses.
    this.#watch = setInterval(() => {
      if (performance.now() - this.#progressMs > giveUpMs) this.stop();
    }, WATCH_MS);
  }

  /** Bytes a batch may have, as learned from the sink. */
  get maxBytes(): number {
    return this.#courier.maxBytes;
  }

  get isStopped(): boolean {
    return this.#courier.isDone;
  }

  /** True when all of them are settled; false when it was stopped before. */
  async send(items: readonly Item[]): Promise<boolean> {
    if (items.length > 0) await this.#courier.deliver([...items]);
    return !this.isStopped;
  }

  /** These will be next. */
  prepare(items: readonly Item[]): void {
    this.#courier.prepare(items);
  }

  /** Sends what is known about losses, as events of type `log_dropped`; false when it was stopped before. */
  async tellLosses(): Promise<boolean> {
    const own = this.losses.toTell(true).map(({ body }) => body.toString("utf8"));
    const texts = [...own, ...this.losses.foreign().map(({ text }) => text)];
    this.books.add("in", texts.length);
    const events = texts.map((text) => parseJson(text) as EventInput);
    const isTold = await this.send(events.map((event) => ({ seq: 0, event, bytes: 0, isReport: true })));
    if (isTold) this.losses.toldForeign();
    return isTold;
  }

  stop(): void {
    this.#courier.giveUp();
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.losses.close();
    const limit = new Promise((resolve) => setTimeout(resolve, 500).unref());
    await Promise.race([this.#sink.close().catch(() => {}), limit]);
  }

  #stored(items: number, duplicates: number): void {
    this.books.add("acknowledged", items);
    this.books.add("duplicates", duplicates);
    if (items > 0) this.#progressMs = performance.now();
  }
}

function judged(sink: Sink, judge: NonNullable<DeliveryOptions["judge"]>): Sink {
  const deliver = sink.send.bind(sink);
  const send: Sink["send"] = async (events, signal) => {
    const verdicts = await deliver(events, signal);
    if (verdicts.length !== events.length) return verdicts;
    return verdicts.map((verdict, at) => judge(events[at] as EventInput, verdict));
  };
  return Object.assign(sink, { send });
}
