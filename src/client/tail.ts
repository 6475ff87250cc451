/**
 * Tail: events as they arrive at the server, for as long as one likes.
 *
 *   connecting ─→ reading ── the connection ends, or nothing comes for 45 s ─→ pause ─→ connecting, behind the last event
 *        ├── no answer, 429, 5xx ─→ pause
 *        ├── 404: MADSci's server ─→ looking every second (tail-poll.ts)
 *        └── any other refusal ─→ throws
 *
 * What the server sends again after a connection was lost is left out, by the ids of the last 10 000 events. Nothing is
 * read ahead: a slow consumer slows the connection, and the server tells how many events it dropped for it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseJson, stringifyJson } from "../event/json.ts";
import type { Selector } from "../event/selector/selector.ts";
import { checkKeys, invalid, whole } from "../ship/option-checks.ts";
import { type HttpCaller, pathOf } from "./http-call.ts";
import { RecentIds } from "./recent-ids.ts";
import { type SseMessage, SseParser } from "./sse.ts";
import { storedEvent } from "./stored.ts";
import type { TailItem } from "./tail-item.ts";
import { pollEvents } from "./tail-poll.ts";

/** @since 0.1.0 */
export interface TailOptions {
  /** Resume right after this arrival: nothing missed, nothing repeated. */
  readonly cursor?: string;
  /** First the last so many matching events (up to 10 000), the oldest of them first. Not with `cursor`. @default 0 */
  readonly backfill?: number;
  /** Ends the tail without an error. */
  readonly signal?: AbortSignal;
  /** Told when the server is away, and when it is back; in between the tail tries again by itself. */
  readonly onLink?: (state: "lost" | "back") => void;
}

export interface TailParts {
  readonly http: HttpCaller;
  readonly selector: Selector;
  readonly options: TailOptions;
  /** Longest silence of a server; its heartbeat comes every 15 s. */
  readonly silenceMs?: number;
  /** How often MADSci's server is asked. */
  readonly pollMs?: number;
  /** The client is closed. */
  readonly life: AbortSignal;
}

const MAX_BACKFILL = 10_000;
const REMEMBERED = 10_000;
const SILENCE_MS = 45_000;
const MAX_PAUSE_MS = 30_000;
const TRY_AGAIN = new Set([408, 425, 429]);

/** To be iterated once. @since 0.1.0 */
export class Tail implements AsyncIterable<TailItem>, AsyncDisposable {
  readonly #parts: TailParts;
  readonly #end = new AbortController();
  readonly #seen = new RecentIds(REMEMBERED);
  #cursor: string | undefined;
  #delivered = 0;
  #dropped = 0;
  #retryMs = 1000;
  #failures = 0;
  #isStarted = false;
  #isLost = false;

  /** @throws EventStoreError `EVT_INVALID_OPTION` naming the option */
  constructor(parts: TailParts) {
    const { cursor, backfill } = parts.options;
    checkKeys("", parts.options, ["cursor", "backfill", "signal", "onLink"]);
    if (whole("backfill", backfill, 0, 0) > MAX_BACKFILL) throw invalid(`backfill must be ${MAX_BACKFILL} at most`);
    if (cursor !== undefined && backfill) throw invalid("give either cursor or backfill");
    this.#parts = parts;
    this.#cursor = cursor;
  }

