/** Reads: what a client asks its server about events, and what it has it do with them. */
import { EventStoreError } from "../errors.ts";
import type { Event } from "../event/event.ts";
import { type Json, parseJson, stringifyJson } from "../event/json.ts";
import type { Selector } from "../event/selector/selector.ts";
import { checkKeys, invalid } from "../ship/option-checks.ts";
import type { HttpCaller } from "./http-call.ts";
import { levelOf } from "./levels.ts";
import type { ClientTimeouts } from "./options.ts";
import { EventSearch, type SearchOptions } from "./search.ts";
import type { ServerKind } from "./server-kind.ts";
import { keyed, storedEvent, storedEvents } from "./stored.ts";

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
export interface ArchiveRequest {
  readonly event_ids?: readonly string[];
  /** All events before this time. */
  readonly before_date?: string | Date;
  /** All events this accepts; they are looked up first. */
  readonly selector?: Selector;
}

const LIST = ["number", "level", "offset", "start_time", "end_time", "include_archived"];
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
    if (typeof id !== "string" || id === "") throw invalid("event_id must be a text");
    const question = {
      method: "GET",
      path: `/event/${encodeURIComponent(id)}`,
      timeoutMs: this.#timeouts.defaultMs,
    } as const;
    const answer = await this.#http.ask(question);
    if (answer.status === 404 && /Event with ID/.test(answer.text)) return undefined;
    if (answer.status < 200 || answer.status > 299) throw this.#http.refused(question, answer);
    return eventOf(storedEvent(parseJson(answer.text)));
  }

  async list(options: ListOptions): Promise<Record<string, Event>> {
    checkKeys("", options, LIST);
    const { number = 100, level, ...query } = options;
    if (!Number.isSafeInteger(number) || number < 0) throw invalid("number must be a whole number from 0");
    const timeoutMs = this.#timeouts.defaultMs;
    const answer = await this.#http.json({
      method: "GET",
      path: "/events",
      query: { number, level: lowest(level), ...query },
      timeoutMs,
    });
    return keyed(storedEvents(answer).map(eventOf)) as Record<string, Event>;
  }

  search(selector: Selector, options: SearchOptions): EventSearch {
    return new EventSearch({ http: this.#http, kind: this.#kind, timeoutMs: this.#timeouts.dataMs }, selector, options);
  }

  async count(selector: Selector, options: Omit<SearchOptions, "fields">): Promise<number> {
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
    if (before_date !== undefined) return this.#archive({ before_date });
    let archived_count = 0;
    for await (const ids of selector === undefined ? pieces(event_ids ?? []) : this.#idsOf(selector))
      archived_count += (await this.#archive({ event_ids: ids, batch_size: IDS_AT_ONCE })).archived_count;
    return { archived_count };
  }

  async purge(older_than_days: number): Promise<{ readonly deleted_count: number }> {
    if (!Number.isSafeInteger(older_than_days) || older_than_days < 0)
      throw invalid("older_than_days must be a whole number from 0");
    const question = { method: "DELETE", path: "/events/archived", query: { older_than_days } } as const;
    const answer = await this.#http.json({ ...question, timeoutMs: this.#timeouts.longMs });
    return { deleted_count: countIn(answer, "deleted_count") };
  }

  async *#idsOf(selector: Selector): AsyncGenerator<string[]> {
    const found = this.search(selector, { fields: ["_id"], pageSize: IDS_AT_ONCE });
    for await (const page of found.pages()) yield page.map(({ _id }) => _id);
  }

  async #archive(body: Readonly<Record<string, unknown>>): Promise<{ readonly archived_count: number }> {
    const question = { method: "POST", path: "/events/archive", body: stringifyJson(body) } as const;
    const answer = await this.#http.json({ ...question, timeoutMs: this.#timeouts.dataMs, isRepeatable: true });
    return { archived_count: countIn(answer, "archived_count") };
  }
}

function eventOf(stored: ReturnType<typeof storedEvent>): Event {
  if (stored === undefined) throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "the answer holds no event");
  const { received_at, skew_ms, ...event } = stored;
  return event;
}

function lowest(level: number | string | undefined): number | undefined {
  if (level === undefined || typeof level === "number") return level;
  const known = levelOf(level);
  if (known === undefined) throw invalid('level must be a number or a name such as "warning"');
  return known;
}

async function* pieces(ids: readonly string[]): AsyncGenerator<readonly string[]> {
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) yield ids.slice(at, at + IDS_AT_ONCE);
}

function countIn(answer: Json, name: string): number {
  const count = (answer as Record<string, Json> | null)?.[name];
  if (typeof count === "number") return count;
  throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `the answer holds no ${name}`);
}
