/**
 * Segment reader: the intact frames of one file, in order. Whatever lies between them is reported, never thrown.
 *
 * A frame that fails its checksum may be a flipped bit, a torn write or garbage; the next place where a sync word begins
 * an intact frame is where reading goes on.
 */
import type { FileSystem } from "./file-system.ts";
import { decodeFrame, decodeSegmentHeader, type Frame, frameBytesAt, SEGMENT_HEADER_BYTES, SYNC } from "./format.ts";

export interface SegmentReaderOptions {
  readonly fs: FileSystem;
  /** The open file; asked for every time, because a file may be replaced by another. */
  readonly fd: () => number;
  /** Where the file ends for us; that of a file still being written grows. @default its size */
  readonly limit?: () => number;
  /** Bytes that are no frame; `isTail` when nothing intact follows. */
  readonly corrupt: (bytes: Buffer, isTail: boolean) => void;
}

const WINDOW_BYTES = 262_144;

export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  readonly #fd: () => number;
  readonly #limit: () => number;
  #window = Buffer.alloc(0);
  /** Where the window begins in the file, and where we are in it. */
  #windowAt = SEGMENT_HEADER_BYTES;
  #at = 0;

  /** @throws what the file system throws */
  constructor(options: SegmentReaderOptions) {
    const { fs, fd } = options;
    this.#options = options;
    this.#fd = fd;
    this.#limit = options.limit ?? (() => fs.size(this.#fd()));
    this.#checkHeader();
  }

  /** The next intact frame; undefined at the end (of what is written so far). */
  next(): Frame | undefined {
    for (;;) {
      const limit = this.#limit();
      const left = limit - this.#windowAt - this.#at;
      if (left <= 0) return undefined;
      const frame = decodeFrame(this.#window, this.#at);
      if (typeof frame === "object") {
        this.#at += frameBytesAt(this.#window, this.#at);
        return frame;
      }
      if (frame === "short" && this.#grow(left)) continue;
      if (!this.#resync(left)) return undefined;
    }
  }

  #checkHeader(): void {
    const header = Buffer.alloc(Math.max(0, Math.min(SEGMENT_HEADER_BYTES, this.#limit())));
    this.#options.fs.read(this.#fd(), header, 0);
    if (decodeSegmentHeader(header) === undefined) this.#options.corrupt(header, false);
  }

  /** Reads more of the file from the present place; false when there is no more, or more would not help. */
  #grow(left: number): boolean {
    const have = this.#window.length - this.#at;
    if (have >= left) return false;
    const wanted = have >= 8 ? frameBytesAt(this.#window, this.#at) : 0;
    if (wanted > left) return false;
    this.#load(Math.min(left, Math.max(WINDOW_BYTES, wanted, have + 1)));
    return true;
  }

  #load(bytes: number): void {
    this.#windowAt += this.#at;
    this.#at = 0;
    // Fresh memory every time: frames handed out still point into the old window.
    const window = Buffer.allocUnsafeSlow(bytes);
    let got = 0;
    for (let more = 1; got < bytes && more > 0; got += more) {
      more = this.#options.fs.read(this.#fd(), window.subarray(got), this.#windowAt + got);
    }
    this.#window = window.subarray(0, got);
  }

  /** Steps over what is no frame; false when nothing intact follows. */
  #resync(left: number): boolean {
    if (this.#window.length - this.#at < left) this.#load(left);
    const start = this.#at;
    for (let at = this.#window.indexOf(SYNC, start + 1); at >= 0; at = this.#window.indexOf(SYNC, at + 1)) {
      if (typeof decodeFrame(this.#window, at) !== "object") continue;
      this.#options.corrupt(this.#window.subarray(start, at), false);
      this.#at = at;
      return true;
    }
    if (this.#window.length > start) this.#options.corrupt(this.#window.subarray(start), true);
    this.#at = this.#window.length;
    return false;
  }
}
