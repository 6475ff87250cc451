/**
 * Drops: what was lost, by reason and minute, until an event of type `log_dropped` tells the store about it.
 *
 * The gap itself becomes data. One event per reason and minute: the first as soon as the link is back, what follows is
 * gathered; and for each sender, whose places it names. Its id is made with the first loss, so that telling twice stores once.
 */
import { newId } from "../event/id.ts";
import { LEVEL, type LogLevel, levelName } from "../event/levels.ts";

/** Why lines are lost. */
export type DropReason = "full" | "memory" | "corrupt" | "closed" | "refused" | "map" | "expired" | "letters";

/** Lines of one reason that were lost. */
export interface Drop {
  readonly reason: DropReason;
  /** Whose they were; default our own. */
  readonly sender?: string;
  readonly count: number;
  /** The first and the last place among them; others between may be safe. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** How many of each level; places that vanished from the disk have none. */
  readonly byLevel?: ReadonlyMap<LogLevel, number>;
}

/** A drop as it is told: plain data. */
export interface DropReport {
  readonly _id: string;
  readonly event_timestamp: string;
  readonly event_data: {
    readonly message: string;
    readonly reason: DropReason;
    count: number;
    readonly by_level: Record<string, number>;
    first_seq: number;
    last_seq: number;
    readonly sender: string;
  };
}

const MINUTE_MS = 60_000;

export class Drops {
  readonly #sender: string;
  readonly #reports = new Map<DropReason, DropReport>();
  /** About lines of other senders: waiting, and under way. */
  #inherited: DropReport[] = [];
  #telling: DropReport[] = [];
  readonly #toldMs = new Map<DropReason, number>();

  constructor(sender: string) {
    this.#sender = sender;
  }

  get isEmpty(): boolean {
    return this.#reports.size === 0 && !this.hasForeign;
  }

  /** True when there is something to tell about lines of other senders. */
  get hasForeign(): boolean {
    return this.#inherited.length + this.#telling.length > 0;
  }

  /** Reports of another process, told as they are. */
  inherit(reports: readonly DropReport[]): void {
    this.#inherited.push(...reports);
  }

  add(drop: Drop): void {
    const { event_data } = this.#reportOf(drop);
    event_data.count += drop.count;
    event_data.first_seq = Math.min(event_data.first_seq, drop.firstSeq);
    event_data.last_seq = Math.max(event_data.last_seq, drop.lastSeq);
    for (const [level, count] of drop.byLevel ?? []) {
      const name = levelName(level);
      event_data.by_level[name] = (event_data.by_level[name] ?? 0) + count;
    }
  }

  /**
   * What is to be told about lines of other senders. It takes no place among our own lines, where it would be missed in
   * theirs; so it is kept here until it is told.
   */
  foreign(): readonly DropReport[] {
    this.#telling.push(...this.#inherited.splice(0));
    return this.#telling;
  }

  toldForeign(): void {
    this.#telling = [];
  }

  /** Takes what may be told now: everything, or what is not of a reason told within the last minute. */
  take(nowMs: number, everything: boolean): DropReport[] {
    const taken: DropReport[] = [];
    for (const [key, report] of this.#reports) {
      if (!everything && nowMs - (this.#toldMs.get(key) ?? Number.NEGATIVE_INFINITY) < MINUTE_MS) continue;
      this.#toldMs.set(key, nowMs);
      this.#reports.delete(key);
      taken.push(report);
    }
    return taken;
  }

  /** What is not told yet, as text for a file. */
  toJSON(): readonly DropReport[] {
    return [...this.#telling, ...this.#inherited, ...this.#reports.values()];
  }

  #reportOf(drop: Drop): DropReport {
    const { reason, sender = this.#sender } = drop;
    if (sender === this.#sender) return this.#reports.get(reason) ?? this.#begin(drop);
    const known = this.#inherited.find(({ event_data: data }) => data.sender === sender && data.reason === reason);
    return known ?? this.#begin(drop);
  }

  #begin(drop: Drop): DropReport {
    const { reason, firstSeq, sender = this.#sender } = drop;
    const report: DropReport = {
      _id: newId(),
      event_timestamp: new Date().toISOString(),
      event_data: {
        message: `log lines lost: ${MEANING[reason]}`,
        reason,
        count: 0,
        by_level: {},
        first_seq: firstSeq,
        last_seq: 0,
        sender,
      },
    };
    if (sender === this.#sender) this.#reports.set(reason, report);
    else this.#inherited.push(report);
    return report;
  }
}

export const MEANING: Readonly<Record<DropReason, string>> = {
  full: "the spool was full",
  memory: "no disk to spool to, and memory was full",
  corrupt: "the spool on disk was damaged",
  closed: "the process ended before they were delivered",
  refused: "the store refused them and they could not be kept as dead letters",
  map: "mapModule left them out",
  expired: "they were older than spool.maxAge",
  letters: "dead letters had reached deadLetter.maxBytes",
};

/** The report as an event, one line of JSON. */
export function reportLine(report: DropReport): string {
  return JSON.stringify({ ...report, event_type: "log_dropped", log_level: LEVEL.ERROR });
}
