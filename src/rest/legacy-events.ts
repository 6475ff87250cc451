/** `GET /events`, `POST /events/query` and `GET /events/archived`: lists keyed by id, newest first. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { EventCursor } from "../store/find.ts";
import { jsonBody } from "./body.ts";
import { legacyText } from "./event-text.ts";
import { Failure, invalidRequest } from "./failure.ts";
import { QueryReader } from "./query-reader.ts";
import { JSON_TYPE, type Rest, type Route } from "./route.ts";
import { keyedEventsSchema, selectorSchema } from "./schemas.ts";
import { closedSignal, joined, keyedPieces, sendPieces } from "./stream.ts";

const DEFAULT_NUMBER = 100;

function listEvents({ store, options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const query = new QueryReader(request.url);
  const page = readPage(query, options.maxResults);
  const level = query.level("level");
  const from = query.time("start_time");
  const to = query.time("end_time");
  const includeArchived = query.bool("include_archived", false);
  query.check();
  const selector = level > 0 ? { log_level: { $gte: level } } : {};
  return sendKeyed(reply, store.find({ ...page, selector, from, to, includeArchived, signal: closedSignal(reply) }));
}

function listArchived({ store, options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const query = new QueryReader(request.url);
  const page = readPage(query, options.maxResults);
  query.check();
  return sendKeyed(reply, store.find({ ...page, by: "archived_at", signal: closedSignal(reply) }));
}

async function queryEvents({ store, options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const selector = await jsonBody(request, options.limits.bulkBytes);
  if (typeof selector !== "object" || selector === null || Array.isArray(selector)) {
    const msg = "Input should be a valid dictionary";
    throw invalidRequest([{ type: "dict_type", loc: ["body"], msg, input: selector }]);
  }
  const condition = { selector: selector as Record<string, unknown>, includeArchived: true };
  const most = options.queryMaxEvents;
  const beforeStream = async () => {
    const found = await store.count({ ...condition, limit: most + 1 });
    if (found > most) throw tooMany(most);
  };
  const cursor = store.find({ ...condition, limit: most + 1, signal: closedSignal(reply) });
  return sendKeyed(reply, cursor, { beforeStream, most });
}

function tooMany(most: number): Failure {
  const text = `More than ${most} events match; narrow the selector, or page through them with POST /v1/events/search`;
  return new Failure(413, "too-many-results", text);
}

/** `number` 0 and everything above the cap mean the cap. */
function readPage(query: QueryReader, cap: number) {
  const number = query.integer("number", DEFAULT_NUMBER, { least: 0 });
  const offset = query.integer("offset", 0, { least: 0 });
  return { limit: number === 0 ? cap : Math.min(number, cap), offset };
}

interface KeyedOptions {
  readonly beforeStream?: () => Promise<void>;
  /** More events than this are a 413. */
  readonly most?: number;
}

function sendKeyed(reply: FastifyReply, cursor: EventCursor, { beforeStream, most }: KeyedOptions = {}) {
  let events = 0;
  const text = (event: Parameters<typeof legacyText>[0]) => {
    if (most !== undefined && ++events > most) throw tooMany(most);
    return legacyText(event);
  };
  return sendPieces(reply, joined(keyedPieces(cursor, text)), { type: JSON_TYPE, beforeStream });
}

const pageQuery = {
  number: z.int().min(0).default(DEFAULT_NUMBER).describe("Most events; 0 means the server's maximum of 10 000"),
  offset: z.int().min(0).default(0).describe("Events to leave out first"),
};

export const LEGACY_EVENTS_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/events",
    handle: listEvents,
    doc: () => ({
      summary: "The newest events",
      tag: "legacy",
      query: z.object({
        ...pageQuery,
        level: z.union([z.int(), z.string()]).default(0).describe("Lowest level, a number or a name"),
        start_time: z.string().optional().describe("Earliest event time, inclusive"),
        end_time: z.string().optional().describe("Latest event time, inclusive"),
        include_archived: z.boolean().default(false),
      }),
      answer: keyedEventsSchema,
    }),
  },
  {
    method: "POST",
    path: "/events/query",
    handle: queryEvents,
    doc: () => ({
      summary: "All events a selector accepts, archived ones too",
      tag: "legacy",
      body: { schema: selectorSchema },
      answer: keyedEventsSchema,
      statuses: { 413: "More events match than one answer may hold; use POST /v1/events/search" },
    }),
  },
  {
    method: "GET",
    path: "/events/archived",
    handle: listArchived,
    doc: () => ({
      summary: "Archived events, the latest archived first",
      tag: "legacy",
      query: z.object(pageQuery),
      answer: keyedEventsSchema,
    }),
  },
];
