/**
 * Spool reader: the lines of a folder's segments that are not settled yet, in the order of their places.
 *
 * Places that are missing between two frames were on the disk and are not any more (a flipped bit, a removed file);
 * they are reported as lost. Places in a hole, and empty lines, were dropped on purpose and counted then.
 */
import { isAscii } from "node:buffer";
import type { FileSystem } from "./file-system.ts";
import { claimedEnd, type Frame, KIND } from "./format.ts";
import { idsOf } from "./line-ids.ts";
import type { Segment } from "./segment.ts";
import { SegmentReader } from "./segment-reader.ts";

/** One line, and where it stood. */
export interface Line {
  readonly seq: number;
  /** Its id as an event, unless it brings its own. */
  readonly id: string;
  readonly text: string;
  /** True when the text is a finished event rather than a log line. */
  readonly isEvent: boolean;
}

export interface SpoolReaderOptions {
  readonly fs: FileSystem;
  /** The folder's files in order; new ones are added at the end. */
  readonly segments: readonly Segment[];
  /** Everything up to this place is settled; undefined when nobody knows. */
  readonly settled: number | undefined;
  readonly lost: (firstSeq: number, lastSeq: number) => void;
  readonly corrupt: (segment: Segment, bytes: Buffer, isTail: boolean) => void;
}

export class SpoolReader {
  readonly #options: SpoolReaderOptions;
  #segment: Segment | undefined;
  #reader: SegmentReader | undefined;
  #lines: Line[] = [];
  #at = 0;
  /** The place we expect next; undefined until the first frame tells. */
  #next: number | undefined;

  /** Where the damaged end of the file at hand says it ends. */
  #claimed = 0;

  constructor(options: SpoolReaderOptions) {
    this.#options = options;
    this.#next = options.settled === undefined ? undefined : options.settled + 1;
  }

  /** The file being read. */
  get segment(): Segment | undefined {
    return this.#segment;
  }

  /** The place that is read next, once that is known. */
  get next(): number | undefined {
    return this.#next;
  }

  /** What comes before this place is not asked for, and not missed. */
  skipTo(seq: number): void {
    this.#next = Math.max(this.#next ?? 0, seq);
    this.#lines = this.#lines.slice(this.#at).filter((line) => line.seq >= seq);
    this.#at = 0;
  }

  /** What comes before `seq` should have come. */
  expect(seq: number): void {
    if (this.#next !== undefined && seq > this.#next) this.#options.lost(this.#next, seq - 1);
    this.#next = Math.max(this.#next ?? 0, seq);
  }

  /** Nothing follows any more, and `lastSeq` was written, if that is known: what has not come by now is lost. */
  expectEnd(lastSeq: number): void {
    this.expect(Math.max(this.#claimed, lastSeq + 1));
  }

  /** The next lines: at most so many, and no more bytes unless a single line has more. Empty when there is none yet. */
  take(maxEvents: number, maxBytes: number): Line[] {
    const peek = () => (this.#fill() ? this.#lines[this.#at] : undefined);
    return takeLines(peek, () => (this.#at += 1), maxEvents, maxBytes);
  }

  /** True when there is a line at hand. */
  #fill(): boolean {
    while (this.#at >= this.#lines.length) {
      const frame = this.#nextFrame();
      if (frame === undefined) return false;
      this.#lines = this.#linesOf(frame);
      this.#at = 0;
    }
    return true;
  }

  #nextFrame(): Frame | undefined {
    for (;;) {
      const frame = this.#read();
      if (frame !== undefined) return frame;
      if (this.#segment === undefined || this.#segment.isOpen) return undefined;
      this.#passed(this.#segment);
      if (!this.#advance()) return undefined;
    }
  }

  #read(): Frame | undefined {
    try {
      return this.#current()?.next();
    } catch {
      // The disk does not give it: what follows tells by its places what is missing.
      if (this.#segment !== undefined) this.#segment.isUnreadable = true;
      return undefined;
    }
  }

  #current(): SegmentReader | undefined {
    if (this.#reader === undefined && this.#segment === undefined) this.#advance();
    return this.#reader;
  }

  /** Goes to the file after the present one; false when there is none. */
  #advance(): boolean {
    const { segments, fs, corrupt } = this.#options;
    const after = this.#segment?.number ?? 0;
    const segment = segments.find(({ number }) => number > after);
    if (segment === undefined) return false;
    this.#segment = segment;
    this.#reader = undefined;
    this.#claimed = 0;
    try {
      this.#reader = new SegmentReader({
        fs,
        fd: () => segment.fd(),
        limit: segment.limit,
        corrupt: (bytes, isTail) => {
          const next = this.#next ?? 0;
          this.#claimed = isTail ? claimedEnd(bytes, next) : 0;
          corrupt(segment, bytes, isTail && this.#claimed <= next);
        },
      });
    } catch {
      // Not readable: its lines are missed by their places when the next frame comes.
      segment.isUnreadable = true;
    }
    return true;
  }

  /** A finished file: what it should have held and did not is lost. */
  #passed(segment: Segment): void {
    segment.isRead = true;
    if (segment.lastSeq !== undefined) this.expect(segment.lastSeq + 1);
  }

  #linesOf(frame: Frame): Line[] {
    const { firstSeq, count } = frame;
    const from = this.#next ?? firstSeq;
    const end = firstSeq + count;
    if (end <= from) return [];
    this.expect(firstSeq);
    this.#next = end;
    const segment = this.#segment as Segment;
    segment.lastSeq = Math.max(segment.lastSeq ?? 0, end - 1);
    return linesOf(frame, from);
  }
}

/** Lines as long as there are some: at most so many, and no more bytes unless a single line has more. */
export function takeLines(
  peek: () => Line | undefined,
  took: (line: Line) => void,
  maxEvents: number,
  maxBytes: number,
): Line[] {
  const taken: Line[] = [];
  let bytes = 0;
  for (let line = peek(); line !== undefined; line = taken.length < maxEvents ? peek() : undefined) {
    bytes += line.text.length;
    if (taken.length > 0 && bytes > maxBytes) break;
    taken.push(line);
    took(line);
  }
  return taken;
}

/** The lines of a frame from a place on; empty ones are none. */
export function linesOf({ firstSeq, count, kind, id, body }: Frame, from: number): Line[] {
  if (kind === KIND.hole) return [];
  const idOf = idsOf(id);
  const lines: Line[] = [];
  const texts = textsOf(body);
  for (let index = Math.max(0, from - firstSeq); index < count; index++) {
    const text = texts[index] ?? "";
    if (text !== "") lines.push({ seq: firstSeq + index, id: idOf(index), text, isEvent: kind === KIND.events });
  }
  return lines;
}

const LINE_END = 10;

/**
 * The lines of a body as text. Line by line where not all is ASCII: one wide character makes wide text of all that is
 * decoded with it, and whatever is made of that is wide and slow too.
 */
function textsOf(body: Buffer): string[] {
  if (isAscii(body)) return body.toString("latin1").split("\n");
  const texts: string[] = [];
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(LINE_END, at);
    texts.push(body.toString("utf8", at, end < 0 ? body.length : end));
    at = end < 0 ? body.length : end + 1;
  }
  return texts;
}
