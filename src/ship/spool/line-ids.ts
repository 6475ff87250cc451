/**
 * Line ids: ULIDs for whole frames of lines. A frame keeps the id of its first line; the others count up from it.
 *
 * Ascending within a process, also when its clock goes back: the time of an id is never earlier than that of the one
 * before. A package makes single ids; a range that can be kept as one is made here.
 */
import { randomFillSync } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Two characters for every ten bits. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => `${ALPHABET[bits >> 5]}${ALPHABET[bits & 31]}`);
const TIME_BYTES = 6;
const HALF = 2 ** 40;

/** Hands out ranges of ids. */
export class LineIds {
  readonly #next = Buffer.alloc(16);
  #timeMs = -1;

  /** The first of `count` ids. */
  take(count: number, nowMs: number): Buffer {
    if (nowMs > this.#timeMs) this.#begin(nowMs);
    const first = Buffer.from(this.#next);
    addTo(this.#next, count);
    return first;
  }

  /** A new range: 79 random bits, so that counting up never reaches the time. */
  #begin(nowMs: number): void {
    this.#timeMs = nowMs;
    this.#next.writeUIntBE(nowMs, 0, TIME_BYTES);
    randomFillSync(this.#next, TIME_BYTES, 10);
    this.#next[TIME_BYTES] = (this.#next[TIME_BYTES] ?? 0) & 0x7f;
  }
}

function addTo(id: Buffer, count: number): void {
  const low = id.readUIntBE(11, 5) + count;
  id.writeUIntBE(low % HALF, 11, 5);
  if (low >= HALF) id.writeUIntBE(id.readUIntBE(6, 5) + 1, 6, 5);
}

/** The ids of a frame as text: `idsOf(first)(n)` is that of its nth line. */
export function idsOf(first: Uint8Array): (index: number) => string {
  const bytes = Buffer.from(first.buffer, first.byteOffset, 16);
  const time = timeText(bytes.readUIntBE(0, TIME_BYTES));
  const high = bytes.readUIntBE(6, 5);
  const low = bytes.readUIntBE(11, 5);
  const head = time + halfText(high);
  return (index) => {
    const sum = low + index;
    return sum < HALF ? head + halfText(sum) : time + halfText(high + 1) + halfText(sum - HALF);
  };
}

/** 48 bits in 10 characters. */
function timeText(timeMs: number): string {
  const high = Math.floor(timeMs / 2 ** 20);
  const low = timeMs % 2 ** 20;
  const rest = high % 2 ** 20;
  return `${PAIRS[Math.floor(high / 2 ** 20)]}${PAIRS[rest >> 10]}${PAIRS[rest & 1023]}${PAIRS[low >> 10]}${PAIRS[low & 1023]}`;
}

/** 40 bits in 8 characters. */
function halfText(bits: number): string {
  const high = Math.floor(bits / 2 ** 20);
  const low = bits % 2 ** 20;
  return `${PAIRS[high >> 10]}${PAIRS[high & 1023]}${PAIRS[low >> 10]}${PAIRS[low & 1023]}`;
}

/** The 16 bytes of a ULID. */
export function idBytes(ulid: string): Buffer {
  let value = 0n;
  for (const letter of ulid) value = (value << 5n) | BigInt(ALPHABET.indexOf(letter));
  return Buffer.from(value.toString(16).padStart(32, "0").slice(-32), "hex");
}
