/** Segment: one file of a spool, as its folder's owner sees it. */
import { join } from "node:path";
import { LEVEL, type LogLevel } from "../../event/levels.ts";
import type { FileSystem } from "./file-system.ts";
import type { SegmentWriter } from "./segment-writer.ts";

export const LEVELS: readonly LogLevel[] = Object.values(LEVEL);
const NAME = /^(\d{8})\.seg$/;

export class Segment {
  readonly number: number;
  readonly #fs: FileSystem;
  #path: string;
  #fd: number | undefined;
  /** Last place in it; undefined until known. */
  lastSeq: number | undefined;
  /** Places in it begin here; undefined until known. */
  firstSeq: number | undefined;
  bytes = 0;
  /** Bytes of lines by level, as far as this process wrote them. */
  readonly levelBytes = new Map<LogLevel, number>();
  /** Still written to. */
  isOpen = false;
  /** Its reader has come to its end. */
  isRead = false;
  /** The disk did not give all of it. */
  isUnreadable = false;
  /** It stands for places only. */
  isHole = false;
  /** What wrote it, while the file is open: the disk may not have confirmed the end of it. */
  writer: SegmentWriter | undefined;

  constructor(fs: FileSystem, folder: string, number: number, fd?: number) {
    this.#fs = fs;
    this.number = number;
    this.#path = join(folder, segmentName(number));
    this.#fd = fd;
  }

  get path(): string {
    return this.#path;
  }

  /** The open file. @throws what the file system throws */
  fd(): number {
    this.#fd ??= this.#fs.open(this.#path, "r");
    return this.#fd;
  }

  /** Where it ends for a reader. */
  readonly limit = (): number => (this.isOpen ? this.bytes : this.#fs.size(this.fd()));

  limitOr(fallback: number): number {
    try {
      return this.limit();
    } catch {
      return fallback;
    }
  }

  /** Its content is another file now. */
  replaced(fd: number, bytes: number, path = this.#path): void {
    this.#close();
    this.#fd = fd;
    this.#path = path;
    this.bytes = bytes;
  }

  /** Removes the file; one that is gone already is as good. */
  remove(): void {
    this.#close();
    try {
      this.#fs.remove(this.#path);
    } catch {
      // Gone, or on a disk that takes no changes: then it is sent again some day, and its ids are known.
    }
  }

  #close(): void {
    this.writer?.end();
    this.writer = undefined;
    if (this.#fd !== undefined) this.#fs.close(this.#fd);
    this.#fd = undefined;
  }

  /** Lets go of the file, which stays. */
  release(): void {
    this.#close();
  }
}

export function segmentName(number: number): string {
  return `${String(number).padStart(8, "0")}.seg`;
}

/** The segments of a folder, in order. @throws what the file system throws */
export function segmentsIn(fs: FileSystem, folder: string): Segment[] {
  const numbers = fs.list(folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  return numbers
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => new Segment(fs, folder, number));
}
