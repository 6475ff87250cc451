/** ServerAccess: the events behind an Event Manager, this package's or MADSci's, through the client. */
import { EventClient } from "../client/client.ts";
import type { SearchOptions } from "../client/search.ts";
import type { StoredEvent } from "../event/event.ts";
import type { Selector } from "../event/selector/selector.ts";
import type { CountOptions, FindOptions, TimeInput } from "../store/query.ts";
import type { TailOptions } from "../store/tail-options.ts";
import type { Access, Found, OnLink, Tail } from "./access.ts";
import { usageError } from "./exit.ts";

const DAY_MS = 86_400_000;

export class ServerAccess implements Access {
  readonly zone = undefined;
  readonly #client: EventClient;

  /** @throws EventStoreError `EVT_INVALID_OPTION` when it is no URL of a server */
  constructor(url: string, onTrouble: (message: string) => void) {
    if (!/^https?:\/\/./i.test(url)) throw usageError("--server takes the URL of a server, like http://lab:8001");
    this.#client = new EventClient({ eventServerUrl: url, onDiagnostic: ({ message }) => onTrouble(message) });
  }

  /** Asked as a search, whose answer has what only the store knows. */
  async get(id: string): Promise<StoredEvent | undefined> {
    const [event] = await this.#client.query_events({ _id: id }, { limit: 1, includeArchived: true }).toArray();
    return event;
  }

  find({ selector, fields, limit, order, cursor, ...options }: FindOptions): Found {
    const names = fields as SearchOptions["fields"];
    const page = given({ fields: names, limit, order, cursor });
    const search = this.#client.query_events(selector, { ...page, ...condition(options) });
    const hasId = fields === undefined || fields.includes("_id");
    return {
      pages: () => (hasId ? search.pages() : withoutId(search.pages())),
      get cursor() {
        return search.cursor;
      },
    };
  }

  count({ selector, ...options }: CountOptions): Promise<number> {
    return this.#client.count_events(selector, condition(options));
  }

  async archive(ids: readonly string[]): Promise<number> {
    return (await this.#client.archive_events({ event_ids: ids })).archived_count;
  }

  /** The route knows whole days only. @throws EventStoreError `EVT_INVALID_OPTION` */
  async purge(archivedForMs: number): Promise<number> {
    if (archivedForMs % DAY_MS !== 0) throw usageError("a server purges by whole days; give --older-than in days");
    return (await this.#client.purge_events({ older_than_days: archivedForMs / DAY_MS })).deleted_count;
  }

  tail(selector: Selector | undefined, options: TailOptions, onLink: OnLink): Tail {
    const { cursor, backfill, signal } = options;
    return this.#client.tail(selector, { ...given({ cursor, backfill, signal }), onLink });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

function condition({ from, to, includeArchived }: Pick<FindOptions, "from" | "to" | "includeArchived">): SearchOptions {
  return given({ from: timeOf(from), to: timeOf(to), includeArchived });
}

function timeOf(time: TimeInput | undefined): string | Date | undefined {
  return typeof time === "number" ? String(time) : time;
}

async function* withoutId(pages: AsyncIterable<readonly StoredEvent[]>): AsyncGenerator<readonly StoredEvent[], void> {
  for await (const page of pages) yield page.map(({ _id, ...event }) => event as StoredEvent);
}

/** Without what is undefined: the client tells the two apart. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
