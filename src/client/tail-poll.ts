/**
 * Polling: a tail of a server that has no stream, as MADSci's has none. It is asked for its newest events every second.
 *
 * Order is that of event time within a look. A cursor names the last event handed out, so a resumed tail misses events
 * that arrived late with an earlier time; a server of ours has no such hole. More than 10 000 events within a second are a
 * gap, whose size nobody knows. A server that does not answer is asked again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import { matches } from "../event/selector/matches.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { ParsedSelector, Selector } from "../event/selector/selector.ts";
import type { TailItem } from "../event/tail-item.ts";
import type { HttpCaller } from "./http-call.ts";
import type { RecentIds } from "./recent-ids.ts";
import { byTime, instantOfEvent, storedEvents } from "./stored.ts";

export interface PollOptions {
  readonly http: HttpCaller;
  readonly selector: Selector;
  readonly cursor: string | undefined;
  readonly backfill: number;
  readonly seen: RecentIds;
  readonly end: AbortSignal;
  readonly pollMs?: number | undefined;
  /** Told after each look whether the server answered, and why not. */
  readonly onLink?: (state: "lost" | "back", cause?: string) => void;
}

const POLL_MS = 1000;
const ASK_MS = 10_000;
/** Longest pause between two looks while the server does not answer. */
const MAX_PAUSE_MS = 30_000;
/** Events asked for at a time, more while all of them are new. */
const STEPS = [100, 1000, 10_000] as const;
const MARK = "poll:";

/** @throws EventStoreError `EVT_INVALID_SELECTOR`, or that of a refusal */
export async function* pollEvents(options: PollOptions): AsyncGenerator<TailItem> {
  const { selector, seen, end, pollMs = POLL_MS } = options;
  const condition = parseSelector(selector);
  const look = new Look(options, condition);
  if (options.cursor !== undefined && !options.cursor.startsWith(MARK))
    yield { kind: "gap", dropped: 0, reason: "lost", cursor: look.cursor };
  let isLive = false;
  while (!end.aborted) {
    const found = await look.next();
    if (found?.isCut) yield { kind: "gap", dropped: 0, reason: "lost", cursor: look.cursor };
    for (const event of found?.events ?? []) {
      look.cursor = cursorOf(event);
      if (seen.add(event._id) && matches(condition, event)) yield { kind: "event", event, cursor: look.cursor };
    }
    if (found !== undefined && !isLive) yield { kind: "live", cursor: look.cursor };
    isLive ||= found !== undefined;
    const pauseMs = Math.max(pollMs, Math.min(MAX_PAUSE_MS, pollMs * 2 ** Math.min(look.failures, 10)));
    await sleep(pauseMs, undefined, { signal: end }).catch(() => {});
  }
}

interface Found {
  /** Not seen before, the oldest first. */
  readonly events: readonly StoredEvent[];
  /** There may be more between these and those seen before. */
  readonly isCut: boolean;
}

class Look {
  readonly #options: PollOptions;
  readonly #condition: ParsedSelector;
  readonly #known = new Set<string>();
  cursor: string;
  /** Looks without an answer since the last one that had one. */
  failures = 0;
  #isFirst = true;

  constructor(options: PollOptions, condition: ParsedSelector) {
    this.#options = options;
    this.#condition = condition;
    this.cursor = options.cursor ?? MARK;
  }

  /** Undefined where the server did not answer. */
  async next(): Promise<Found | undefined> {
    try {
      const found = this.#isFirst ? await this.#first() : await this.#later();
      this.#isFirst = false;
      this.failures = 0;
      this.#options.onLink?.("back");
      return found;
    } catch (error) {
      if (this.#options.end.aborted) return undefined;
      if (!(error instanceof EventStoreError) || !error.retryable) throw error;
      this.failures += 1;
      this.#options.onLink?.("lost", error.message);
      return undefined;
    }
  }

  async #first(): Promise<Found> {
    const { cursor, backfill } = this.#options;
    const isResumed = cursor?.startsWith(`${MARK}`) && cursor !== MARK;
    const events = await this.#newest(backfill > 0 || isResumed ? STEPS[2] : STEPS[0]);
    const wanted = isResumed
      ? events.filter((event) => isAfter(event, cursor as string))
      : events.filter((event) => matches(this.#condition, event)).slice(backfill > 0 ? -backfill : events.length);
    const shown = new Set(wanted.map(({ _id }) => _id));
    for (const { _id } of events) {
      this.#known.add(_id);
      if (!shown.has(_id)) this.#options.seen.add(_id);
    }
    const last = events.at(-1);
    if (last !== undefined && wanted.length === 0 && !isResumed) this.cursor = cursorOf(last);
    return { events: wanted, isCut: false };
  }

  async #later(): Promise<Found> {
    for (const number of STEPS) {
      const events = await this.#newest(number);
      const fresh = events.filter(({ _id }) => !this.#known.has(_id));
      const isCut = this.#known.size > 0 && fresh.length === events.length && events.length >= number;
      if (isCut && number !== STEPS[2]) continue;
      for (const { _id } of events) this.#remember(_id);
      return { events: fresh, isCut };
    }
    return { events: [], isCut: false };
  }

  async #newest(number: number): Promise<StoredEvent[]> {
    const question = { method: "GET", path: "/events", query: { number, level: 0 }, timeoutMs: ASK_MS } as const;
    const { http, end: signal } = this.#options;
    const events = storedEvents(await http.json({ ...question, signal }));
    if (events === undefined) throw http.foreign(question, "no events by id");
    return events.sort(byTime);
  }

  #remember(id: string): void {
    this.#known.delete(id);
    this.#known.add(id);
    if (this.#known.size > 2 * STEPS[2]) this.#known.delete(this.#known.values().next().value as string);
  }
}

function cursorOf(event: StoredEvent): string {
  return `${MARK}${instantOfEvent(event)}:${encodeURIComponent(event._id)}`;
}

function isAfter(event: StoredEvent, cursor: string): boolean {
  const [, instant = "0", id = ""] = /^poll:(-?\d+):(.*)$/.exec(cursor) ?? [];
  const at = instantOfEvent(event);
  return at > BigInt(instant) || (at === BigInt(instant) && encodeURIComponent(event._id) > id);
}
