/** `GET /v1/events` and `GET /v1/events/{event_id}`: events by plain parameters, page by page or as NDJSON. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { EVENT_FIELDS, SOURCE_FIELDS } from "../event/event.ts";
import { canonicalType } from "../event/event-types.ts";
import { stringifyJson } from "../event/json.ts";
import { Failure } from "./failure.ts";
import { checkedId } from "./legacy-event.ts";
import { NDJSON_TYPE } from "./ndjson.ts";
import { idOf, type Rest, type Route, sendJson } from "./route.ts";
import { storedEventSchema } from "./schemas.ts";
import { closedSignal } from "./stream.ts";
import { DEFAULT_LIMIT, MAX_LIMIT, pageSchema, sendLines, sendPage } from "./v1-page.ts";
import { V1Query } from "./v1-query.ts";

/** Fields a caller may ask for. */
export const FIELDS: readonly string[] = [...EVENT_FIELDS, "received_at", "skew_ms"];

/** Parameters that {@link readSelector} reads. */
export const CONDITIONS = ["level", "type", "node", ...SOURCE_FIELDS, "alert", "trace_id", "span_id"];
const PARAMETERS = ["from", "to", ...CONDITIONS, "include_archived", "limit", "cursor", "order", "fields"];

function listEvents({ store, options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const lines = /\bapplication\/(x-)?ndjson\b/.test(request.headers.accept ?? "");
  const query = new V1Query(request.url, PARAMETERS);
  const find = readFind(query, lines ? options.maxResults : MAX_LIMIT, lines ? options.maxResults : DEFAULT_LIMIT);
  query.check();
  const search = { store, options: { ...find, signal: closedSignal(reply) }, where: "query" } as const;
  reply.header("vary", [reply.getHeader("vary"), "Accept"].filter(Boolean).join(", "));
  return (lines ? sendLines : sendPage)(reply, search, urlWithout(request.url, "cursor"));
}

function readFind(query: V1Query, mostLimit: number, limit: number) {
  return {
    selector: readSelector(query),
    from: query.time("from"),
    to: query.time("to"),
    includeArchived: query.bool("include_archived") ?? false,
    order: query.oneOf("order", ["newest", "oldest"]),
    limit: query.integer("limit", limit, mostLimit),
    cursor: query.text("cursor"),
    fields: readFields(query),
  };
}

/** Conditions by plain parameters as one selector. */
export function readSelector(query: V1Query): Record<string, unknown> {
  const selector: Record<string, unknown> = {};
  const anyOf = (field: string, values: readonly string[]) => {
    if (values.length > 0) selector[field] = values.length === 1 ? values[0] : { $in: values };
  };
  const level = query.level("level");
  if (level !== undefined && level > 0) selector.log_level = { $gte: level };
  const alert = query.bool("alert");
  if (alert !== undefined) selector.alert = alert;
  anyOf("event_type", query.list("type").map(canonicalType));
  anyOf("trace_id", query.list("trace_id"));
  anyOf("span_id", query.list("span_id"));
  for (const field of SOURCE_FIELDS) {
    const short = field === "node_id" ? query.list("node") : [];
    anyOf(`source.${field}`, [...query.list(field), ...short]);
  }
  return selector;
}

function readFields(query: V1Query): string[] | undefined {
  const fields = query.list("fields");
  const unknown = fields.find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) query.refuse("fields", "enum", `Should be some of ${FIELDS.join(", ")}`);
  return fields.length > 0 ? fields : undefined;
}

/** Path and query of this request without one parameter. */
export function urlWithout(url: string, name: string): string {
  const { pathname, searchParams } = new URL(url, "http://local");
  searchParams.delete(name);
  return searchParams.size > 0 ? `${pathname}?${searchParams}` : pathname;
}

async function getEvent({ store }: Rest, request: FastifyRequest, reply: FastifyReply) {
  new V1Query(request.url, []).check();
  const event = await store.get(checkedId(idOf(request)));
  if (event === undefined) throw new Failure(404, "not-found", "No event has this id");
  return sendJson(reply, stringifyJson(event));
}

const listed = (what: string) => z.string().optional().describe(`${what}; several: repeated or separated by commas`);

/** Describes {@link CONDITIONS}. */
export const conditionsSchema = () => ({
  level: z.string().optional().describe("Lowest level, a number or a name"),
  type: listed("Event type"),
  node: listed("Short for node_id"),
  ...Object.fromEntries(SOURCE_FIELDS.map((field) => [field, listed(`source.${field}`)])),
  alert: z.boolean().optional(),
  trace_id: listed("Trace id"),
  span_id: listed("Span id"),
});

const findQuerySchema = () =>
  z.object({
    from: z.string().optional().describe("Earliest event time, inclusive"),
    to: z.string().optional().describe("Latest event time, inclusive"),
    ...conditionsSchema(),
    include_archived: z.boolean().default(false),
    limit: z
      .int()
      .min(1)
      .max(10_000)
      .default(DEFAULT_LIMIT)
      .describe("Up to 1000; as NDJSON up to 10 000, which is its default"),
    cursor: z.string().optional().describe("From the page before"),
    order: z.enum(["newest", "oldest"]).default("newest"),
    fields: listed("Fields to return"),
  });

export const V1_FIND_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/events",
    handle: listEvents,
    doc: () => ({
      summary: "Events by plain parameters",
      description: `Pages of JSON with a cursor and a Link header; with Accept: ${NDJSON_TYPE} one stream of lines, and a Link header where it ends at its limit.`,
      tag: "v1",
      query: findQuerySchema(),
      answer: pageSchema,
    }),
  },
  {
    method: "GET",
    path: "/v1/events/*",
    handle: getEvent,
    doc: () => ({
      summary: "One event, archived or not",
      tag: "v1",
      id: "Id of the event; percent-encode it",
      answer: storedEventSchema,
      statuses: { 404: "No event has this id" },
    }),
  },
];
