/**
 * EventClient: logs events to an Event Manager, this package's or MADSci's, and asks it about them.
 *
 * The log methods serve two habits at once: MADSci's `info("text", { volume: 5 })`, `log_info(event)`, `alert("text")`, and
 * pino's `info({ volume: 5 }, "text %s", name)`, so that a client can stand wherever a pino logger is expected. Each
 * answers the id of its event at once (`""` where the level is not sent), never waits and never throws. Delivery is
 * delivery.ts's business, what a call means call.ts's and draft.ts's.
 */
import type { Event, Source } from "../event/event.ts";
import type { Selector } from "../event/selector/selector.ts";
import { invalid } from "../ship/option-checks.ts";
import type { ShipStats } from "../ship/shipper.ts";
import { addAliases, type ClientAliases } from "./aliases.ts";
import { bindMethods } from "./bind-methods.ts";
import { type ChildOptions, childOptions } from "./child-options.ts";
import { Core, GRAVITY, type Gravity } from "./core.ts";
import type { DeliverySummary } from "./delivery.ts";
import { type LevelInput, labelOf, thresholdOf } from "./levels.ts";
import { type LogOptions, logged } from "./logged.ts";
import { type EventClientOptions, resolveClientOptions } from "./options.ts";
import type { ArchiveRequest, ListOptions, PurgeOptions } from "./reads.ts";
import type { Answered, PeriodsOptions, Reported, ReportOptions, SettingsOptions } from "./reports.ts";
import { type Scope, withBound, withoutBound } from "./scope.ts";
import type { EventSearch, SearchOptions } from "./search.ts";
import { Tail, type TailOptions } from "./tail.ts";
import type { TypedEvent } from "./typed-event.ts";

/** What a bound client takes over; never seen outside. */
class Inherited {
  readonly core: Core;
  readonly scope: Scope;

  constructor(core: Core, scope: Scope) {
    this.core = core;
    this.scope = scope;
  }
}

/** The same methods in the style of TypeScript: `getEvents` for `get_events` … @since 0.1.0 */
export interface EventClient extends ClientAliases<EventClient> {}

