/**
 * Tail: events as they arrive at the server, for as long as one likes.
 *
 *   connecting ─→ reading ── the connection ends, or nothing comes for 45 s ─→ pause ─→ connecting, behind the last event
 *        ├── no answer, 429, 5xx, no event stream, a frame nobody can read ─→ pause, longer each time
 *        ├── 404: MADSci's server ─→ looking every second (tail-poll.ts)
 *        └── any other refusal ─→ throws
 *
 * What the server sends again after a connection was lost is left out, by the ids of the last 10 000 events. Nothing is
 * read ahead: a slow consumer slows the connection, and the server tells how many events it dropped for it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import type { Selector } from "../event/selector/selector.ts";
import type { TailItem } from "../event/tail-item.ts";
import { checkKeys, invalid, whole } from "../ship/option-checks.ts";
import { type HttpCaller, pathOf } from "./http-call.ts";
import { RecentIds } from "./recent-ids.ts";
import { sendableSelector } from "./sendable.ts";
import { type SseMessage, SseParser } from "./sse.ts";
import { causeOf, contentOf, type Gap, isKnownFrame, isUnreadable, Unreadable } from "./tail-frame.ts";
import { pollEvents } from "./tail-poll.ts";

/** @since 0.1.0 */
export interface TailOptions {
  /** Resume right after this arrival: nothing missed, nothing repeated. */
  readonly cursor?: string;
  /** First the last so many matching events (up to 10 000), the oldest of them first. Not with `cursor`. @default 0 */
  readonly backfill?: number;
  /** Ends the tail without an error. */
  readonly signal?: AbortSignal;
  /**
   * Told when the server is away, with the cause in words, and when it is back, with its first frame; in between the tail
   * tries again by itself.
   */
  readonly onLink?: (state: "lost" | "back", cause?: string) => void;
}

export interface TailParts {
  readonly http: HttpCaller;
  readonly selector: Selector;
  readonly options: TailOptions;
  /** Longest silence of a server; its heartbeat comes every 15 s. */
  readonly silenceMs?: number;
  /** How often MADSci's server is asked. */
  readonly pollMs?: number;
  /** Shortest pause before connecting again, until the server names one. */
  readonly retryMs?: number;
  /** The client is closed. */
  readonly life: AbortSignal;
}

const MAX_BACKFILL = 10_000;
const REMEMBERED = 10_000;
const SILENCE_MS = 45_000;
const RETRY_MS = 1000;
const MAX_PAUSE_MS = 30_000;
const TRY_AGAIN = new Set([408, 425, 429]);
const PATH = "/v1/events/stream";
const EVENT_STREAM = /^text\/event-stream\b/i;

/** How a connection ended. */
interface Outcome {
  /** How long the server wants us to wait, in ms. */
  readonly askedMs: number;
  /** Why, in words. */
  readonly cause: string;
}

/** To be iterated once. @since 0.1.0 */
export class Tail implements AsyncIterable<TailItem>, AsyncDisposable {
  readonly #parts: TailParts;
  readonly #end = new AbortController();
  readonly #seen = new RecentIds(REMEMBERED);
  #cursor: string | undefined;
  #delivered = 0;
  #dropped = 0;
  #retryMs: number;
  #failures = 0;
  #isStarted = false;
  #isLost = false;

