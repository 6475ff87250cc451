/**
 * Spool: lines on disk until a sink has acknowledged them.
 *
 * One folder per process; append-only segments of checksummed frames; a checkpoint that moves only on acknowledgement.
 * A frame is written before `append` returns, so a process that is killed afterwards has lost nothing; what a power cut
 * can take is bounded by how often `sync` is called. Reading again may repeat lines, and stores ignore ids they hold.
 *
 *   append ─→ open segment ─ full ─→ closed segments ─ all its lines settled ─→ removed
 *
 * Not here: when to send (shipper.ts), what to do when the disk fails (backlog.ts), what goes when it is full (thin.ts).
 */
import { join } from "node:path";
import type { LogLevel } from "../../event/levels.ts";
import type { Block } from "../line-cutter.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { FileSystem } from "./file-system.ts";
import { isFolder, removeFolder } from "./folder.ts";
import { encodeFrameHeader, FRAME_HEADER_BYTES, type FrameKind, KIND, SEGMENT_HEADER_BYTES } from "./format.ts";
import { idBytes } from "./line-ids.ts";
import { ABOUT, type About, Ownership } from "./owner.ts";
import { Segment, segmentName } from "./segment.ts";
import { SegmentWriter, writeNew } from "./segment-writer.ts";
import { type Line, SpoolReader } from "./spool-reader.ts";
import { mergeHoles } from "./thin.ts";

export interface SpoolOptions {
  readonly fs: FileSystem;
  /** The folder of all spools of an application. */
  readonly root: string;
  /** What is known about this process now. */
  readonly about: () => About;
  readonly segmentBytes: number;
  /** 8 bytes that stand for where the lines go. */
  readonly destination: Buffer;
  readonly now: () => number;
  readonly lost: (firstSeq: number, lastSeq: number) => void;
  readonly corrupt: (segment: Segment, bytes: Buffer, isTail: boolean) => void;
}

/** A block with its places and ids. */
export interface PlacedBlock extends Block {
  readonly kind: FrameKind;
  readonly firstSeq: number;
  /** Places it has: as many as levels, or more when it is a hole. */
  readonly count: number;
  readonly id: Buffer;
}

/** Files kept open: those behind them, and the one being read. */
export const OPEN_FILES = 64;

export class Spool {
  readonly #options: SpoolOptions;
  readonly #segments: Segment[] = [];
  readonly #reader: SpoolReader;
  #folder: string;
  #owner: Ownership;
  #checkpoint: Checkpoint;
  #writer: SegmentWriter | undefined;
  #number = 0;
  #bytes = 0;
  /** Places that are dropped, not written yet: shedding for hours shall not fill the disk with holes. */
  #hole: PlacedBlock | undefined;

