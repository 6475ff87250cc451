/**
 * Segment writer: appends frames to one file. A write that fails half-way is taken back, so that the file stays whole.
 * The file stays open when the writer is done: its reader goes on with it, also when its name is gone.
 */
import type { FileSystem } from "./file-system.ts";
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from "./format.ts";

export class SegmentWriter {
  readonly #fs: FileSystem;
  readonly #fd: number;
  #bytes = SEGMENT_HEADER_BYTES;
  #unsynced = 0;
  #syncing = false;
  #isEnded = false;

  /** @throws what the file system throws; then no file is left */
  constructor(fs: FileSystem, path: string, header: SegmentHeader) {
    this.#fs = fs;
    this.#fd = writeNew(fs, path, [encodeSegmentHeader(header)]);
  }

  get fd(): number {
    return this.#fd;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes the disk may not have yet. */
  get unsynced(): number {
    return this.#unsynced;
  }

  /** @throws what the file system throws; then the file is as it was before */
  append(parts: readonly Uint8Array[], bytes: number): void {
    try {
      writeAll(this.#fs, this.#fd, parts, this.#bytes);
    } catch (error) {
      this.#takeBack();
      throw error;
    }
    this.#bytes += bytes;
    this.#unsynced += bytes;
  }

  sync(): void {
    if (this.#unsynced === 0) return;
    this.#fs.sync(this.#fd);
    this.#unsynced = 0;
  }

  /** Lets the disk catch up while others work; `failed` is told when it cannot. */
  syncLater(failed: (error: Error) => void): void {
    if (this.#syncing || this.#unsynced === 0) return;
    this.#syncing = true;
    const bytes = this.#unsynced;
    this.#fs.syncLater(this.#fd, (error) => {
      this.#syncing = false;
      if (error && !this.#isEnded) failed(error);
      if (!error) this.#unsynced = Math.max(0, this.#unsynced - bytes);
    });
  }

  /** The file is closed by whoever holds it; what the disk says of it does not matter any more. */
  end(): void {
    this.#isEnded = true;
    this.#unsynced = 0;
  }

  #takeBack(): void {
    try {
      this.#fs.truncate(this.#fd, this.#bytes);
    } catch {
      // Whoever reads the file finds the torn end by its checksum.
    }
  }
}

/** A new file with this content, open; `confirmed` by the disk or not. @throws what the file system throws; then no file is left */
export function writeNew(fs: FileSystem, path: string, parts: readonly Uint8Array[], confirmed = false): number {
  const fd = fs.open(path, "w+");
  try {
    writeAll(fs, fd, parts, 0);
    if (confirmed) fs.sync(fd);
    return fd;
  } catch (error) {
    fs.close(fd);
    fs.remove(path);
    throw error;
  }
}

/** Parts per system call; more is not allowed. */
const MAX_PARTS = 512;

/** The system call may take less than it is given. */
function writeAll(fs: FileSystem, fd: number, parts: readonly Uint8Array[], position: number): void {
  let at = position;
  for (let next = 0; next < parts.length; next += MAX_PARTS) {
    for (let left = parts.slice(next, next + MAX_PARTS).filter(({ length }) => length > 0); left.length > 0; ) {
      const written = fs.write(fd, left, at);
      if (written === 0) throw new Error("the disk takes no more");
      at += written;
      left = after(left, written);
    }
  }
}

function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let rest = written;
  let index = 0;
  for (let part = parts[0]; part !== undefined && rest >= part.length; part = parts[++index]) rest -= part.length;
  const [first, ...others] = parts.slice(index);
  return first === undefined ? [] : [rest > 0 ? first.subarray(rest) : first, ...others];
}
