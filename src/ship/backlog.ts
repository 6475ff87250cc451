/**
 * Backlog: every line this process has accepted and no sink has settled, on disk and, behind that, in memory.
 *
 *   always     a line is on disk before `append` returns
 *   overflow   in memory; all of it goes to disk when memory is full, and at the end
 *   off        in memory only
 *
 * A disk that fails (full, read-only, gone) turns `always` into memory until it takes writes again: a designed state,
 * counted and reported. A spool that is full sheds lines by level. Opening never throws.
 */
import { LEVEL, type LogLevel } from "../event/levels.ts";
import type { Clock } from "./clock.ts";
import type { Drop } from "./drops.ts";
import type { LevelPeek } from "./level-peek.ts";
import type { Block } from "./line-cutter.ts";
import { MemoryQueue } from "./memory-queue.ts";
import type { ResolvedSpoolOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { dropLevels, highestLevel, makeRoom } from "./room.ts";
import type { FileSystem } from "./spool/file-system.ts";
import { FRAME_HEADER_BYTES, type FrameKind, KIND } from "./spool/format.ts";
import { LineIds } from "./spool/line-ids.ts";
import type { PlacedBlock, Spool } from "./spool/spool.ts";
import type { Line } from "./spool/spool-reader.ts";

/** "degraded": the disk fails, lines are in memory; "full": the spool sheds. */
export type BacklogState = "ok" | "degraded" | "full" | "off";

export interface BacklogOptions {
  readonly spool: ResolvedSpoolOptions;
  readonly memoryBytes: number;
  readonly level: LevelPeek;
  readonly clock: Clock;
  /** Wall clock, for ids. */
  readonly now: () => number;
  readonly fs: FileSystem;
  /** @throws what the file system throws */
  readonly open: () => Spool;
  readonly dropped: (drop: Drop) => void;
  readonly report: Report;
}

const RETRY_MS = 5000;
const SYNC_EVERY_MS = 500;
const SYNC_EVERY_BYTES = 1_048_576;

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #memory: MemoryQueue;
  readonly #ids = new LineIds();
  #spool: Spool | undefined;
  #failedMs: number | undefined;
  #isFull = false;
  #lastSeq = 0;
  #takenSeq = 0;
  #settledSeq = 0;
  #durableThrough = 0;
  #waitingBytes = 0;
  #cancelUpkeep: (() => void) | undefined;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#memory = new MemoryQueue(options.memoryBytes);
    if (options.spool.mode !== "off") this.#attempt("opened", () => this.#opened());
  }

  /** Place of the line accepted last. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Place up to which lines were taken for delivery. */
  get takenSeq(): number {
    return this.#takenSeq;
  }

  /** How much input a crash of this process cannot take any more: on disk, or settled. */
  get durableThrough(): number {
    return this.#durableThrough;
  }

  /** Bytes of lines that are not taken yet, roughly. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get memoryBytes(): number {
    return this.#memory.bytes;
  }

  get spool(): Spool | undefined {
    return this.#spool;
  }

  get state(): BacklogState {
    if (this.#options.spool.mode === "off") return "off";
    if (this.#failedMs !== undefined) return "degraded";
    return this.#isFull ? "full" : "ok";
  }

  append(blocks: readonly Block[], kind: FrameKind = KIND.lines): void {
    if (blocks.length === 0) return;
    const placed = blocks.map((block) => this.#place(block, kind));
    for (const { body } of blocks) this.#waitingBytes += body.length;
    if (this.#options.spool.mode !== "always" || !this.#write(placed)) this.#remember(placed);
    this.#cancelUpkeep ??= this.#options.clock.after(SYNC_EVERY_MS, () => this.#upkeep(), true);
  }

  /** The next lines; all places up to `lastSeq` are taken then, also those that turned out to hold nothing. */
  take(maxEvents: number, maxBytes: number): { readonly lines: readonly Line[]; readonly lastSeq: number } {
    const onDisk = this.#spool?.take(maxEvents, maxBytes) ?? [];
    // What memory has comes after all that was on disk; so does what was shed.
    if (onDisk.length === 0) this.#spool?.expectAll();
    const lines = onDisk.length > 0 ? onDisk : this.#memory.take(this.#takenSeq, maxEvents, maxBytes);
    this.#takenSeq = Math.max(this.#takenSeq, lines.at(-1)?.seq ?? this.#lastSeq);
    if (onDisk.length === 0) this.#spool?.skipTo(this.#takenSeq + 1);
    for (const { text } of lines) this.#waitingBytes -= text.length + 1;
    if (this.#takenSeq === this.#lastSeq) this.#waitingBytes = 0;
    return { lines, lastSeq: this.#takenSeq };
  }

  settle(seq: number): void {
    this.#settledSeq = Math.max(this.#settledSeq, seq);
    this.#attempt("checkpoint", () => this.#spool?.settle(seq));
    const through = this.#memory.settle(seq);
    if (through !== undefined) this.#durableThrough = Math.max(this.#durableThrough, through);
  }

  /** Everything to disk, if there is one, and confirmed by it. */
  secure(settledSeq: number): void {
    if (this.#options.spool.mode === "off") return;
    this.#attempt("end", () => {
      if (!this.#memory.isEmpty) this.#spill();
      if (this.#options.spool.fsync !== "never") this.#spool?.sync();
      if (this.#spool !== undefined && !this.#spool.isThere() && settledSeq < this.#lastSeq) this.#spool.relocate();
    });
  }

  /** True when no line is in memory only. */
  get isSafe(): boolean {
    return !this.#memory.hasLines;
  }

  /** Lines that are in memory only and not settled. */
  unsafe(settledSeq: number): { readonly count: number; readonly firstSeq: number; readonly lastSeq: number } {
    return this.#memory.linesAfter(settledSeq);
  }

  /** Everything is settled: removes the folder; there is a new one when more comes. */
  pack(): void {
    const spool = this.#spool;
    this.#spool = undefined;
    this.#attempt("close", () => spool?.close(true));
  }

  close(isEmpty: boolean): void {
    this.#cancelUpkeep?.();
    this.#attempt("close", () => this.#spool?.close(isEmpty));
  }

  #place(block: Block, kind: FrameKind): PlacedBlock {
    const count = block.levels.length;
    const firstSeq = this.#lastSeq + 1;
    this.#lastSeq += count;
    return { ...block, kind, firstSeq, count, id: this.#ids.take(count, this.#options.now()) };
  }

  /** To disk; false when that is not possible now. */
  #write(blocks: readonly PlacedBlock[]): boolean {
    if (this.#isResting) return false;
    return this.#attempt("write", () => {
      if (this.#failedMs !== undefined) this.#spill();
      this.#spoolBlocks(blocks);
    });
  }

  /** The disk has failed a moment ago. */
  get #isResting(): boolean {
    return this.#failedMs !== undefined && this.#options.clock.now() - this.#failedMs < RETRY_MS;
  }

  #spoolBlocks(blocks: readonly PlacedBlock[]): void {
    const spool = this.#opened();
    this.#appendFitting(spool, blocks);
    this.#syncIfDue(spool, blocks);
  }

  #appendFitting(spool: Spool, blocks: readonly PlacedBlock[]): void {
    const { kept, drop } = this.#fitting(spool, blocks);
    spool.append(kept);
    if (drop !== undefined) this.#options.dropped(drop);
    this.#durableThrough = Math.max(this.#durableThrough, blocks.at(-1)?.through ?? 0);
  }

  #opened(): Spool {
    if (this.#spool !== undefined) return this.#spool;
    this.#spool = this.#options.open();
    this.#spool.skipTo(this.#takenSeq + 1);
    if (this.#settledSeq > 0) this.#spool.settle(this.#settledSeq);
    return this.#spool;
  }

  /** What of `blocks` there is room for. */
  #fitting(spool: Spool, blocks: readonly PlacedBlock[]): ReturnType<typeof dropLevels> {
    const { spool: limits, fs, level, dropped, report } = this.#options;
    const bytes = blocks.reduce((sum, { body }) => sum + FRAME_HEADER_BYTES + body.length, 0);
    this.#isFull = spool.bytes + bytes > limits.maxBytes * (1 - RESERVED);
    if (!this.#isFull) return { kept: blocks };
    report("full", `the spool has reached ${limits.maxBytes} bytes; the least important lines are dropped`);
    const highest = highestLevel(blocks);
    const limit = highest >= LEVEL.ERROR ? limits.maxBytes : limits.maxBytes * (1 - RESERVED);
    makeRoom({ spool, fs, level, overflow: limits.overflow, dropped }, spool.bytes + bytes - limit, highest);
    const room = (one: LogLevel) => limits.maxBytes * (one >= LEVEL.ERROR ? 1 : 1 - RESERVED) - bytes;
    return dropLevels(blocks, (one) => spool.bytes > room(one));
  }

  #remember(blocks: readonly PlacedBlock[]): void {
    for (const block of blocks) this.#memory.push(block);
    if (!this.#memory.isFull) return;
    if (this.#options.spool.mode === "overflow" && !this.#isResting && this.#attempt("write", () => this.#spill()))
      return;
    const drop = this.#memory.shed();
    if (drop !== undefined) this.#options.dropped(drop);
  }

  /** All of memory to disk. */
  #spill(): void {
    const spool = this.#opened();
    if (!spool.isThere()) this.#relocate(spool);
    spool.skipTo(this.#takenSeq + 1);
    // Settled from memory meanwhile: whoever adopts the spool must not miss them.
    spool.settle(this.#settledSeq);
    // When the disk refuses, memory still has everything.
    this.#appendFitting(spool, this.#memory.all());
    this.#memory.clear();
  }

  #syncIfDue(spool: Spool, blocks: readonly PlacedBlock[]): void {
    const { fsync } = this.#options.spool;
    if (fsync === "never") return;
    const isFatal = blocks.some(({ levels }) => levels.includes(LEVEL.CRITICAL));
    if (fsync === "always" || isFatal) spool.sync();
    else if (spool.unsynced >= SYNC_EVERY_BYTES) this.#syncLater(spool);
  }

  #syncLater(spool: Spool): void {
    spool.syncLater((error) => this.#options.report("sync", `the disk does not confirm: ${error.message}`));
  }

  /** Twice a second while there is something to look after. */
  #upkeep(): void {
    this.#cancelUpkeep = undefined;
    const { spool: options, clock } = this.#options;
    if (options.mode === "off") return;
    if (this.#failedMs !== undefined && !this.#isResting) this.#attempt("write", () => this.#spill());
    const spool = this.#spool;
    if (spool !== undefined && this.#failedMs === undefined) this.#lookAfter(spool);
    const isBusy = this.#failedMs !== undefined || (spool?.unsynced ?? 0) > 0;
    if (isBusy) this.#cancelUpkeep = clock.after(SYNC_EVERY_MS, () => this.#upkeep(), true);
  }

  #lookAfter(spool: Spool): void {
    if (this.#options.spool.fsync !== "never") this.#syncLater(spool);
    if (!spool.isThere()) this.#attempt("write", () => this.#relocate(spool));
  }

  #relocate(spool: Spool): void {
    this.#options.report("vanished", `the spool folder ${spool.folder} was taken away; making it anew`);
    spool.relocate();
  }

  /** Runs what touches the disk; a failure is a state, not an error. */
  #attempt(what: string, action: () => void): boolean {
    const { clock, report } = this.#options;
    try {
      action();
      if (what !== "write" && what !== "opened") return true;
      if (this.#failedMs !== undefined) report("disk back", "spooling to disk again");
      this.#failedMs = undefined;
      return true;
    } catch (error) {
      if (what === "write" || what === "opened") this.#failedMs = clock.now();
      if (what === "close") report("close", `the spool cannot be put in order (${reasonOf(error)})`);
      else
        report(
          "disk",
          `cannot spool to disk (${reasonOf(error)}); keeping lines in memory, ${this.#memory.bytes} bytes so far`,
        );
      return false;
    }
  }
}

/** Share of a full spool that is kept for errors. */
const RESERVED = 0.1;

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
