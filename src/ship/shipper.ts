/**
 * Shipper: log lines in, acknowledged events out.
 *
 *   accept ─→ whole lines ─→ backlog (disk, memory) ─ due ─→ map ─→ courier ─→ sink ─→ checkpoint
 *                 spools of dead processes ─ adopted ─────────↑
 *
 * A batch is due when it is full, when its first line has waited long enough (50 ms from `urgentLevel` on), at `flush()`
 * and at `close()`. A line's id is fixed as it enters the backlog, so that sending twice stores once. Lines become
 * events only as they leave: taking them in stays cheap, whatever they hold. At every moment
 *
 *   in = acknowledged + pending + deadLettered + dropped
 *
 * and everything dropped is told on standard error and, when the link is back, by an event of type `log_dropped`.
 * Not here: how a line becomes an event (map.ts), how a sink speaks, what is on disk (spool/).
 */
import type { Batch, LineSource } from "./batcher.ts";
import type { ShipStats } from "./books.ts";
import type { Item } from "./item.ts";
import type { Block } from "./line-cutter.ts";
import type { MapLine, Mapping } from "./map.ts";
import { CLOSE_CAP_MS } from "./options.ts";
import { type Parts, partsOf } from "./parts.ts";
import { Pause } from "./pause.ts";
import type { ShipperOptions } from "./shipper-options.ts";
import type { SendError } from "./sink.ts";
import { KIND } from "./spool/format.ts";

export type { ShipStats } from "./books.ts";
export type { ShipperOptions } from "./shipper-options.ts";

const SINK_CLOSE_MS = 500;
const ROOM_MS = 1000;
/** Batches made ready while one is under way: one is written while the other is compressed. */
const AHEAD = 2;

