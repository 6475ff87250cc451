/** Reads: what a client asks its server about events, and what it has it do with them. */
import type { Event, StoredEvent } from "../event/event.ts";
import { type Json, parseJson, stringifyJson } from "../event/json.ts";
import type { Selector } from "../event/selector/selector.ts";
import { checkKeys, invalid } from "../ship/option-checks.ts";
import type { HttpCaller, Question } from "./http-call.ts";
import { levelOf } from "./levels.ts";
import type { ClientTimeouts } from "./options.ts";
import { EventSearch, type SearchOptions } from "./search.ts";
import type { ServerKind } from "./server-kind.ts";
import { isObject, keyed, storedEvent, storedEvents } from "./stored.ts";

/** Which events of `GET /events`. @since 0.1.0 */
export interface ListOptions {
  /** Most events, the newest; 0 means the server's most. @default 100 */
  readonly number?: number;
  /** Lowest level, a number or a name. @default the level the client was given, else all */
  readonly level?: number | string;
  /** Events to leave out first. */
  readonly offset?: number;
  /** Earliest and latest event time, inclusive. */
  readonly start_time?: string;
  readonly end_time?: string;
  readonly include_archived?: boolean;
}

/** Which events to archive: one of the three. @since 0.1.0 */
export type ArchiveRequest =
  | { readonly event_ids: readonly string[]; readonly before_date?: undefined; readonly selector?: undefined }
  /** All events before this time. */
  | { readonly before_date: string | Date; readonly event_ids?: undefined; readonly selector?: undefined }
  /** All events this accepts; they are looked up first. */
  | { readonly selector: Selector; readonly event_ids?: undefined; readonly before_date?: undefined };

/** @since 0.1.0 */
export interface PurgeOptions {
  /** Days since archiving. @default 365 */
  readonly older_than_days?: number;
}

const LIST = ["number", "level", "offset", "start_time", "end_time", "include_archived"];
const COUNT = ["from", "to", "order", "limit", "includeArchived", "pageSize", "cursor", "signal"];
const ARCHIVE = ["event_ids", "before_date", "selector"];
/** MADSci's server archives no more of a list and says nothing about the rest. */
const IDS_AT_ONCE = 1000;

export class Reads {
  readonly #http: HttpCaller;
  readonly #kind: ServerKind;
  readonly #timeouts: Required<ClientTimeouts>;

  constructor(http: HttpCaller, kind: ServerKind, timeouts: Required<ClientTimeouts>) {
    this.#http = http;
    this.#kind = kind;
    this.#timeouts = timeouts;
  }

