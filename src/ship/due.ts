/**
 * Due: when the next batch leaves though it is not full.
 *
 * Marks, not one time per line: lines that come within a moment share one, and an urgent line makes all before it urgent.
 */
const MOMENT_MS = 25;
/** So many marks are a backlog; then batches are full anyway. */
const MAX_MARKS = 64;

export class Due {
  /** The last place a mark speaks for, and when that wants to leave at the latest. */
  #marks: { seq: number; ms: number }[] = [];

  /** The lines up to place `seq` want to leave by `ms`. */
  add(seq: number, ms: number): void {
    const last = this.#marks.at(-1);
    const isShared =
      last !== undefined && (Math.abs(ms - last.ms) < MOMENT_MS || (ms > last.ms && this.#marks.length >= MAX_MARKS));
    if (!isShared) this.#marks.push({ seq, ms });
    else Object.assign(last, { seq, ms: Math.min(ms, last.ms) });
  }

  /** Everything up to `seq` has left. */
  left(seq: number): void {
    this.#marks = this.#marks.filter((mark) => mark.seq > seq);
  }

  /** When the most impatient line wants to leave; infinity without one. */
  get ms(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { ms } of this.#marks) if (ms < earliest) earliest = ms;
    return earliest;
  }
}