export class Shipper implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #room: Pause;
  /** Ends when lines can become events. */
  #ready: Promise<void> | undefined;
  #waiters: { readonly seq: number; readonly resolve: () => void }[] = [];
  #running: Promise<void> | undefined;
  #settledSeq = 0;
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;

  constructor(given: ShipperOptions) {
    this.#parts = partsOf(given, { found: () => this.#start(), link: (trouble) => this.#link(trouble) });
    this.#room = new Pause(this.#parts.clock);
    this.#ready = this.#useMap(given.map);
  }

  /** ULID of this sender; every event carries it. */
  get sender(): string {
    return this.#parts.place.sender;
  }

  /** How much input no crash of this process can take any more, in the units of {@link accept}. */
  get durableThrough(): number {
    return this.#parts.backlog.durableThrough;
  }

  /** Takes a piece of the log, which may end anywhere; never throws, never waits. Blank lines are nothing. */
  accept(piece: string | Buffer): void {
    this.#parts.books.add("bytesIn", piece.length);
    this.#append(this.#parts.cutter.push(piece));
  }

  /** How lines become events from now on; those not yet sent among them. */
  remap(mapping: Mapping, map: MapLine | Promise<MapLine>): void {
    this.#ready = this.#useMap(map);
    this.#parts.place.describe(mapping, this.#parts.backlog.spool);
  }

  /**
   * Resolves when every line accepted so far is acknowledged, dead-lettered or dropped; also when the link is down
   * and they are all on disk.
   */
  flush(): Promise<void> {
    const seq = this.#parts.backlog.lastSeq;
    this.#parts.schedule.force(seq);
    return new Promise((resolve) => {
      this.#waiters.push({ seq, resolve });
      this.#release();
    });
  }

  /** Everything to disk, confirmed by it; false when something is in memory only. */
  flushSync(): boolean {
    this.#parts.backlog.secure(this.#settledSeq);
    return this.#parts.backlog.isSafe && this.#parts.backlog.state !== "off";
  }

  /**
   * While lines wait in memory and the sink works but is slower: resolves when there is room, after a second at most.
   * Undefined when the reader should go on at once; a sink that does not work must not stop the reader.
   */
  room(): Promise<void> | undefined {
    if (!this.#isCrowded()) return undefined;
    return this.#room.wait(ROOM_MS);
  }

  /**
   * Delivers what is pending as long as that works and the budget lasts, then lets go. What is left stays on disk for
   * the next process; without a disk it is dropped and reported. Safe twice.
   */
  close(budgetMs = this.#parts.options.closeMs): Promise<void> {
    this.#closing ??= this.#close(Math.min(budgetMs, CLOSE_CAP_MS));
    return this.#closing;
  }

  /**
   * The process ends now: everything to disk; a spool with nothing left in it is removed. What comes later, from another
   * exit handler, is put on disk as well.
   */
  leave(): void {
    if (this.#state !== "open") return;
    this.#append(this.#parts.cutter.end());
    this.#tell(true);
    this.flushSync();
    if (this.#isEmpty) this.#parts.backlog.pack();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): ShipStats {
    const { spool, memoryBytes, state } = this.#parts.backlog;
    return {
      ...this.#parts.books.counts,
      ...this.#parts.fleet.record,
      link: this.#state === "open" ? this.#parts.fleet.state : this.#state,
      spool: state,
      spoolBytes: (spool?.bytes ?? 0) + this.#parts.adoption.bytes,
      memoryBytes,
    };
  }

  /** Nothing is left for another process. */
  get #isEmpty(): boolean {
    return this.#settledSeq === this.#parts.backlog.lastSeq && this.#parts.adoption.isEmpty;
  }

  #append(blocks: readonly Block[]): void {
    if (blocks.length === 0) return;
    const lines = blocks.reduce((sum, { levels }) => sum + levels.length, 0);
    this.#parts.books.add("in", lines);
    if (this.#state === "closed") {
      this.#parts.losses.late(lines, this.#parts.backlog.lastSeq);
      return;
    }
    this.#parts.backlog.append(blocks);
    const { urgentLevel } = this.#parts.options;
    this.#parts.schedule.added(blocks.some(({ levels }) => levels.some((level) => level >= urgentLevel)));
    this.#start();
  }

  #start(): void {
    if (this.#state === "closed") return;
    this.#running ??= this.#run();
  }

  /** At once where it can be. */
  #useMap(map: MapLine | Promise<MapLine>): Promise<void> | undefined {
    if (typeof map === "function") this.#parts.own.map = map;
    else return map.then((ready) => this.#useMap(ready));
    return undefined;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    const { fleet, schedule } = this.#parts;
    const nextDue = async () => {
      await this.#ready;
      return schedule.next();
    };
    const ahead: Batch[] = [];
    for (;;) {
      const batch = fleet.hasRoom ? (ahead.shift() ?? (fleet.isEmpty ? await nextDue() : schedule.ahead())) : undefined;
      if (batch !== undefined) fleet.launch(batch);
      else if (!fleet.isEmpty) {
        this.#makeReady(ahead);
        for (const landed of await fleet.landed()) this.#settle(landed, landed.lastSeq);
        if (fleet.isDone) return;
      } else if (schedule.isEmpty) break;
      // What came during the last look found us running, and started nothing.
    }
    this.#running = undefined;
  }

  #makeReady(ahead: Batch[]): void {
    while (ahead.length < AHEAD) {
      const next = this.#parts.schedule.ahead();
      if (next === undefined) return;
      this.#parts.fleet.prepare(next);
      ahead.push(next);
    }
  }

  #settle(batch: Batch, seq: number): void {
    this.#parts.batcher.settled(batch, seq);
    if (batch.source === this.#parts.own) {
      this.#settledSeq = seq;
      this.#parts.backlog.settle(seq);
    } else this.#parts.adoption.settle(batch.source, seq);
    if (this.#parts.fleet.state === "online") this.#tell(false);
    this.#release();
  }

  /** Puts what is known about losses among the events. */
  #tell(everything: boolean): void {
    const blocks = this.#parts.losses.toTell(everything);
    if (blocks.length === 0) return;
    this.#parts.books.add("in", blocks.length);
    this.#parts.backlog.append(blocks, KIND.events);
    this.#parts.losses.told();
    this.#parts.schedule.added(true);
  }

  async #close(budgetMs: number): Promise<void> {
    this.#append(this.#parts.cutter.end());
    this.#state = "closing";
    const time = new Pause(this.#parts.clock);
    const hasSpool = this.#parts.options.spool.mode !== "off" && this.#parts.backlog.state !== "degraded";
    if (hasSpool) this.flushSync();
    this.#parts.adoption.stop();
    this.#parts.schedule.force(Number.POSITIVE_INFINITY);
    this.#room.end();
    await this.#lastDeliveries(time, hasSpool, budgetMs);
    this.#giveUp();
    this.#parts.adoption.release();
    this.#parts.backlog.close(this.#isEmpty);
    this.#parts.losses.close();
    this.#state = "closed";
    this.#release();
    await Promise.race([this.#parts.sink.close().catch(() => {}), time.wait(SINK_CLOSE_MS)]);
    time.end();
  }

  /** With a spool only while the link works: what does not leave now leaves with the next process. */
  async #lastDeliveries(time: Pause, hasSpool: boolean, budgetMs: number): Promise<void> {
    const isDown = this.#parts.fleet.state === "backoff" || this.#parts.fleet.state === "held";
    if (hasSpool && isDown) return;
    this.#parts.fleet.hurry(hasSpool);
    if (!this.#running) return;
    const ms = hasSpool ? Math.min(budgetMs, this.#parts.options.closeNetworkMs) : budgetMs;
    await Promise.race([this.#running, time.wait(ms)]);
    time.end();
  }

  /** Ends all sending; the lines before the first unsettled one are settled. */
  #giveUp(): void {
    const cut = new Set<LineSource>();
    for (const { batch, left } of this.#parts.fleet.giveUp()) {
      if (cut.has(batch.source)) continue;
      if (left.length === 0) this.#settle(batch, batch.lastSeq);
      else this.#settleSome(batch, left);
      if (left.length > 0) cut.add(batch.source);
    }
    this.#tell(true);
    this.#parts.backlog.secure(this.#settledSeq);
    const unsafe = this.#parts.backlog.unsafe(this.#settledSeq);
    if (unsafe.count > 0) this.#parts.losses.closed(unsafe);
    const { pending } = this.#parts.books.counts;
    if (pending > 0) this.#parts.report("closed", `${pending} event(s) wait in the spool for the next process`);
  }

  #settleSome(batch: Batch, left: readonly Item[]): void {
    const first = left.reduce((least, { seq }) => Math.min(least, seq), Number.POSITIVE_INFINITY);
    this.#settle(batch, first - 1);
    // Those of another process are counted by whoever settles them.
    const open = left.length + batch.leftOut.filter((seq) => seq >= first).length;
    if (batch.source !== this.#parts.own) this.#parts.books.add("in", -open);
  }

  #link(trouble: SendError | undefined): void {
    const { pending } = this.#parts.books.counts;
    if (trouble === undefined) this.#parts.report("link up", "delivering again");
    else
      this.#parts.report("link down", `${pending} event(s) waiting, trying again; cannot deliver: ${trouble.message}`);
    this.#release();
  }

  #isCrowded(): boolean {
    const { memoryBytes } = this.#parts.backlog;
    return (
      this.#state === "open" && this.#parts.fleet.failures === 0 && memoryBytes >= this.#parts.options.memoryBytes / 2
    );
  }

  /** Lets go whoever waits for something that has come true. */
  #release(): void {
    const isKept = this.#parts.fleet.failures > 0 && this.#parts.backlog.isSafe;
    const done = this.#waiters.filter(({ seq }) => isKept || seq <= this.#settledSeq || this.#state === "closed");
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
    if (!this.#isCrowded()) this.#room.end();
  }
}
