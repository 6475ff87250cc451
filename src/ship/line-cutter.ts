/**
 * Line cutter: pieces of text or bytes, as they come → blocks of whole lines.
 *
 * Pieces end anywhere; what has no line end yet is carried. Blank lines are nothing. A line longer than the limit is not
 * kept whole: its beginning and its size go to `oversize`. Bytes stay as they are; that they are UTF-8 is not assumed.
 */
import type { LogLevel } from "../event/levels.ts";
import type { LevelPeek } from "./level-peek.ts";

/** Some whole lines, each with its line end. */
export interface Block {
  readonly body: Buffer;
  readonly levels: readonly LogLevel[];
  /** How much input was taken in by its end: UTF-16 units of text, bytes of binary. */
  readonly through: number;
}

export interface CutterOptions {
  readonly level: LevelPeek;
  /** Bytes of a block, roughly; a longer line is a block by itself. */
  readonly blockBytes?: number;
  /** Longest line. */
  readonly maxLineBytes: number;
  readonly oversize: (beginning: Buffer, bytes: number, level: LogLevel) => void;
}

const BLOCK_BYTES = 65_536;
const LEAST_CARRY_BYTES = 1024;
const LINE_END = Buffer.from("\n");
/** Of ASCII only: the same for text and for its bytes. */
const BLANK = /^[\t-\r ]*$/;

export class LineCutter {
  readonly #options: CutterOptions;
  readonly #blockBytes: number;
  /** Grows by doubling: a line may come byte by byte. */
  #carry = Buffer.alloc(0);
  #carryBytes = 0;
  /** Bytes of the carried line that were not kept. */
  #cutBytes = 0;
  /** Input before the piece at hand. */
  #before = 0;

  constructor(options: CutterOptions) {
    this.#options = options;
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
  }

  /** Bytes that wait for their line end. */
  get carried(): number {
    return this.#carryBytes + this.#cutBytes;
  }

  push(piece: string | Buffer): readonly Block[] {
    // One character per byte, so that places in the text are places in the bytes.
    const text = typeof piece === "string" ? piece : piece.toString("latin1");
    const last = text.lastIndexOf("\n");
    const blocks: Block[] = [];
    let start = 0;
    if (this.carried > 0 && last >= 0) {
      start = text.indexOf("\n") + 1;
      this.#keep(slice(piece, 0, start - 1));
      this.#cutCarried(this.#before + start, blocks);
    }
    if (last >= start) this.#cut({ piece, text, start, end: last + 1, before: this.#before }, blocks);
    if (last + 1 < text.length) this.#keep(slice(piece, last + 1, text.length));
    this.#before += text.length;
    return blocks;
  }

  /** What is left without a line end. */
  end(): readonly Block[] {
    const blocks: Block[] = [];
    if (this.carried > 0) this.#cutCarried(this.#before, blocks);
    return blocks;
  }

  #keep(part: Buffer): void {
    const room = this.#options.maxLineBytes - this.#carryBytes;
    const kept = part.length <= room ? part : part.subarray(0, Math.max(0, room));
    const bytes = this.#carryBytes + kept.length;
    if (bytes > this.#carry.length) this.#grow(bytes);
    // A copy: the piece may be a view of memory that its sender fills again.
    kept.copy(this.#carry, this.#carryBytes);
    this.#carryBytes = bytes;
    this.#cutBytes += part.length - kept.length;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(LEAST_CARRY_BYTES, bytes * 2));
    this.#carry.copy(larger, 0, 0, this.#carryBytes);
    this.#carry = larger;
  }

  /** The carried line with a line end, or undefined when it was too long. */
  #carriedLine(): Buffer | undefined {
    const cut = this.#cutBytes;
    const kept = this.#carry.subarray(0, this.#carryBytes);
    const line = cut > 0 ? Buffer.from(kept) : Buffer.concat([kept, LINE_END]);
    const text = cut > 0 ? line.toString("latin1", 0, 4096) : "";
    if (this.#carry.length > this.#blockBytes) this.#carry = Buffer.alloc(0);
    this.#carryBytes = 0;
    this.#cutBytes = 0;
    if (cut === 0) return line;
    this.#options.oversize(line, line.length + cut, this.#options.level(text, 0, text.length));
    return undefined;
  }

  #cutCarried(through: number, blocks: Block[]): void {
    const line = this.#carriedLine();
    if (line === undefined) return;
    const before = through - line.length;
    this.#cut({ piece: line, text: line.toString("latin1"), start: 0, end: line.length, before }, blocks);
  }

  #cut({ piece, text, start, end, before }: Region, blocks: Block[]): void {
    const { level, maxLineBytes } = this.#options;
    let from = start;
    let levels: LogLevel[] = [];
    const close = (to: number) => {
      if (levels.length > 0) blocks.push({ body: slice(piece, from, to), levels, through: before + to });
      levels = [];
      from = to;
    };
    for (let at = start; at < end; ) {
      const next = text.indexOf("\n", at) + 1;
      const isBlank = text.charCodeAt(at) <= 32 && BLANK.test(text.slice(at, next));
      const isLong = next - at > this.#surelyShort && bytesOf(piece, at, next - 1) > maxLineBytes;
      if (isBlank || isLong || next - from > this.#blockBytes) close(at);
      if (isLong) this.#oversize({ piece, text, start: at, end: next - 1, before });
      if (isBlank || isLong) from = next;
      else levels.push(level(text, at, next));
      at = next;
    }
    close(end);
  }

  /** A text of fewer units is short enough, whatever they are. */
  get #surelyShort(): number {
    return this.#options.maxLineBytes / 3;
  }

  #oversize({ piece, text, start, end }: Region): void {
    const { level, maxLineBytes, oversize } = this.#options;
    const beginning = slice(piece, start, Math.min(end, start + maxLineBytes)).subarray(0, maxLineBytes);
    oversize(beginning, bytesOf(piece, start, end), level(text, start, end));
  }
}

interface Region {
  readonly piece: string | Buffer;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly before: number;
}

function bytesOf(piece: string | Buffer, from: number, to: number): number {
  return typeof piece === "string" ? Buffer.byteLength(piece.slice(from, to)) : to - from;
}

function slice(piece: string | Buffer, from: number, to: number): Buffer {
  return typeof piece === "string" ? Buffer.from(piece.slice(from, to)) : piece.subarray(from, to);
}
