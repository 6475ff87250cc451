/**
 * One page of `/v1` results: `{events, cursor, timed_out}` with a `Link` to the next page, or NDJSON.
 *
 * A page ends at its limit, or earlier when it has grown to MAX_PAGE characters; the cursor goes on right behind it.
 */
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { EventStoreError } from "../errors.ts";
import { stringifyJson } from "../event/json.ts";
import type { EventCursor } from "../store/find.ts";
import type { FindOptions } from "../store/query.ts";
import type { EventStore } from "../store/store.ts";
import { type Issue, invalidRequest } from "./failure.ts";
import { NDJSON_TYPE } from "./ndjson.ts";
import { JSON_TYPE } from "./route.ts";
import { storedEventSchema } from "./schemas.ts";
import { assertComplete, joined, sendPieces } from "./stream.ts";

const MAX_PAGE = 16_777_216;
/** Events read at a time. */
const PART = 100;
export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** Starts a search whose options all come from the request: what the store refuses is the client's mistake. */
export function findFor(store: EventStore, options: FindOptions, where: "query" | "body"): EventCursor {
  try {
    return store.find(options);
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== "EVT_INVALID_OPTION") throw error;
    throw invalidRequest([optionIssue(error.message, where)]);
  }
}

/** The store says `name: reason`. */
export function optionIssue(message: string, where: string): Issue {
  const [, name, reason] = /^(\w+):? (.*)$/.exec(message) ?? [undefined, "cursor", message];
  return { type: "value_error", loc: [where, name], msg: reason, input: null };
}

/** A search whose page is asked for: `find` with these options, all of them from the request. */
export interface PageSearch {
  readonly store: EventStore;
  readonly options: FindOptions & { readonly limit: number };
  readonly where: "query" | "body";
}

/** @param next URL of the next page, without its cursor; undefined gives no `Link` */
export async function sendPage(reply: FastifyReply, search: PageSearch, next?: string) {
  const { events, cursor, timedOut } = await readPage(search);
  if (next !== undefined && cursor !== undefined) linkTo(reply, next, cursor);
  const rest = JSON.stringify({ cursor: cursor ?? null, timed_out: timedOut });
  return reply.type(JSON_TYPE).send(`{"events":[${events}],${rest.slice(1)}`);
}

/** Reads the page in parts, so that a page of large events ends long before its limit. */
async function readPage({ store, options, where }: PageSearch) {
  let { cursor, limit: left } = options;
  let events = "";
  for (;;) {
    const part = findFor(store, { ...options, cursor, limit: Math.min(left, PART) }, where);
    for await (const event of part) {
      events += (events === "" ? "" : ",") + stringifyJson(event);
      left--;
    }
    cursor = part.cursor;
    if (cursor === undefined || part.timedOut || left <= 0 || events.length > MAX_PAGE) {
      return { events, cursor, timedOut: part.timedOut };
    }
  }
}

/**
 * One event per line. Its end is the end of the answer, so a search out of time breaks it off.
 *
 * Where the search goes on behind the limit, a `Link` says so. Headers come first, so the last event is looked up before
 * the first is sent; lines then end with that event, however many have arrived in front of it meanwhile.
 */
export async function sendLines(reply: FastifyReply, { store, options, where }: PageSearch, next: string) {
  const last = findFor(store, { ...options, offset: options.limit - 1, limit: 1, fields: undefined }, where);
  const [end] = await last.toArray();
  assertComplete(last);
  if (last.cursor !== undefined) linkTo(reply, next, last.cursor);
  const fields = options.fields && [...options.fields, "_id"];
  const search = findFor(store, { ...options, limit: undefined, fields }, where);
  const lines = linePieces(search, end?._id, options.fields?.includes("_id") ?? true);
  return sendPieces(reply, joined(lines), { type: NDJSON_TYPE });
}

async function* linePieces(cursor: EventCursor, end: string | undefined, withId: boolean): AsyncGenerator<string> {
  for await (const event of cursor) {
    const { _id, ...rest } = event;
    yield `${stringifyJson(withId ? event : rest)}\n`;
    if (_id === end) return;
  }
  assertComplete(cursor);
}

/** @param next URL without a cursor */
export function linkTo(reply: FastifyReply, next: string, cursor: string): void {
  const place = `cursor=${encodeURIComponent(cursor)}`;
  reply.header("link", `<${next}${next.includes("?") ? "&" : "?"}${place}>; rel="next"`);
}

export const pageSchema = z.object({
  events: z.array(storedEventSchema),
  cursor: z.string().nullable().describe("Give it back to go on; null at the end"),
  timed_out: z.boolean().describe("True when the time limit ended the page early; the cursor goes on"),
});