  /** Behind everything delivered so far, to resume from; undefined before the server has named one. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Events handed out. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Events the server had to leave out, as told by gaps. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Ends the iteration. Safe twice. */
  async close(): Promise<void> {
    this.#end.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @throws EventStoreError that of a refusal, such as `EVT_INVALID_SELECTOR`; not for a server that is away */
  async *[Symbol.asyncIterator](): AsyncGenerator<TailItem> {
    if (this.#isStarted) throw new TypeError("a tail is iterated once");
    this.#isStarted = true;
    const { signal } = this.#parts.options;
    const ends = [this.#end.signal, this.#parts.life, ...(signal ? [signal] : [])];
    const end = AbortSignal.any(ends);
    try {
      while (!end.aborted) {
        const outcome = yield* this.#connection(end);
        if (outcome === "elsewhere") return yield* this.#polled(end);
        if (!end.aborted) this.#tellLink("lost");
        await sleep(this.#pauseMs(outcome), undefined, { signal: end }).catch(() => {});
      }
    } finally {
      this.#end.abort();
    }
  }

  /** One connection. Answers how long the server wants us to wait, or that it has no such route. */
  async *#connection(end: AbortSignal): AsyncGenerator<TailItem, number | "elsewhere"> {
    const silence = new AbortController();
    const watch = new Watch(this.#parts.silenceMs ?? SILENCE_MS, () => silence.abort());
    const signal = AbortSignal.any([end, silence.signal]);
    try {
      const response = await this.#open(signal);
      if (response.status !== 200) return await this.#refused(response);
      this.#tellLink("back");
      const parser = new SseParser();
      for await (const bytes of response.body ?? []) {
        // A consumer may take its time.
        watch.end();
        for (const message of parser.push(bytes)) {
          if (message.event === "bye") return 0;
          yield* this.#items(message);
        }
        watch.begin();
      }
    } catch (error) {
      // A lost connection is no end; what the server refuses is.
      if (!end.aborted && isOurs(error)) throw error;
    } finally {
      watch.end();
      silence.abort();
    }
    return 0;
  }

  #open(signal: AbortSignal): Promise<Response> {
    const { http, selector, options } = this.#parts;
    const cursor = this.#cursor;
    const backfill = cursor === undefined && options.backfill ? options.backfill : undefined;
    const path = pathOf({ path: "/v1/events/stream", query: { selector: stringifyJson(selector), backfill, cursor } });
    return http.open(path, { accept: "text/event-stream", ...(cursor && { "last-event-id": cursor }) }, signal);
  }

  async #refused(response: Response): Promise<number | "elsewhere"> {
    const { status, headers } = response;
    const text = await response.text();
    if (status === 404 || status === 405) return "elsewhere";
    if (status >= 500 || TRY_AGAIN.has(status)) return Number(headers.get("retry-after") ?? 0) * 1000 || 0;
    const question = {
      method: "GET",
      path: "/v1/events/stream",
      timeoutMs: 0,
      invalid: "EVT_INVALID_SELECTOR",
    } as const;
    throw this.#parts.http.refused(question, { status, text });
  }

  *#items(message: SseMessage): Generator<TailItem> {
    const { event, data, id, retryMs } = message;
    if (retryMs !== undefined) this.#retryMs = retryMs;
    this.#failures = 0;
    const cursor = id ?? this.#cursor ?? "";
    if (event === "event") {
      const stored = storedEvent(parseJson(data));
      const isNew = stored !== undefined && this.#seen.add(stored._id);
      if (id !== undefined) this.#cursor = id;
      if (!isNew) return;
      this.#delivered += 1;
      yield { kind: "event", event: stored, cursor };
      return;
    }
    if (id !== undefined) this.#cursor = id;
    if (event === "live") yield { kind: "live", cursor };
    if (event !== "gap") return;
    const { dropped = 0, reason } = parseJson(data) as { dropped?: number; reason?: string };
    this.#dropped += dropped;
    yield { kind: "gap", dropped, reason: reason === "lost" ? "lost" : "slow", cursor };
  }

  async *#polled(end: AbortSignal): AsyncGenerator<TailItem> {
    const { http, selector, options, pollMs } = this.#parts;
    const place = { cursor: this.#cursor, backfill: options.backfill ?? 0 };
    for await (const item of pollEvents({ http, selector, ...place, seen: this.#seen, end, pollMs })) {
      this.#cursor = item.cursor;
      if (item.kind === "event") this.#delivered += 1;
      yield item;
    }
  }

  /** Each change once. */
  #tellLink(state: "lost" | "back"): void {
    if (this.#isLost === (state === "lost")) return;
    this.#isLost = state === "lost";
    this.#parts.options.onLink?.(state);
  }

  #pauseMs(askedMs: number): number {
    const most = Math.min(MAX_PAUSE_MS, this.#retryMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return Math.max(askedMs, most * (0.5 + Math.random() / 2));
  }
}

function isOurs(error: unknown): boolean {
  const { name } = error as { name?: string };
  return name === "EventStoreError" || error instanceof RangeError;
}

/** Calls when nothing was seen for a while. */
class Watch {
  readonly #ms: number;
  readonly #silent: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, silent: () => void) {
    this.#ms = ms;
    this.#silent = silent;
    this.begin();
  }

  begin(): void {
    this.#timer = setTimeout(this.#silent, this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
