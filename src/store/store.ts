/**
 * EventStore: what happens between a caller and the place where events rest.
 *
 * It parses input once, commits in groups, counts what it sees, and turns a caller's options into one backend query.
 * Acknowledged means durable. Nothing here knows which engine answers.
 */
import { hostname } from "node:os";
import { type AlertHook, type RunningHook, startHook } from "../alert/hook.ts";
import type { HookOptions } from "../alert/hook-options.ts";
import type { AlertHost } from "../alert/host.ts";
import type { Backend, BackendStats, SearchPlan } from "../backend/backend.ts";
import { openBackend } from "../backend/open.ts";
import { EventStoreError } from "../errors.ts";
import type { Activity } from "../event/activity.ts";
import type { EventInput, StoredEvent } from "../event/event.ts";
import { isKnownType } from "../event/event-types.ts";
import { type ParseContext, type PreparedEvent, parseContext, prepareEvent } from "../event/parse.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { ParsedSelector, Selector } from "../event/selector/selector.ts";
import { versionCheck } from "../schema/admit.ts";
import { type ActivitiesOptions, activityPages, type Span, spanOf } from "./activities.ts";
import { AlertLanes } from "./alert-lanes.ts";
import { type Appended, AppendQueue } from "./append-queue.ts";
import type { AppendResult } from "./append-result.ts";
import { archiveSteps, type PurgeOptions, purgeSteps } from "./archive.ts";
import { Counters, type StoreCounters } from "./counters.ts";
import { EventCursor } from "./find.ts";
import { assertTexts } from "./known.ts";
import { type EventStoreOptions, type ResolvedStoreOptions, resolveStoreOptions } from "./options.ts";
import { withOrigin } from "./origin.ts";
import { type ArchiveOptions, type CountOptions, countQuery, type FindOptions, findQuery } from "./query.ts";
import { Tail } from "./tail.ts";
import { TailHub } from "./tail-hub.ts";
import { type TailOptions, tailSpec } from "./tail-options.ts";

export type { SearchPlan };

/** @since 0.1.0 */
export type StoreStats = StoreCounters & BackendStats & { readonly pending: number };

export class EventStore implements AsyncDisposable {
  readonly #backend: Backend;
  readonly #options: ResolvedStoreOptions;
  readonly #context: ParseContext;
  readonly #queue: AppendQueue;
  readonly #counters: Counters;
  readonly #hub: TailHub;
  readonly #lanes: AlertLanes;
  readonly #hooks = new Set<RunningHook>();
  #closing: Promise<void> | undefined;

