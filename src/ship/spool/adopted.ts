/** Adopted: the spool of a process that is gone, read to its end and then removed. Nothing is written into its segments. */
import { join } from "node:path";
import { Checkpoint } from "./checkpoint.ts";
import type { FileSystem } from "./file-system.ts";
import { removeFolder } from "./folder.ts";
import { decodeSegmentHeader, type FrameHeader, SEGMENT_HEADER_BYTES, VERSION } from "./format.ts";
import { type About, readAbout } from "./owner.ts";
import { type Segment, segmentsIn } from "./segment.ts";
import { SegmentReader } from "./segment-reader.ts";
import { checkpointName } from "./spool.ts";
import { type Line, SpoolReader } from "./spool-reader.ts";

export interface AdoptedOptions {
  readonly fs: FileSystem;
  readonly folder: string;
  readonly destination: Buffer;
  readonly lost: (firstSeq: number, lastSeq: number) => void;
  readonly corrupt: (segment: Segment, bytes: Buffer, isTail: boolean) => void;
}

export class Adopted {
  readonly folder: string;
  readonly about: About | undefined;
  readonly #fs: FileSystem;
  readonly #segments: Segment[];
  readonly #checkpoint: Checkpoint;
  readonly #reader: SpoolReader;

  /** @throws what the file system throws */
  constructor({ fs, folder, destination, lost, corrupt }: AdoptedOptions) {
    this.#fs = fs;
    this.folder = folder;
    this.about = readAbout(fs, folder);
    this.#segments = segmentsIn(fs, folder);
    this.#checkpoint = new Checkpoint(fs, join(folder, checkpointName(destination)));
    const told = plausible(this.#checkpoint.load(), lastFrame(fs, this.#segments));
    const settled = told ?? firstPlaceOf(fs, this.#segments[0]);
    this.#reader = new SpoolReader({ fs, segments: this.#segments, settled, lost, corrupt });
  }

  /** Bytes not settled yet. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.limitOr(0), 0);
  }

  take(maxEvents: number, maxBytes: number): Line[] {
    const lines = this.#reader.take(maxEvents, maxBytes);
    const { lastSeq } = this.about ?? {};
    if (lines.length === 0) this.#reader.expectEnd(Number.isSafeInteger(lastSeq) ? (lastSeq as number) : 0);
    return lines;
  }

  /** @throws what the file system throws */
  settle(seq: number): void {
    this.#checkpoint.move(seq);
    const settled = this.#segments.filter(
      ({ isRead, isUnreadable, lastSeq = 0 }) => isRead && !isUnreadable && lastSeq <= seq,
    );
    for (const segment of settled) {
      segment.remove();
      this.#segments.splice(this.#segments.indexOf(segment), 1);
    }
  }

  /** Everything is settled. @throws what the file system throws, and when some of it could not be read */
  remove(): void {
    this.release();
    const unreadable = this.#segments.find((segment) => segment.isUnreadable);
    if (unreadable !== undefined) throw new Error(`${unreadable.path} is not readable`);
    for (const segment of this.#segments) segment.remove();
    removeFolder(this.#fs, this.folder);
  }

  /** Leaves what is left for the next one. */
  release(): void {
    this.#checkpoint.close();
    for (const segment of this.#segments) segment.release();
  }
}

/** A checkpoint beyond everything on disk is not believed; sending again is safe. */
export function plausible(settled: number | undefined, last: FrameHeader | undefined): number | undefined {
  if (settled === undefined || last === undefined) return settled;
  return settled > last.firstSeq + last.count - 1 ? undefined : settled;
}

/** The last intact frame of a folder's segments. */
export function lastFrame(fs: FileSystem, segments: readonly Segment[]): FrameHeader | undefined {
  for (const segment of [...segments].reverse()) {
    try {
      let last: FrameHeader | undefined;
      const reader = new SegmentReader({ fs, fd: () => segment.fd(), limit: segment.limit, corrupt: () => {} });
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) last = frame;
      if (last !== undefined) return last;
    } catch {
      // Not readable: the one before it tells.
    }
  }
  return undefined;
}

/** The place before the first one of a segment; undefined when its header does not tell. */
function firstPlaceOf(fs: FileSystem, segment: Segment | undefined): number | undefined {
  try {
    const header = segment && headerOf(fs, segment);
    return typeof header === "object" ? header.firstSeq - 1 : undefined;
  } catch {
    return undefined;
  }
}

/** @throws what the file system throws */
function headerOf(fs: FileSystem, segment: Segment): ReturnType<typeof decodeSegmentHeader> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  fs.read(segment.fd(), bytes, 0);
  return decodeSegmentHeader(bytes);
}

/** Where a folder's lines shall go: "newer" when a later version wrote it, undefined when there is nothing to tell by. */
export function destinationOf(fs: FileSystem, folder: string): Buffer | "newer" | undefined {
  if (Number(readAbout(fs, folder)?.version) > VERSION) return "newer";
  let found: Buffer | undefined;
  for (const segment of segmentsIn(fs, folder)) {
    try {
      const header = headerOf(fs, segment);
      if (header === "newer") return header;
      found ??= header?.destination;
    } finally {
      segment.release();
    }
  }
  if (found !== undefined) return found;
  const name = fs.list(folder).find((one) => /^ack\.[0-9a-f]{16}$/.test(one));
  return name === undefined ? undefined : Buffer.from(name.slice(4), "hex");
}
