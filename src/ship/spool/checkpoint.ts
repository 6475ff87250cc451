/**
 * Checkpoint: how far a sink has acknowledged, in a file of two slots that are written in turn.
 *
 * A write torn by a crash hits one slot; the other still holds the state before. Losing the newest only repeats
 * deliveries, which the ids absorb, so nothing waits for the disk here.
 */
import { crc32 } from "node:zlib";
import type { FileSystem } from "./file-system.ts";

const SLOT_BYTES = 32;

export class Checkpoint {
  readonly #fs: FileSystem;
  readonly #path: string;
  #fd: number | undefined;
  #generation = 0;
  #seq = 0;
  /** What the disk has taken. */
  #written = 0;

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#path = path;
  }

  /** Every line up to this place is settled. */
  get seq(): number {
    return this.#seq;
  }

  /**
   * Reads the newer of the intact slots. Answers how far the sink has come: 0 without a file, undefined when the file
   * does not tell. Never throws.
   */
  load(): number | undefined {
    try {
      const bytes = this.#fs.readFile(this.#path);
      const [a, b] = [0, SLOT_BYTES].map((at) => slotAt(bytes, at)) as [Slot, Slot];
      ({ generation: this.#generation, seq: this.#seq } = a.generation > b.generation ? a : b);
      this.#written = this.#seq;
      return this.#generation > 0 ? this.#seq : undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT" ? 0 : undefined;
    }
  }

  /** Remembers `seq`, and writes it down. @throws what the file system throws; the place is remembered all the same */
  move(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
    if (this.#seq === this.#written) return;
    this.#fd ??= this.#open();
    this.#generation += 1;
    const slot = Buffer.alloc(SLOT_BYTES);
    slot.writeBigUInt64LE(BigInt(this.#generation), 0);
    slot.writeBigUInt64LE(BigInt(this.#seq), 8);
    slot.writeUInt32LE(crc32(slot.subarray(0, 28)), 28);
    this.#fs.write(this.#fd, [slot], (this.#generation % 2) * SLOT_BYTES);
    this.#written = this.#seq;
  }

  close(): void {
    if (this.#fd !== undefined) this.#fs.close(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    try {
      return this.#fs.open(this.#path, "r+");
    } catch {
      return this.#fs.open(this.#path, "w+");
    }
  }
}

interface Slot {
  readonly generation: number;
  readonly seq: number;
}

function slotAt(bytes: Buffer, at: number): Slot {
  const slot = bytes.subarray(at, at + SLOT_BYTES);
  if (slot.length < SLOT_BYTES || slot.readUInt32LE(28) !== crc32(slot.subarray(0, 28)))
    return { generation: 0, seq: 0 };
  return { generation: Number(slot.readBigUInt64LE(0)), seq: Number(slot.readBigUInt64LE(8)) };
}
