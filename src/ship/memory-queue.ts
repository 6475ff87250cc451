/**
 * Memory queue: blocks of lines that are not on disk, because there is none or it takes nothing now.
 *
 * Bounded by bytes. When it is full it sheds down to nine tenths: the lowest level first, within a level the oldest,
 * because what explains a failure is worth more than what surrounds it. What is under way is left alone.
 */
import type { LogLevel } from "../event/levels.ts";
import type { Drop } from "./drops.ts";
import { FRAME_HEADER_BYTES, type Frame, KIND } from "./spool/format.ts";
import { LEVELS } from "./spool/segment.ts";
import type { PlacedBlock } from "./spool/spool.ts";
import { type Line, linesOf, takeLines } from "./spool/spool-reader.ts";
import { mergeHoles } from "./spool/thin.ts";

const SHED_TO = 0.9;
const LINE_END = 10;

export class MemoryQueue {
  readonly #maxBytes: number;
  #blocks: PlacedBlock[] = [];
  #bytes = 0;
  /** Lines of the block that is being taken, how many of them are, and which block is next. */
  #lines: Line[] = [];
  #at = 0;
  #next = 0;
  /** Last place that was taken. */
  #taken = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Neither lines nor holes. */
  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  get hasLines(): boolean {
    return this.#blocks.some(({ kind }) => kind !== KIND.hole);
  }

  get isFull(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  push(block: PlacedBlock): void {
    // A copy: the body may be a view of memory that its sender fills again, or of far more than itself.
    this.#blocks.push({ ...block, body: Buffer.from(block.body) });
    this.#bytes += sizeOf(block);
  }

  /** The next lines after place `after`. */
  take(after: number, maxEvents: number, maxBytes: number): Line[] {
    this.#taken = Math.max(this.#taken, after);
    const peek = () => (this.#fill() ? this.#lines[this.#at] : undefined);
    const took = ({ seq }: Line) => {
      this.#taken = seq;
      this.#at += 1;
    };
    return takeLines(peek, took, maxEvents, maxBytes);
  }

  /** Everything up to this place is settled. Answers how much input is behind us then, if that is known anew. */
  settle(seq: number): number | undefined {
    const left = this.#blocks.findIndex((block) => lastSeqOf(block) > seq);
    const settled = this.#blocks.splice(0, left < 0 ? this.#blocks.length : left);
    for (const block of settled) this.#bytes -= sizeOf(block);
    this.#next = Math.max(0, this.#next - settled.length);
    return settled.length === 0 ? undefined : settled.reduce((most, { through }) => Math.max(most, through), 0);
  }

  /** All blocks; of the first, some lines may be settled or under way. */
  all(): readonly PlacedBlock[] {
    return this.#blocks;
  }

  linesAfter(seq: number): { readonly count: number; readonly firstSeq: number; readonly lastSeq: number } {
    const lines = this.#blocks.flatMap((block) => linesOf(frameOf(block), seq + 1));
    return { count: lines.length, firstSeq: lines[0]?.seq ?? 0, lastSeq: lines.at(-1)?.seq ?? 0 };
  }

  clear(): void {
    this.#blocks = [];
    this.#bytes = 0;
    this.#rewind();
  }

  /** Drops until there is room again. */
  shed(): Drop | undefined {
    const byLevel = new Map<LogLevel, number>();
    let [firstSeq, lastSeq] = [Number.POSITIVE_INFINITY, 0];
    const dropped = (level: LogLevel, seq: number) => {
      byLevel.set(level, (byLevel.get(level) ?? 0) + 1);
      firstSeq = Math.min(firstSeq, seq);
      lastSeq = Math.max(lastSeq, seq);
      return true;
    };
    for (const level of LEVELS) {
      for (let at = 0; at < this.#blocks.length && this.#bytes > this.#maxBytes * SHED_TO; at++)
        this.#thin(at, level, dropped);
    }
    // Their places stay, so that what follows is not taken for a gap.
    this.#blocks = mergeHoles(this.#blocks);
    this.#rewind();
    const count = [...byLevel.values()].reduce((sum, lines) => sum + lines, 0);
    return count === 0 ? undefined : { reason: "memory", count, firstSeq, lastSeq, byLevel };
  }

  #thin(at: number, level: LogLevel, dropped: (level: LogLevel, seq: number) => boolean): void {
    const block = this.#blocks[at] as PlacedBlock;
    if (block.kind !== KIND.lines || block.firstSeq <= this.#taken || !block.levels.includes(level)) return;
    const thinned = blockWithout(block, (one, seq) => one === level && dropped(one, seq));
    this.#bytes += sizeOf(thinned) - sizeOf(block);
    this.#blocks[at] = thinned;
  }

  /** True when there is a line at hand. */
  #fill(): boolean {
    while (this.#at >= this.#lines.length) {
      const block = this.#blocks[this.#next];
      if (block === undefined) return false;
      this.#next += 1;
      this.#lines = linesOf(frameOf(block), this.#taken + 1);
      this.#at = 0;
    }
    return true;
  }

  /** Forgets which block was being taken. */
  #rewind(): void {
    this.#lines = [];
    this.#at = 0;
    const next = this.#blocks.findIndex((block) => lastSeqOf(block) > this.#taken);
    this.#next = next < 0 ? this.#blocks.length : next;
  }
}

/** A block without the lines that go; their places stay. */
export function blockWithout(block: PlacedBlock, goes: (level: LogLevel, seq: number) => boolean): PlacedBlock {
  const kept: Buffer[] = [];
  let hasLines = false;
  for (let index = 0, at = 0; index < block.levels.length; index++) {
    const next = block.body.indexOf(LINE_END, at) + 1;
    const isEmpty = next - at === 1;
    const isKept = !isEmpty && !goes(block.levels[index] as LogLevel, block.firstSeq + index);
    hasLines ||= isKept;
    kept.push(block.body.subarray(isKept ? at : next - 1, next));
    at = next;
  }
  if (hasLines) return { ...block, body: Buffer.concat(kept) };
  return { ...block, kind: KIND.hole, levels: [], body: Buffer.alloc(0) };
}

function frameOf(block: PlacedBlock): Frame {
  return { ...block, bodyBytes: block.body.length };
}

/** What the shipper itself has to tell is little, and must not cost a line. */
function sizeOf(block: PlacedBlock): number {
  return block.kind !== KIND.lines ? 0 : block.body.length + FRAME_HEADER_BYTES;
}

function lastSeqOf(block: PlacedBlock): number {
  return block.firstSeq + block.count - 1;
}