/** @since 0.1.0 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the aliases are added below, by a table that cannot forget one
export class EventClient implements AsyncDisposable {
  readonly #core: Core;
  readonly #isBound: boolean;
  #scope: Scope;

  /**
   * Connects to nothing yet: a server may come later.
   * @throws EventStoreError `EVT_INVALID_OPTION` naming the option, and what an unknown one probably meant
   */
  constructor(options: EventClientOptions = {}) {
    this.#isBound = options instanceof Inherited;
    if (options instanceof Inherited) {
      this.#core = options.core;
      this.#scope = options.scope;
      bindMethods(this);
      return;
    }
    this.#core = new Core(resolveClientOptions(options));
    const { source, context, threshold, eventThreshold } = this.#core.options;
    this.#scope = { source, bound: context, serializers: {}, threshold, eventThreshold };
    bindMethods(this);
  }

  /**
   * An event as it is, a text, an error, or data; a text may hold an event as JSON. Its own level, else INFO. A whole
   * event is sent whatever its level, unless the client was given a level.
   */
  log<const T extends string>(event: TypedEvent<T>, options?: LogOptions | LevelInput): string;
  log(value: unknown, options?: LogOptions | LevelInput): string;
  log(value: unknown, options: LogOptions | LevelInput = {}): string {
    const { gravity, given } = logged(value, options);
    return this.#record(gravity, given);
  }

  /** Below `debug`, as in pino; the event carries DEBUG. */
  trace(...given: unknown[]): string {
    return this.#record(GRAVITY.trace, given);
  }

  debug(...given: unknown[]): string {
    return this.#record(GRAVITY.debug, given);
  }

  info(...given: unknown[]): string {
    return this.#record(GRAVITY.info, given);
  }

  warning(...given: unknown[]): string {
    return this.#record(GRAVITY.warning, given);
  }

  error(...given: unknown[]): string {
    return this.#record(GRAVITY.error, given);
  }

  critical(...given: unknown[]): string {
    return this.#record(GRAVITY.critical, given);
  }

  /** One event of level CRITICAL that asks for a notification; an event becomes one at its own level. Always sent. */
  alert(...given: unknown[]): string {
    return this.#record({ ...GRAVITY.critical, alert: true, keepsLevel: true }, given);
  }

  /** Logs nothing: pino's. */
  silent(..._given: unknown[]): void {}

  /** A client whose log calls carry these fields too; this one stays as it is. Ids of the lab become `source`. */
  bind(fields: Readonly<Record<string, unknown>>): EventClient {
    return this.#bound(withBound(this.#scope, fields));
  }

  /** A client without these fields. */
  unbind(...keys: string[]): EventClient {
    return this.#bound(withoutBound(this.#scope, keys));
  }

  /** pino's name for {@link bind}, with a level and serializers of its own. */
  child(fields: Readonly<Record<string, unknown>> = {}, options: ChildOptions = {}): EventClient {
    const { level, serializers } = childOptions(options);
    const all = { ...this.#scope.serializers, ...serializers };
    const child = this.#bound(withBound(this.#scope, fields, all));
    if (level !== undefined) child.level = String(level);
    return child;
  }

  /** What every log call carries. */
  bindings(): Readonly<Record<string, unknown>> {
    return { ...this.#scope.bound };
  }

  /** From which level on events are sent, as pino names it; may be set, also to `"silent"`. */
  get level(): string {
    return labelOf(this.#scope.threshold);
  }

  /** @throws EventStoreError `EVT_INVALID_OPTION` */
  set level(level: string) {
    const threshold = thresholdOf(level);
    if (threshold === undefined) throw invalid(`level must be a name such as "info", not ${JSON.stringify(level)}`);
    this.#scope = { ...this.#scope, threshold, eventThreshold: threshold };
  }

  isLevelEnabled(level: LevelInput): boolean {
    const threshold = thresholdOf(level);
    return threshold !== undefined && threshold >= this.#scope.threshold && Number.isFinite(threshold);
  }

  /** Ids every event of this client carries. */
  get source(): Source {
    return this.#scope.source;
  }

  /**
   * Sends what waits, and says what became of all events logged so far. Resolves when they are settled, when they are
   * safe on disk while nobody answers, or after the time limit. Never rejects.
   * @param within milliseconds, or pino's callback. @default timeouts.defaultMs
   */
  async flush(within?: number | ((error?: Error) => void)): Promise<DeliverySummary> {
    const ms = typeof within === "number" ? within : this.#core.options.timeouts.defaultMs;
    const summary = await this.#core.delivery.flush(ms);
    if (typeof within === "function") within();
    return summary;
  }

  /**
   * Delivers what it can (`close.totalMs`, 3 s), ends reads and tails, and says what became of all events. A bound client
   * only flushes: the others go on. Never rejects; safe twice.
   */
  async close(): Promise<DeliverySummary> {
    if (this.#isBound) return this.flush();
    const summary = await this.#core.delivery.close();
    this.#core.end();
    return summary;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close().then(() => {});
  }

  /** How delivery goes, in numbers. */
  stats(): ShipStats {
    return this.#core.delivery.stats();
  }

  /** One event, archived or not; undefined where there is none. @throws EventStoreError */
  get_event(event_id: string): Promise<Event | undefined> {
    return this.#core.reads.get(event_id);
  }

  /**
   * The newest events by id, the newest first; as in MADSci from the client's own level on (`level: 0` for all).
   * @throws EventStoreError
   */
  async get_events(number: number | ListOptions = 100, level?: LevelInput): Promise<Record<string, Event>> {
    const own = Number.isFinite(this.#scope.eventThreshold) ? this.#scope.eventThreshold : 0;
    const options = typeof number === "number" ? { number, level } : number;
    return this.#core.reads.list(options, own);
  }

  /**
   * Events a selector in MongoDB's syntax accepts: `await` gives them by id, `for await` one by one, `pages()` page by page.
   * @throws EventStoreError `EVT_INVALID_OPTION`, and `EVT_INVALID_SELECTOR` for what cannot be sent; the rest when the
   * result is wanted
   */
  query_events(selector: Selector = {}, options: SearchOptions = {}): EventSearch {
    return this.#core.reads.search(selector, options);
  }

  /** How many events a selector accepts; the server has no count, so their ids are read. @throws EventStoreError */
  async count_events(selector: Selector = {}, options: Omit<SearchOptions, "fields"> = {}): Promise<number> {
    return this.#core.reads.count(selector, options);
  }

  /** Hides events from default results, by id, age or selector, however many they are. @throws EventStoreError */
  archive_events(request: ArchiveRequest): Promise<{ readonly archived_count: number }> {
    return this.#core.reads.archive(request);
  }

  /** Deletes archived events for good, those archived `older_than_days` ago, 365 by default. @throws EventStoreError */
  purge_events(options: PurgeOptions = {}): Promise<{ readonly deleted_count: number }> {
    return this.#core.reads.purge(options);
  }

  /** Utilization by session; a text with `csv: true`. @throws EventStoreError */
  async get_session_utilization<const O extends ReportOptions = { readonly csv?: false }>(
    options?: O,
  ): Promise<Reported<O>> {
    return this.#core.reports.sessions(options ?? ({} as O));
  }

  /** Utilization by day or another period; a text with `csv: true`. @throws EventStoreError */
  async get_utilization_periods<const O extends PeriodsOptions = { readonly csv?: false }>(
    options?: O,
  ): Promise<Reported<O>> {
    return this.#core.reports.periods(options ?? ({} as O));
  }

  /** Utilization by user; a text with `csv: true`. @throws EventStoreError */
  async get_user_utilization_report<const O extends ReportOptions = { readonly csv?: false }>(
    options?: O,
  ): Promise<Reported<O>> {
    return this.#core.reports.users(options ?? ({} as O));
  }

  /** Has the server make a backup. @throws EventStoreError */
  create_backup(description?: string): Promise<Answered> {
    return this.#core.reports.createBackup(description);
  }

  /** The backups the server has. @throws EventStoreError */
  get_backup_status(): Promise<Answered> {
    return this.#core.reports.backups();
  }

  /** State of the server. @throws EventStoreError */
  health(): Promise<Answered> {
    return this.#core.reports.health();
  }

  /** Settings of the server, without its secrets. @throws EventStoreError */
  async settings(options: SettingsOptions = {}): Promise<Answered> {
    return this.#core.reports.settings(options);
  }

  /**
   * Events as they arrive, through reconnects; MADSci's server, which has no stream, is asked every second.
   * @throws EventStoreError `EVT_INVALID_OPTION`, and `EVT_INVALID_SELECTOR` for what cannot be sent; the rest while it is
   * iterated
   */
  tail(selector: Selector = {}, options: TailOptions = {}): Tail {
    const { http, life } = this.#core;
    return new Tail({ http, life, selector, options });
  }

  #record(gravity: Gravity, given: readonly unknown[]): string {
    return this.#core.record(gravity, this.#scope, given);
  }

  #bound(scope: Scope): EventClient {
    return new EventClient(new Inherited(this.#core, scope) as EventClientOptions);
  }
}

addAliases(EventClient.prototype);
