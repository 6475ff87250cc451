/**
 * Hand-off: how far the worker has brought its input to safety, in memory that both threads see.
 *
 * The main thread keeps every line until then, so that a worker that dies takes none with it. Positions are UTF-16 units
 * modulo 2^32; the difference of two of them is right as long as less than 2 GiB wait.
 */
const SENDER_AT = 8;
const SENDER_BYTES = 26;

/** Bytes 0–3: safe position; 4–7: position read; 8–33: ULID of the worker's sender, zeros before it works. */
export type Handoff = SharedArrayBuffer;

export interface HandoffState {
  /** Everything before is safe from the worker's death. */
  readonly position: number;
  /** Everything before is in the worker's hands. */
  readonly taken: number;
  readonly sender: string;
}

export function newHandoff(): Handoff {
  return new SharedArrayBuffer(SENDER_AT + SENDER_BYTES + 2);
}

export function tellHandoff(handoff: Handoff, { position, taken, sender }: HandoffState): void {
  Buffer.from(handoff, SENDER_AT, SENDER_BYTES).write(sender, "latin1");
  const positions = positionsOf(handoff);
  Atomics.store(positions, 0, position | 0);
  Atomics.store(positions, 1, taken | 0);
}

/** The two positions, for a look that costs nothing. */
export function positionsOf(handoff: Handoff): Int32Array {
  return new Int32Array(handoff, 0, 2);
}

export function readHandoff(handoff: Handoff): HandoffState {
  const sender = Buffer.from(handoff, SENDER_AT, SENDER_BYTES).toString("latin1");
  const positions = positionsOf(handoff);
  return { position: Atomics.load(positions, 0), taken: Atomics.load(positions, 1), sender };
}

/** The lines that are not safe yet, oldest first; of those that the worker has, so much that memory stays bounded. */
export class Unsafe {
  readonly #maxUnits: number;
  #lines: string[] = [];
  #head = 0;
  /** Position before the first line kept. */
  #from = 0;
  #units = 0;
  /** Lines before it that only the worker has. */
  #gap = 0;

  constructor(maxUnits = Number.POSITIVE_INFINITY) {
    this.#maxUnits = maxUnits;
  }

  push(line: string): void {
    this.#lines.push(line);
    this.#units += line.length;
  }

  get length(): number {
    return this.#lines.length - this.#head;
  }

  /** Everything before `position` is safe, and the worker has everything before `taken`. A line safe in part is not. */
  safeUpTo(position: number, taken = position): void {
    if (((position - this.#from) | 0) >= 0) this.#gap = 0;
    while (this.#isBefore(position)) this.#shift();
    for (; this.#units > this.#maxUnits && this.#isBefore(taken); this.#gap++) this.#shift();
    if (this.#head > 1024 && this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes all of them out; positions begin anew. `lost`: how many the worker took along, at most. */
  takeAll(): { readonly lines: readonly string[]; readonly lost: number } {
    const left = { lines: this.#lines.slice(this.#head), lost: this.#gap };
    this.#lines = [];
    this.#head = 0;
    this.#from = 0;
    this.#units = 0;
    this.#gap = 0;
    return left;
  }

  #isBefore(position: number): boolean {
    const line = this.#lines[this.#head];
    return line !== undefined && ((position - this.#from - line.length) | 0) >= 0;
  }

  #shift(): void {
    const { length } = this.#lines[this.#head] as string;
    this.#from = (this.#from + length) | 0;
    this.#units -= length;
    this.#lines[this.#head] = "";
    this.#head += 1;
  }
}
