/**
 * DueQueue: which id's time comes first. A binary heap whose stale entries are left in place and stepped over.
 *
 * What is current is the caller's to say (`isCurrent`), so a change costs one push. Stale entries never outnumber live
 * ones by more than a constant: the heap is built anew then.
 */
export interface DueEntry {
  readonly dueMs: number;
  readonly id: string;
  readonly version: number;
}

const SLACK = 1_000;

export class DueQueue {
  readonly #isCurrent: (entry: DueEntry) => boolean;
  #heap: DueEntry[] = [];
  #rebuildAt = SLACK;

  constructor(isCurrent: (entry: DueEntry) => boolean) {
    this.#isCurrent = isCurrent;
  }

  push(entry: DueEntry): void {
    if (this.#heap.length >= this.#rebuildAt) this.#rebuild();
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  /** The first `limit` current entries up to `atMs`, in order; they stay. */
  first(atMs: number, limit: number): DueEntry[] {
    const taken: DueEntry[] = [];
    while (taken.length < limit) {
      const top = this.#top();
      if (top === undefined || top.dueMs > atMs) break;
      taken.push(top);
      this.#pop();
    }
    for (const entry of taken) this.push(entry);
    return taken;
  }

  nextMs(): number | null {
    return this.#top()?.dueMs ?? null;
  }

  #top(): DueEntry | undefined {
    while (this.#heap[0] !== undefined && !this.#isCurrent(this.#heap[0])) this.#pop();
    return this.#heap[0];
  }

  #rebuild(): void {
    this.#heap = this.#heap.filter(this.#isCurrent).sort((a, b) => (before(a, b) ? -1 : 1));
    this.#rebuildAt = this.#heap.length * 2 + SLACK;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(start: number): void {
    for (let at = start; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #sink(start: number): void {
    for (let at = start; ; ) {
      const left = 2 * at + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && before(this.#heap[right]!, this.#heap[left]!) ? right : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const [a, b] = [this.#heap[lower]!, this.#heap[upper]!];
    if (!before(a, b)) return false;
    this.#heap[lower] = b;
    this.#heap[upper] = a;
    return true;
  }
}

function before(a: DueEntry, b: DueEntry): boolean {
  return a.dueMs !== b.dueMs ? a.dueMs < b.dueMs : a.id < b.id;
}
