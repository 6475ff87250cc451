/**
 * `POST /v1/events`: one event, an array, or NDJSON. One result per event; a bad one never holds up its neighbours.
 *
 * The limits are checked before anything is stored. Then slices are parsed and handed to the store one after the other,
 * without waiting for the one before: the store writes while the next slice is parsed, and between two slices the event
 * loop is free.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { EventStoreError } from "../errors.ts";
import type { PreparedEvent } from "../event/parse.ts";
import type { AppendResult } from "../store/append-result.ts";
import { bodyBytes, isJsonType, jsonOf, utf8 } from "./body.ts";
import { Failure, invalidRequest, tooLarge } from "./failure.ts";
import { isNdjsonType, NDJSON_TYPE, ndjsonLines, parseLine } from "./ndjson.ts";
import { itemProblem } from "./problem.ts";
import { type Rest, type Route, sendJson } from "./route.ts";
import { newEventSchema, problemSchema } from "./schemas.ts";
import { V1Query } from "./v1-query.ts";

/** Events parsed between two turns of the event loop. */
const SLICE = 250;

type Parsed = PreparedEvent | EventStoreError;

async function appendEvents(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const query = new V1Query(request.url, ["results"]);
  const onlyErrors = query.oneOf("results", ["all", "errors"]) === "errors";
  query.check();
  const results = await appendBody(rest, request);
  return sendJson(reply, reportText(results, onlyErrors));
}

async function appendBody(rest: Rest, request: FastifyRequest): Promise<AppendResult[]> {
  const type = request.headers["content-type"];
  const bytes = await bodyBytes(request, rest.options.limits.bulkBytes);
  if (isNdjsonType(type)) return appendLines(rest, bytes ?? Buffer.alloc(0));
  if (isJsonType(type) === false) {
    const message = `Content-Type must be application/json or ${NDJSON_TYPE}`;
    throw new Failure(415, "unsupported-media-type", message);
  }
  if (bytes === undefined) {
    throw invalidRequest([{ type: "missing", loc: ["body"], msg: "Field required", input: null }]);
  }
  const value = jsonOf(utf8(bytes));
  return Array.isArray(value)
    ? appendMany(rest, value.length, (i) => rest.store.parse(value[i]))
    : appendOne(rest, value);
}

async function appendOne({ store }: Rest, value: unknown): Promise<AppendResult[]> {
  const parsed = store.parse(value);
  if (parsed instanceof EventStoreError) throw parsed;
  return store.appendParsed([parsed]);
}

function appendLines(rest: Rest, bytes: Buffer): Promise<AppendResult[]> {
  const { bodyBytes: maxLine, bulkEvents } = rest.options.limits;
  const lines = ndjsonLines(bytes, bulkEvents);
  return appendMany(rest, lines.length, (i) => parseLine(rest.store, bytes, lines[i]!, maxLine));
}

/** Parses and stores `count` events in slices. @throws Failure 413 before the first when there are too many. */
async function appendMany({ store, options }: Rest, count: number, parse: (i: number) => Parsed) {
  const most = options.limits.bulkEvents;
  if (count > most) throw tooLarge(`A request may hold at most ${most} events`);
  const slices: Promise<AppendResult[]>[] = [];
  for (let from = 0; from < count; from += SLICE) {
    if (from > 0) await turn();
    const parsed = Array.from({ length: Math.min(SLICE, count - from) }, (_, i) => parse(from + i));
    const appended = store.appendParsed(parsed);
    appended.catch(() => {}); // reported by the Promise.all below
    slices.push(appended);
  }
  return (await Promise.all(slices)).flat();
}

/** The answer as text; `results` is written by hand, one short object per event. */
function reportText(results: readonly AppendResult[], onlyErrors: boolean): string {
  const counts = { stored: 0, duplicate: 0, conflict: 0, invalid: 0 };
  const items: string[] = [];
  for (const [i, result] of results.entries()) {
    counts[result.status]++;
    const failed = result.status === "conflict" || result.status === "invalid";
    if (failed || !onlyErrors) items.push(itemText(i, result));
  }
  const { stored: accepted, duplicate: duplicates, conflict: conflicts, invalid: rejected } = counts;
  const head = JSON.stringify({ accepted, duplicates, conflicts, rejected });
  return `${head.slice(0, -1)},"results":[${items.join(",")}]}`;
}

function itemText(i: number, result: AppendResult): string {
  const id = result.id === undefined ? "null" : JSON.stringify(result.id);
  const problem = "error" in result ? `,"problem":${JSON.stringify(itemProblem(result.error, `/${i}`))}` : "";
  return `{"i":${i},"id":${id},"status":"${result.status}"${problem}}`;
}

const reportSchema = z.object({
  accepted: z.int().describe("Events stored now"),
  duplicates: z.int().describe("Events that were already there with the same content"),
  conflicts: z.int().describe("Events whose id holds another content, which stays"),
  rejected: z.int().describe("Events that are not valid"),
  results: z.array(
    z.object({
      i: z.int().describe("Place in the request, from 0; blank lines are not counted"),
      id: z.string().nullable(),
      status: z.enum(["stored", "duplicate", "conflict", "invalid"]),
      problem: problemSchema.optional(),
    }),
  ),
});

export const V1_APPEND_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/events",
    handle: appendEvents,
    doc: () => ({
      summary: "Store one event, an array of them, or NDJSON",
      description:
        "Answers when every accepted event is durable. Sending the same again is safe: ids make it idempotent. Send more than a few hundred events as NDJSON, gzip it where the network is slow.",
      tag: "v1",
      query: z.object({
        results: z.enum(["all", "errors"]).default("all").describe("errors lists conflicts and rejected events only"),
      }),
      body: { schema: z.union([newEventSchema, z.array(newEventSchema)]), types: ["application/json", NDJSON_TYPE] },
      answer: reportSchema,
      statuses: { 413: "Too many bytes or events; nothing was stored", 415: "Another media type" },
    }),
  },
];
