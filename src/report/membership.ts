/**
 * Membership: what belongs to which session.
 *
 * A workcell's session holds what is known to belong to that workcell, and what nobody attributed to any. Sessions of a lab,
 * of an unknown system and of the whole window hold everything. Source: spec section 15.3.
 */

import { cut, union } from "./interval.ts";
import type { WholeSession } from "./sessions.ts";
import { countUntil } from "./sorted.ts";
import type { Interval, Micros, Session } from "./types.ts";

export function holds({ type, id }: Pick<Session, "type" | "id">, workcells: ReadonlySet<string>): boolean {
  return type !== "workcell" || workcells.size === 0 || workcells.has(id);
}

/** The sessions of a lab in a window, asked by the workcells something belongs to. */
export class Membership {
  readonly #window: Interval;
  readonly #whole: readonly WholeSession[];
  readonly #within: readonly Session[];
  readonly #frames = new Map<string, Interval[]>();

  constructor(window: Interval, whole: readonly WholeSession[], within: readonly Session[]) {
    this.#window = window;
    this.#whole = whole;
    this.#within = within;
  }

  /** What of the window the sessions that hold it cover. */
  covered(workcells: ReadonlySet<string>): Interval[] {
    const key = [...workcells].sort().join(" ");
    let covered = this.#frames.get(key);
    if (covered === undefined) {
      covered = cut(union(this.#within.filter((session) => holds(session, workcells))), this.#window);
      this.#frames.set(key, covered);
    }
    return covered;
  }

  /**
   * Where something stops that began at an instant and was never told to end: at the end of the last session that holds it
   * and that instant. Outside every session nobody can tell: at once, or with the window where there are none in it.
   */
  lastEnd(workcells: ReadonlySet<string>): (at: Micros) => Micros {
    const sessions = this.#whole.filter((session) => holds(session, workcells));
    const latest: Micros[] = [];
    for (const { end } of sessions) latest.push(Math.max(end, latest.at(-1) ?? end));
    const alone = this.#within[0]?.type === "default_analysis";
    return (at) => {
      const end = latest[countUntil(sessions, ({ start }) => start <= at) - 1];
      if (end !== undefined && end > at) return end;
      return alone ? this.#window.end : at;
    };
  }
}