  private constructor(backend: Backend, options: ResolvedStoreOptions, context: ParseContext) {
    this.#backend = backend;
    this.#options = options;
    this.#context = context;
    this.#hub = new TailHub(backend, options.onWarning);
    this.#lanes = new AlertLanes(options.onWarning);
    this.#queue = new AppendQueue(
      backend,
      {
        ...options,
        marksOf: (batch) => this.#lanes.marksOf(batch),
        onWritten: (marks) => {
          this.#hub.wake();
          if (marks) this.#lanes.written(marks);
        },
      },
      context.now,
    );
    this.#counters = new Counters(options.onWarning);
  }

  /**
   * Opens (and creates, where new) the store behind a URL: `sqlite:PATH`, `memory:` or `mongodb://…`.
   * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_MISSING_DRIVER`, `EVT_BACKEND_UNAVAILABLE`, `EVT_SCHEMA_MISMATCH`.
   * @since 0.1.0
   */
  static async open(url: string, options: EventStoreOptions = {}): Promise<EventStore> {
    const resolved = resolveStoreOptions(options);
    const context = parseContext(options);
    const backend = await openBackend(url, {
      zone: context.zone,
      now: context.now,
      readOnly: resolved.readOnly,
      writerThread: options.writerThread === true,
      warn: resolved.onWarning,
      admit: versionCheck({ now: context.now, warn: resolved.onWarning, host: hostname() }),
      database: options.database,
      collection: options.collection,
      client: options.client,
    });
    return withOrigin(new EventStore(backend, resolved, context), url, options);
  }

  /**
   * Stores one event, or many. Resolves when they are durable, one result per event in order; a bad event never holds
   * up its neighbours. One invalid event alone rejects.
   * @throws EventStoreError `EVT_INVALID_EVENT`, `EVT_TOO_LARGE` (one event only), `EVT_BACKEND_UNAVAILABLE`, `EVT_CLOSED`.
   */
  append(event: EventInput): Promise<AppendResult>;
  append(events: readonly EventInput[]): Promise<AppendResult[]>;
  async append(input: EventInput | readonly EventInput[]): Promise<AppendResult | AppendResult[]> {
    if (Array.isArray(input)) return this.appendParsed(input.map((event) => this.#prepare(event, false)));
    const [result] = await this.appendParsed([this.#prepare(input, false)]);
    if (result?.status === "invalid") throw result.error;
    return result as AppendResult;
  }

  /** For adapters: reads one value that came out of `parseJson`; an error is an answer, not an exception. */
  parse(value: unknown): PreparedEvent | EventStoreError {
    return this.#prepare(value, true);
  }

  /** For adapters: stores what `parse` made; errors among them become `invalid` results. */
  async appendParsed(parsed: readonly (PreparedEvent | EventStoreError)[]): Promise<AppendResult[]> {
    this.#assertOpen();
    if (this.#options.readOnly) throw new EventStoreError("EVT_INVALID_OPTION", "the store is open read-only");
    const good = parsed.filter((item): item is PreparedEvent => !(item instanceof EventStoreError));
    const appended = await this.#queue.push(good);
    let at = 0;
    return parsed.map((item) => {
      if (item instanceof EventStoreError) return this.#counters.invalid(item);
      return this.#counters.outcome(item, appended[at++] as Appended);
    });
  }

  /** The event with this id, archived or not; undefined when there is none. */
  async get(id: string): Promise<StoredEvent | undefined> {
    this.#assertOpen();
    if (typeof id !== "string") throw new EventStoreError("EVT_INVALID_OPTION", "id must be a text");
    return this.#backend.get(id);
  }

  /**
   * Searches in time order. See {@link FindOptions}.
   * @throws EventStoreError `EVT_INVALID_SELECTOR`, `EVT_INVALID_OPTION` at once; `EVT_BACKEND_UNAVAILABLE` while reading.
   */
  find(options: FindOptions = {}): EventCursor {
    this.#assertOpen();
    const query = findQuery(options, this.#context);
    return new EventCursor(this.#backend, query, options.timeoutMs ?? this.#options.findTimeoutMs, options.fields);
  }

  /** How `find` would search with these options; reads nothing. Same errors as `find`. */
  explain(options: FindOptions = {}): SearchPlan {
    this.#assertOpen();
    return this.#backend.explain(findQuery(options, this.#context));
  }

  /** Exact number of matches; counting stops at `limit` where one is given. */
  async count(options: CountOptions = {}): Promise<number> {
    this.#assertOpen();
    const query = countQuery(options, this.#context);
    const time = AbortSignal.timeout(options.timeoutMs ?? this.#options.findTimeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, time]) : time;
    const found = await this.#backend.count({ ...query, signal });
    if (signal.aborted)
      throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "counting took too long; narrow the time range");
    return found;
  }

  /**
   * Follows what is stored, in order of arrival: matching events from now on, from a cursor, or after a look back.
   * Close it (or break out of the loop) when it is not wanted any more; the store's end ends it, too.
   * @example for await (const item of store.tail({ log_level: { $gte: 40 } })) if (item.kind === "event") show(item.event);
   * @throws EventStoreError `EVT_INVALID_SELECTOR`, `EVT_INVALID_OPTION` at once. A database that cannot be reached
   *   does not end it: it goes on where it was.
   * @since 0.1.0
   */
  tail(selector: Selector = {}, options: TailOptions = {}): Tail {
    this.#assertOpen();
    const { findTimeoutMs } = this.#options;
    const parts = { hub: this.#hub, backend: this.#backend, zone: this.#context.zone, findTimeoutMs };
    return new Tail(parts, tailSpec(selector, options, this.#context));
  }

  /**
   * Tells a function every alert-worthy event this store appends from now on: `alert: true`, a level of 40 or more, or
   * what `select` accepts. One after the other, in order of arrival, each at least once, also across a crash: what was
   * not told is told to the next hook of this name. Duplicates are not told. Close it, or the store, to end it.
   * @example store.onAlert((event) => page(event), { level: "CRITICAL" });
   * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_INVALID_SELECTOR`
   * @since 0.1.0
   */
  onAlert(hook: AlertHook, options: HookOptions = {}): RunningHook {
    this.#assertOpen();
    if (this.#options.readOnly) throw new EventStoreError("EVT_INVALID_OPTION", "the store is open read-only");
    const { onWarning } = this.#options;
    const whole = typeof options === "object" && options !== null ? { onWarning, ...options } : options;
    const running = startHook(this.alertHost, hook, whole);
    this.#hooks.add(running);
    return running;
  }

  /** For the alert engine: marks, records, and what else it needs. */
  get alertHost(): AlertHost {
    return {
      records: this.#backend.alerts,
      naiveTimezone: this.#context.naiveTimezone,
      zone: this.#context.zone,
      alone: this.#backend.arrivalPollMs === undefined,
      addLane: (lane, marker, wake) => this.#lanes.add(lane, marker, wake),
      get: (id) => this.get(id),
      counters: () => ({ ...this.stats() }),
    };
  }

  /**
   * What reports read, in pages ordered by instant, then id: a report takes the store itself as its source.
   * @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` while reading
   * @since 0.1.0
   */
  activities(options: ActivitiesOptions = {}): AsyncIterable<readonly Activity[]> {
    this.#assertOpen();
    return activityPages(this.#backend, options);
  }

  /** The first and the last instant of any event, archived or not; undefined where there is none. @since 0.1.0 */
  span(): Promise<Span | undefined> {
    this.#assertOpen();
    return spanOf(this.#backend, this.#context.zone);
  }

  /** For adapters: the IANA zone in which times without offset are read. */
  get naiveTimezone(): string {
    return this.#context.naiveTimezone;
  }

  /** About how many events there are; never scans. */
  estimate(): Promise<number> {
    this.#assertOpen();
    return this.#backend.estimate();
  }

  /** Hides events from default results, oldest first, in bounded steps; returns how many were not archived before. */
  async archive(options: ArchiveOptions): Promise<number> {
    this.#assertOpen();
    return archiveSteps(this.#backend, options, this.#context);
  }

  /** Takes events back from the archive; returns how many were in it. */
  async unarchive(ids: readonly string[]): Promise<number> {
    this.#assertOpen();
    assertTexts("ids", ids);
    return this.#backend.unarchive(ids);
  }

  /** Deletes for good what was archived before the instant, in bounded steps; returns how many. */
  async purge(options: PurgeOptions): Promise<number> {
    this.#assertOpen();
    return purgeSteps(this.#backend, options, this.#context);
  }

  /** Resolves when the engine answers now. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE`. */
  async ping(): Promise<void> {
    this.#assertOpen();
    await this.#backend.ping();
  }

  /** Counters since open. */
  stats(): StoreStats {
    return { ...this.#counters.read(), ...this.#backend.stats(), pending: this.#queue.pending };
  }

  /** Waits for what was accepted, ends all tails, then lets go of everything. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#queue
      .drained()
      .then(() => Promise.all([...this.#hooks].map((hook) => hook.close())))
      .then(() => this.#hub.close())
      .then(() => this.#backend.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #prepare(value: unknown, fromJson: boolean): PreparedEvent | EventStoreError {
    try {
      const prepared = prepareEvent(value, this.#context, fromJson);
      if (!isKnownType(prepared.event.event_type)) this.#counters.unknownType(prepared.event.event_type);
      return prepared;
    } catch (error) {
      if (error instanceof EventStoreError) return error;
      const reason = error instanceof Error ? error.message : String(error);
      return new EventStoreError("EVT_INVALID_EVENT", `the event cannot be read: ${reason}`, { cause: error });
    }
  }

  /** For adapters: the guard, with this store's zone. */
  parseSelector(selector: unknown): ParsedSelector {
    return parseSelector(selector, { naiveTimezone: this.#context.naiveTimezone });
  }

  #assertOpen(): void {
    if (this.#closing) throw new EventStoreError("EVT_CLOSED", "the store is closed");
  }
}
