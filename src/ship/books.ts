/**
 * Books: what became of every line. At every moment
 *
 *   in = acknowledged + pending + deadLettered + dropped
 */
import type { BacklogState } from "./backlog.ts";
import type { LinkState } from "./courier.ts";
import type { Drop, DropReason } from "./drops.ts";

/** @since 0.1.0 */
export interface ShipStats {
  /** Lines taken in, those of adopted spools among them once they are read. */
  readonly in: number;
  /** Durable on the other side. */
  readonly acknowledged: number;
  /** Waiting or under way. */
  readonly pending: number;
  /** Refused for good by the other side, and kept as dead letters. */
  readonly deadLettered: number;
  /** Lost, and reported: see `droppedBy`. */
  readonly dropped: number;
  readonly droppedBy: Readonly<Partial<Record<DropReason, number>>>;
  /** Acknowledged as known already; counted in `acknowledged` too. */
  readonly duplicates: number;
  /** Shortened to fit; counted once more in the numbers above. */
  readonly truncated: number;
  /** Lines that are no JSON objects; they became events of type `log`. */
  readonly unparseable: number;
  /** Events for which `mapModule` failed; they went without it. */
  readonly mapFailures: number;
  readonly bytesIn: number;
  /** Deliveries that were answered, and those that have to be made again. */
  readonly batches: number;
  readonly retries: number;
  /** Round trips of the last deliveries, in ms; null before the first. */
  readonly rttMs: { readonly p50: number | null; readonly p95: number | null };
  /** Since the last acknowledgement, in ms; null before the first. */
  readonly lastAckAgeMs: number | null;
  readonly link: LinkState | "closing" | "closed";
  /** Whether lines are on disk before the application goes on. */
  readonly spool: BacklogState;
  readonly spoolBytes: number;
  readonly memoryBytes: number;
  /** Spools of dead processes taken over. */
  readonly adopted: number;
  /** Bytes on disk that were damaged, and ends of files torn by a crash. */
  readonly corruptBytes: number;
  readonly tornBytes: number;
  /** Files of dead letters removed to keep their limit. */
  readonly deadLetterFilesRemoved: number;
}

type Counter =
  | "in"
  | "acknowledged"
  | "deadLettered"
  | "duplicates"
  | "truncated"
  | "unparseable"
  | "mapFailures"
  | "bytesIn"
  | "adopted"
  | "corruptBytes"
  | "tornBytes"
  | "deadLetterFilesRemoved";

export class Books {
  readonly #count: Record<Counter, number> = {
    in: 0,
    acknowledged: 0,
    deadLettered: 0,
    duplicates: 0,
    truncated: 0,
    unparseable: 0,
    mapFailures: 0,
    bytesIn: 0,
    adopted: 0,
    corruptBytes: 0,
    tornBytes: 0,
    deadLetterFilesRemoved: 0,
  };
  readonly #dropped: Partial<Record<DropReason, number>> = {};

  add(counter: Counter, by = 1): void {
    this.#count[counter] += by;
  }

  drop({ reason, count }: Pick<Drop, "reason" | "count">): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  get counts() {
    const { acknowledged, deadLettered } = this.#count;
    const dropped = Object.values(this.#dropped).reduce((sum, count) => sum + count, 0);
    const pending = this.#count.in - acknowledged - deadLettered - dropped;
    return { ...this.#count, dropped, droppedBy: { ...this.#dropped }, pending };
  }
}
