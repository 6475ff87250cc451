/**
 * Sessions: when labs and workcells were there. One state machine per id:
 *
 *   (none) ── start ──▶ open ── stop ──▶ (none)
 *                        │ ▲
 *                        └─┘ start: the one before crashed; it ends here, another opens
 *
 * MADSci 0.7 tells a workcell's start twice, typed by the server and wrapped by the engine: the second only adds its name.
 * A session still open at the window's end ends there. Source: spec sections 15.1 and 15.2.
 */
import type { Form, SessionFact } from "./fact.ts";
import type { Interval, Micros, Session } from "./types.ts";

/** How far apart the same start may be told in two forms, in whatever order. */
const SAME_START = 60_000_000;

/** A session as it was, not cut to any window. */
export interface WholeSession extends Interval {
  readonly id: string;
  readonly type: Session["type"];
  name: string | null;
  endedBy: Session["endedBy"];
  readonly nodeNames: Set<string>;
}

interface OpenSession extends Omit<WholeSession, "end" | "endedBy"> {
  readonly form: Form;
  /** The one that its start ended. */
  readonly before: WholeSession | undefined;
}

export class Sessions {
  readonly #open = new Map<string, OpenSession>();
  readonly #closed: WholeSession[] = [];

  take(fact: SessionFact): void {
    // One that names no id is told apart by its type alone.
    const ids = fact.ids.length > 0 ? fact.ids : [`without id: ${fact.of}`];
    if (fact.step === "start") this.#start(fact, ids[0]!);
    else for (const id of ids) this.#end(id, fact.at, "stop");
  }

  /** All sessions up to the window's end, by start, then id. */
  finish(end: Micros): WholeSession[] {
    for (const id of [...this.#open.keys()]) this.#end(id, end, "window");
    return this.#closed.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
  }

  #start(fact: SessionFact, key: string): void {
    const before = this.#open.get(key);
    if (before !== undefined && isSameStart(before, fact)) {
      add(before, fact);
      return;
    }
    const ended = before === undefined ? undefined : this.#end(key, fact.at, "restart");
    const [id, type] =
      fact.ids.length > 0 ? [key, fact.of] : [`system_${Math.floor(fact.at / 1e6)}`, "system" as const];
    const nodeNames = new Set<string>();
    const opened = { id, type, name: null, start: fact.at, form: fact.form, before: ended, nodeNames };
    add(opened, fact);
    this.#open.set(key, opened);
  }

  #end(key: string, end: Micros, endedBy: Session["endedBy"]): WholeSession | undefined {
    const session = this.#open.get(key);
    if (session === undefined) return undefined;
    const { id, type, name, start, before, nodeNames } = session;
    if (end <= start) {
      // A stop at the very instant of the start belongs to the session before.
      if (endedBy === "stop" && before !== undefined) before.endedBy = "stop";
      return undefined;
    }
    this.#open.delete(key);
    const closed = { id, type, name, start, end, endedBy, nodeNames };
    this.#closed.push(closed);
    return closed;
  }
}

function isSameStart(open: OpenSession, fact: SessionFact): boolean {
  if (fact.form === "wrapped" || fact.at === open.start) return true;
  return fact.form !== open.form && fact.at - open.start <= SAME_START;
}

function add(session: OpenSession, fact: SessionFact): void {
  session.name ??= fact.name;
  for (const name of fact.nodeNames) session.nodeNames.add(name);
}

/** Those that overlap the window, cut to it; one over all of it where none does. */
export function sessionsWithin(sessions: readonly WholeSession[], window: Interval): Session[] {
  const within = sessions.filter(({ start, end }) => start < window.end && end > window.start);
  if (within.length === 0) return [wholeWindow(window)];
  const cut = within.map((session) => ({
    ...session,
    start: Math.max(session.start, window.start),
    end: Math.min(session.end, window.end),
    startedBeforeWindow: session.start < window.start,
  }));
  return cut.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
}

function wholeWindow({ start, end }: Interval): Session {
  const id = `analysis_${Math.floor(start / 1e6)}`;
  const rest = { name: null, startedBeforeWindow: false, endedBy: "window", nodeNames: new Set<string>() } as const;
  return { id, type: "default_analysis", start, end, ...rest };
}
