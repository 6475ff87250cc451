/** A file being written in blocks, packed or not, and written through to the disk at its end. */
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { diskFailure, onDisk } from "./disk.ts";

const BLOCK_BYTES = 1_048_576;
/** Documents repeat their fields' names: little effort packs nearly as well as much. */
const LEVEL = 3;
const pack = promisify(gzip);

export class OutFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #isPacked: boolean;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #written = 0;

  private constructor(path: string, handle: FileHandle, isPacked: boolean) {
    this.#path = path;
    this.#handle = handle;
    this.#isPacked = isPacked;
  }

  static async create(path: string, isPacked: boolean): Promise<OutFile> {
    return new OutFile(path, await onDisk(path, () => open(path, "wx")), isPacked);
  }

  /** The bytes are copied before it resolves, unless they are few: then the caller must leave them alone until `close`. */
  async write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.#pending.push(part);
      this.#pendingBytes += part.length;
    }
    if (this.#pendingBytes >= BLOCK_BYTES) await this.#flush();
  }

  /** How many bytes are on the disk. */
  async close(): Promise<number> {
    try {
      // Nothing at all, packed, is still a member.
      if (this.#pendingBytes > 0 || (this.#isPacked && this.#written === 0)) await this.#flush();
      await this.#handle.sync();
    } catch (error) {
      throw diskFailure(this.#path, error);
    } finally {
      await this.#handle.close();
    }
    return this.#written;
  }

  /** Closes without caring what is in it. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => {});
  }

  /** A packed file has a gzip member for each block; readers join them. */
  async #flush(): Promise<void> {
    const joined = this.#pending.length === 1 ? (this.#pending[0] as Uint8Array) : Buffer.concat(this.#pending);
    const block = this.#isPacked ? await pack(joined, { level: LEVEL }) : joined;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (let at = 0; at < block.length; ) {
      const writing = onDisk(this.#path, () => this.#handle.write(block, at, block.length - at));
      at += (await writing).bytesWritten;
    }
    this.#written += block.length;
  }
}