  async get(id: string): Promise<Event | undefined> {
    // In an address, "." and ".." are steps: the request would be for something else.
    if (typeof id !== "string" || id === "" || id === "." || id === ".." || !id.isWellFormed())
      throw invalid('event_id must be a text without half a surrogate pair, and not "." or ".."');
    const question = {
      method: "GET",
      path: `/event/${encodeURIComponent(id)}`,
      timeoutMs: this.#timeouts.defaultMs,
    } as const;
    const answer = await this.#http.ask(question);
    if (answer.status === 404 && /Event with ID/.test(answer.text)) return undefined;
    if (answer.status < 200 || answer.status > 299) throw this.#http.refused(question, answer);
    return withoutReceipt(this.#event(question, answer.text));
  }

  async list(options: ListOptions, own: number): Promise<Record<string, Event>> {
    if (typeof options !== "object" || options === null || Array.isArray(options))
      throw invalid("number must be a whole number from 0, or an object of options");
    checkKeys("", options, LIST);
    const { number = 100, level, ...query } = options;
    if (!Number.isSafeInteger(number) || number < 0) throw invalid("number must be a whole number from 0");
    const timeoutMs = this.#timeouts.defaultMs;
    const asked = { number, level: lowest(level ?? own), ...query };
    const question = { method: "GET", path: "/events", query: asked, timeoutMs } as const;
    const events = storedEvents(await this.#http.json(question));
    if (events === undefined) throw this.#http.foreign(question, "no events by id");
    return keyed(events.map(withoutReceipt)) as Record<string, Event>;
  }

  search(selector: Selector, options: SearchOptions): EventSearch {
    return new EventSearch({ http: this.#http, kind: this.#kind, timeoutMs: this.#timeouts.dataMs }, selector, options);
  }

  async count(selector: Selector, options: Omit<SearchOptions, "fields">): Promise<number> {
    checkKeys("", options, COUNT);
    let count = 0;
    for await (const page of this.search(selector, { pageSize: 1000, ...options, fields: ["_id"] }).pages())
      count += page.length;
    return count;
  }

  async archive(request: ArchiveRequest): Promise<{ readonly archived_count: number }> {
    checkKeys("", request, ARCHIVE);
    const { event_ids, before_date, selector } = request;
    if ([event_ids, before_date, selector].filter((one) => one !== undefined).length !== 1)
      throw invalid("give one of event_ids, before_date and selector");
    if (before_date !== undefined) return this.#archive({ before_date: timeText("before_date", before_date) });
    if (event_ids !== undefined && !(Array.isArray(event_ids) && event_ids.every((id) => typeof id === "string")))
      throw invalid("event_ids must be a list of texts");
    let archived_count = 0;
    for await (const ids of selector === undefined ? pieces(event_ids ?? []) : this.#idsOf(selector))
      archived_count += (await this.#archive({ event_ids: ids, batch_size: IDS_AT_ONCE })).archived_count;
    return { archived_count };
  }

  async purge(options: PurgeOptions): Promise<{ readonly deleted_count: number }> {
    checkKeys("", options, ["older_than_days"]);
    if (Array.isArray(options)) throw invalid("options must be an object");
    const { older_than_days = 365 } = options;
    if (!Number.isSafeInteger(older_than_days) || older_than_days < 0)
      throw invalid("older_than_days must be a whole number from 0");
    const question = { method: "DELETE", path: "/events/archived", query: { older_than_days } } as const;
    return { deleted_count: await this.#counted({ ...question, timeoutMs: this.#timeouts.longMs }, "deleted_count") };
  }

  async *#idsOf(selector: Selector): AsyncGenerator<string[]> {
    const found = this.search(selector, { fields: ["_id"], pageSize: IDS_AT_ONCE });
    for await (const page of found.pages()) yield page.map(({ _id }) => _id);
  }

  async #archive(body: Readonly<Record<string, unknown>>): Promise<{ readonly archived_count: number }> {
    const question = { method: "POST", path: "/events/archive", body: stringifyJson(body) } as const;
    const whole = { ...question, timeoutMs: this.#timeouts.dataMs, isRepeatable: true };
    return { archived_count: await this.#counted(whole, "archived_count") };
  }

  async #counted(question: Question, name: string): Promise<number> {
    const answer = await this.#http.json(question);
    const count = isObject(answer) ? answer[name] : undefined;
    if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) return count;
    throw this.#http.foreign(question, `no ${name}`);
  }

  #event(question: Question, text: string): StoredEvent {
    const event = storedEvent(jsonOf(text));
    if (event === undefined) throw this.#http.foreign(question, "no event");
    return event;
  }
}

/** Undefined for what is no JSON. */
function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** What only the store knows is left out. */
function withoutReceipt({ received_at, skew_ms, ...event }: StoredEvent): Event {
  return event;
}

function lowest(level: number | string | undefined): number | undefined {
  if (level === undefined || typeof level === "number") return level;
  const known = levelOf(level);
  if (known === undefined) throw invalid('level must be a number or a name such as "warning"');
  return known;
}

function timeText(name: string, time: unknown): string {
  if (time instanceof Date && !Number.isNaN(time.getTime())) return time.toISOString();
  if (typeof time === "string" && time !== "") return time;
  throw invalid(`${name} must be an ISO 8601 text or a valid Date`);
}

async function* pieces(ids: readonly string[]): AsyncGenerator<readonly string[]> {
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) yield ids.slice(at, at + IDS_AT_ONCE);
}
