/**
 * Membership: what belongs to which session.
 *
 * A workcell's session holds what is known to belong to that workcell, and what nobody attributed to any. Sessions of a lab,
 * of an unknown system and of the whole window hold everything. Source: spec section 15.3.
 */

import { cut, union } from "./interval.ts";
import type { WholeSession } from "./sessions.ts";
import { countUntil } from "./sorted.ts";
import type { Interval, Micros, Session, Spans } from "./types.ts";

export function holds({ type, id }: Pick<Session, "type" | "id">, workcells: ReadonlySet<string>): boolean {
  return type !== "workcell" || workcells.size === 0 || workcells.has(id);
}

/** What the sessions that hold something mean for it. */
export interface Home {
  /** What of the window they cover together. */
  readonly covered: Spans;
  /**
   * Where something stops that began at an instant and was never told to end: with the last session that holds that instant.
   * Outside every session nobody can tell: at once, or with the window where there are no sessions in it.
   */
  readonly lastEnd: (at: Micros) => Micros;
}

/** Answers by the workcells something belongs to. */
export function homes(
  window: Interval,
  whole: readonly WholeSession[],
  within: readonly Session[],
): (workcells: ReadonlySet<string>) => Home {
  const known = new Map<string, Home>();
  const [wholeOf, withinOf] = [byWorkcells(whole), byWorkcells(within)];
  const alone = within[0]?.type === "default_analysis";
  return (workcells) => {
    const key = JSON.stringify([...workcells].sort());
    let home = known.get(key);
    if (home === undefined) {
      const covered = cut(union(withinOf(workcells)), window);
      const ends = lastEnds(wholeOf(workcells));
      home = { covered, lastEnd: (at) => ends(at) ?? (alone ? window.end : at) };
      known.set(key, home);
    }
    return home;
  };
}

/** The sessions that hold what belongs to some workcells, by start. Those of others, which may be many, are not looked at. */
function byWorkcells<S extends Session | WholeSession>(
  sessions: readonly S[],
): (ids: ReadonlySet<string>) => readonly S[] {
  const common: S[] = [];
  const own = new Map<string, S[]>();
  for (const session of sessions) {
    const known = session.type === "workcell" ? own.get(session.id) : common;
    if (known === undefined) own.set(session.id, [session]);
    else known.push(session);
  }
  return (ids) => {
    if (ids.size === 0) return sessions;
    return [...common, ...[...ids].flatMap((id) => own.get(id) ?? [])].sort((a, b) => a.start - b.start);
  };
}

/** The latest end of those of `sessions`, in order of start, that hold an instant. */
function lastEnds(sessions: readonly WholeSession[]): (at: Micros) => Micros | undefined {
  const latest: Micros[] = [];
  for (const { end } of sessions) latest.push(Math.max(end, latest.at(-1) ?? end));
  return (at) => {
    const end = latest[countUntil(sessions, ({ start }) => start <= at) - 1];
    return end !== undefined && end > at ? end : undefined;
  };
}