  /** @throws what the file system throws */
  constructor(options: SpoolOptions) {
    this.#options = options;
    const { fs, lost, corrupt } = options;
    [this.#folder, this.#owner] = this.#makeFolder();
    this.#checkpoint = this.#newCheckpoint();
    this.#reader = new SpoolReader({ fs, segments: this.#segments, settled: 0, lost, corrupt });
  }

  get folder(): string {
    return this.#folder;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Files behind the one being read: what may be thinned. */
  get waiting(): readonly Segment[] {
    const reading = this.#reader.segment?.number ?? 0;
    const next = this.#reader.next ?? 0;
    return this.#segments.filter(({ isOpen, number, firstSeq = 0 }) => !isOpen && number > reading && firstSeq >= next);
  }

  get unsynced(): number {
    return this.#segments.reduce((sum, { writer }) => sum + (writer?.unsynced ?? 0), 0);
  }

  /** @throws what the file system throws; then nothing of `blocks` is on disk */
  append(blocks: readonly PlacedBlock[]): void {
    const frames = mergeHoles(this.#hole === undefined ? blocks : [this.#hole, ...blocks]);
    const hole = frames.at(-1)?.kind === KIND.hole ? frames.pop() : undefined;
    if (frames.length > 0) this.#write(frames);
    this.#hole = hole;
  }

  /** Everything before this place is known or under way elsewhere. */
  skipTo(seq: number): void {
    this.#reader.skipTo(seq);
  }

  /** Whatever was written and is not there any more is lost. */
  expectAll(): void {
    this.#reader.expect((this.#segments.at(-1)?.lastSeq ?? 0) + 1);
  }

  take(maxEvents: number, maxBytes: number): Line[] {
    return this.#reader.take(maxEvents, maxBytes);
  }

  /** Everything up to this place is settled. @throws what the file system throws */
  settle(seq: number): void {
    this.#checkpoint.move(seq);
    for (let first = this.#segments[0]; first?.isRead && (first.lastSeq ?? 0) <= seq; first = this.#segments[0]) {
      this.discard(first);
    }
  }

  /** Nobody needs a segment any more. */
  discard(segment: Segment): void {
    this.resize(segment, 0);
    segment.remove();
    this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  /** A segment has another size now. */
  resize(segment: Segment, bytes: number): void {
    this.#bytes += bytes - segment.bytes;
    segment.bytes = bytes;
  }

  sync(): void {
    for (const { writer } of this.#segments) writer?.sync();
  }

  syncLater(failed: (error: Error) => void): void {
    for (const { writer } of this.#segments) writer?.syncLater(failed);
  }

  /** False when the folder was taken away under us. */
  isThere(): boolean {
    try {
      const name = this.#segments.at(-1)?.path ?? join(this.#folder, ABOUT);
      this.#options.fs.ageMs(name);
      return true;
    } catch {
      return false;
    }
  }

  /** A new folder for a lost one; what the open files still hold is copied. @throws what the file system throws */
  relocate(): void {
    if (!isFolder(this.#options.fs, this.#folder)) {
      const [folder, owner] = this.#makeFolder();
      this.#owner.release();
      this.#folder = folder;
      this.#owner = owner;
    }
    const settled = this.#checkpoint.seq;
    this.#checkpoint.close();
    this.#checkpoint = this.#newCheckpoint();
    this.#roll();
    for (const segment of this.#segments) this.#copy(segment);
    this.#checkpoint.move(settled);
  }

  /** Writes down anew what is known about this process. @throws what the file system throws */
  describe(): void {
    this.#options.fs.writeFile(join(this.#folder, ABOUT), JSON.stringify(this.#options.about()));
  }

  /**
   * Leaves the folder to whoever comes next, or removes it when nothing is left in it. @throws what the file system throws
   */
  close(isEmpty: boolean): void {
    const { fs } = this.#options;
    try {
      this.#roll();
      this.#checkpoint.close();
      if (!isEmpty) this.#tellEnd();
      for (const segment of this.#segments) {
        if (isEmpty) segment.remove();
        else segment.release();
      }
      if (isEmpty) removeFolder(fs, this.#folder);
    } finally {
      this.#owner.release();
    }
  }

  /** A file that is removed later is missed by what is written down now. */
  #tellEnd(): void {
    const lastSeq = this.#segments.at(-1)?.lastSeq;
    if (lastSeq === undefined) return;
    this.#options.fs.writeFile(join(this.#folder, ABOUT), JSON.stringify({ ...this.#options.about(), lastSeq }));
  }

  #makeFolder(): [string, Ownership] {
    const { fs, root } = this.#options;
    const about = this.#options.about();
    // Others look at finished names only, so nobody sees a folder without its owner.
    const draft = join(root, `.new-${about.sender}`);
    const folder = join(root, about.sender);
    fs.makeFolder(draft);
    fs.writeFile(join(draft, ABOUT), JSON.stringify(about));
    const owner = new Ownership(fs, draft);
    try {
      fs.rename(draft, folder);
    } catch (error) {
      owner.release();
      throw error;
    }
    owner.moved(folder);
    return [folder, owner];
  }

  #newCheckpoint(): Checkpoint {
    return new Checkpoint(this.#options.fs, join(this.#folder, checkpointName(this.#options.destination)));
  }

  #write(frames: readonly PlacedBlock[]): void {
    const bytes = frames.reduce((sum, { body }) => sum + FRAME_HEADER_BYTES + body.length, 0);
    const writer = this.#writerFor(bytes, frames[0]?.firstSeq ?? 1);
    writer.append(
      frames.flatMap((frame) => [encodeFrameHeader(frame), frame.body]),
      bytes,
    );
    this.#added(frames, bytes);
  }

  #writerFor(bytes: number, firstSeq: number): SegmentWriter {
    const { segmentBytes } = this.#options;
    const writer = this.#writer;
    if (writer !== undefined && (writer.bytes + bytes <= segmentBytes || writer.bytes === SEGMENT_HEADER_BYTES))
      return writer;
    this.#roll();
    return this.#open(firstSeq);
  }

  #open(firstSeq: number): SegmentWriter {
    const { fs, about, destination, now } = this.#options;
    const number = this.#number + 1;
    const header = { sender: idBytes(about().sender), createdMs: now(), firstSeq, destination };
    const writer = new SegmentWriter(fs, join(this.#folder, segmentName(number)), header);
    const segment = new Segment(fs, this.#folder, number, writer.fd);
    Object.assign(segment, { isOpen: true, firstSeq, writer });
    this.#segments.push(segment);
    const old = this.#segments.at(-OPEN_FILES);
    if (old !== this.#reader.segment) old?.release();
    this.resize(segment, writer.bytes);
    this.#number = number;
    this.#writer = writer;
    return writer;
  }

  /** Ends the open segment. */
  #roll(): void {
    this.#writer = undefined;
    const last = this.#segments.at(-1);
    if (last !== undefined) last.isOpen = false;
  }

  #added(blocks: readonly PlacedBlock[], bytes: number): void {
    const segment = this.#segments.at(-1) as Segment;
    this.resize(segment, segment.bytes + bytes);
    for (const { levels, body, firstSeq, count } of blocks) {
      const share = body.length / levels.length;
      for (const level of levels) addTo(segment.levelBytes, level, share);
      segment.lastSeq = firstSeq + count - 1;
    }
  }

  #copy(segment: Segment): void {
    const { fs } = this.#options;
    const content = Buffer.alloc(segment.bytes);
    fs.read(segment.fd(), content, 0);
    const path = join(this.#folder, segmentName(segment.number));
    segment.replaced(writeNew(fs, path, [content], true), content.length, path);
  }
}

function addTo(sums: Map<LogLevel, number>, level: LogLevel, bytes: number): void {
  sums.set(level, (sums.get(level) ?? 0) + bytes);
}

/** The checkpoint of a destination. */
export function checkpointName(destination: Buffer): string {
  return `ack.${destination.toString("hex")}`;
}