  /** @throws EventStoreError `EVT_INVALID_OPTION` naming the option, `EVT_INVALID_SELECTOR` naming what cannot be sent */
  constructor(parts: TailParts) {
    checkKeys("", parts.options, ["cursor", "backfill", "signal", "onLink"]);
    const { cursor, backfill, signal } = parts.options;
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal must be an AbortSignal");
    if (whole("backfill", backfill, 0, 0) > MAX_BACKFILL) throw invalid(`backfill must be ${MAX_BACKFILL} at most`);
    if (cursor !== undefined && backfill) throw invalid("give either cursor or backfill");
    this.#parts = { ...parts, selector: sendableSelector(parts.selector) };
    this.#cursor = cursor;
    this.#retryMs = parts.retryMs ?? RETRY_MS;
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
        if (!end.aborted) this.#tellLink("lost", outcome.cause);
        await sleep(this.#pauseMs(outcome.askedMs), undefined, { signal: end }).catch(() => {});
      }
    } finally {
      this.#end.abort();
    }
  }

  /** One connection. Answers how it ended, or that the server has no such route. */
  async *#connection(end: AbortSignal): AsyncGenerator<TailItem, Outcome | "elsewhere"> {
    const { silenceMs = SILENCE_MS, http } = this.#parts;
    const silence = new AbortController();
    const watch = new Watch(silenceMs, () => silence.abort());
    const signal = AbortSignal.any([end, silence.signal]);
    const failures = this.#failures;
    try {
      const response = await this.#open(signal);
      if (response.status !== 200) return await this.#refused(response);
      const type = response.headers.get("content-type") ?? "no content type";
      if (!EVENT_STREAM.test(type)) throw new Unreadable(`${type} instead of text/event-stream`);
      const parser = new SseParser();
      for await (const bytes of response.body ?? []) {
        // A consumer may take its time.
        watch.end();
        for (const message of parser.push(bytes)) {
          if (message.event === "bye") return { askedMs: 0, cause: `${http.base} ended the stream` };
          yield* this.#items(message);
        }
        watch.begin();
      }
    } catch (error) {
      // A lost connection is no end; what the server refuses is.
      if (!end.aborted && error instanceof EventStoreError) throw error;
      // One good frame before each bad one makes no good server.
      if (isUnreadable(error)) this.#failures = failures;
      const cause = silence.signal.aborted ? `says nothing for ${silenceMs} ms` : causeOf(error);
      return { askedMs: 0, cause: `${http.base} ${cause}` };
    } finally {
      watch.end();
      silence.abort();
    }
    return { askedMs: 0, cause: `${http.base} closed the connection` };
  }

  #open(signal: AbortSignal): Promise<Response> {
    const { http, selector, options } = this.#parts;
    const cursor = this.#cursor;
    const backfill = cursor === undefined && options.backfill ? options.backfill : undefined;
    const path = pathOf({ path: PATH, query: { selector: stringifyJson(selector), backfill, cursor } });
    return http.open(path, { accept: "text/event-stream", ...(cursor && { "last-event-id": cursor }) }, signal);
  }

  async #refused(response: Response): Promise<Outcome | "elsewhere"> {
    const { status, headers } = response;
    const text = await response.text();
    if (status === 404 || status === 405) return "elsewhere";
    const question = { method: "GET", path: PATH, timeoutMs: 0, invalid: "EVT_INVALID_SELECTOR" } as const;
    const askedMs = Number(headers.get("retry-after") ?? 0) * 1000 || 0;
    if (status >= 500 || TRY_AGAIN.has(status))
      return { askedMs, cause: `${this.#parts.http.base} answers HTTP ${status}` };
    throw this.#parts.http.refused(question, { status, text });
  }

  *#items(message: SseMessage): Generator<TailItem> {
    const { event, data, id, retryMs } = message;
    if (retryMs !== undefined) this.#retryMs = retryMs;
    if (!isKnownFrame(event)) return;
    const content = contentOf(event, data);
    this.#failures = 0;
    this.#tellLink("back");
    const cursor = id ?? this.#cursor ?? "";
    if (event === "event") {
      const stored = content as StoredEvent;
      const isNew = this.#seen.add(stored._id);
      if (id !== undefined) this.#cursor = id;
      if (!isNew) return;
      this.#delivered += 1;
      yield { kind: "event", event: stored, cursor };
      return;
    }
    if (id !== undefined) this.#cursor = id;
    if (event === "live") yield { kind: "live", cursor };
    if (event !== "gap") return;
    const { dropped, reason } = content as Gap;
    this.#dropped += dropped;
    yield { kind: "gap", dropped, reason: reason === "lost" ? "lost" : "slow", cursor };
  }

  async *#polled(end: AbortSignal): AsyncGenerator<TailItem> {
    const { http, selector, options, pollMs } = this.#parts;
    const place = { cursor: this.#cursor, backfill: options.backfill ?? 0 };
    const onLink = (state: "lost" | "back", cause?: string) => this.#tellLink(state, cause);
    for await (const item of pollEvents({ http, selector, ...place, seen: this.#seen, end, pollMs, onLink })) {
      this.#cursor = item.cursor;
      if (item.kind === "event") this.#delivered += 1;
      yield item;
    }
  }

  /** Each change once. */
  #tellLink(state: "lost" | "back", cause?: string): void {
    if (this.#isLost === (state === "lost")) return;
    this.#isLost = state === "lost";
    if (state === "lost") this.#parts.options.onLink?.(state, cause);
    else this.#parts.options.onLink?.(state);
  }

  #pauseMs(askedMs: number): number {
    const most = Math.min(MAX_PAUSE_MS, this.#retryMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return Math.max(askedMs, most * (0.5 + Math.random() / 2));
  }
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
