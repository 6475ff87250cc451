/**
 * Hand-off: how far the worker has brought its input to safety, in memory that both threads see.
 *
 * The main thread keeps every line until then, so that a worker that dies takes none with it. Positions are UTF-16 units
 * modulo 2^32; the difference of two of them is right as long as less than 2 GiB wait.
 */
const SENDER_AT = 4;
const SENDER_BYTES = 26;

/** Bytes 0–3: position; 4–29: ULID of the worker's sender. */
export type Handoff = SharedArrayBuffer;

export function newHandoff(): Handoff {
  return new SharedArrayBuffer(SENDER_AT + SENDER_BYTES + 2);
}

export function tellHandoff(handoff: Handoff, sender: string, position: number): void {
  Buffer.from(handoff, SENDER_AT, SENDER_BYTES).write(sender, "latin1");
  Atomics.store(new Int32Array(handoff, 0, 1), 0, position | 0);
}

export function readHandoff(handoff: Handoff): { readonly position: number; readonly sender: string } {
  const sender = Buffer.from(handoff, SENDER_AT, SENDER_BYTES).toString("latin1");
  return { position: Atomics.load(new Int32Array(handoff, 0, 1), 0), sender };
}

/** The lines that are not safe yet, oldest first. */
export class Unsafe {
  #lines: string[] = [];
  #head = 0;
  /** Position before the first of them. */
  #from = 0;

  push(line: string): void {
    this.#lines.push(line);
  }

  get length(): number {
    return this.#lines.length - this.#head;
  }

  /** Everything before `position` is safe. A line that is safe in part is not. */
  safeUpTo(position: number): void {
    for (let line = this.#lines[this.#head]; line !== undefined; line = this.#lines[this.#head]) {
      if (((position - this.#from - line.length) | 0) < 0) break;
      this.#from = (this.#from + line.length) | 0;
      this.#lines[this.#head] = "";
      this.#head += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes all of them out; positions begin anew. */
  takeAll(): string[] {
    const left = this.#lines.slice(this.#head);
    this.#lines = [];
    this.#head = 0;
    this.#from = 0;
    return left;
  }
}
