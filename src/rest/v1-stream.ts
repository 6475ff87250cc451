/**
 * `GET /v1/events/stream`: events as they are stored, as server-sent events.
 *
 * A client resumes by the id of the last frame it got. One that reads too slowly is told how much it missed; nothing
 * piles up here. The end of the server, or of the store, is said in a last frame.
 */
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { EventStoreError } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import type { Selector } from "../event/selector/selector.ts";
import type { Tail } from "../store/tail.ts";
import type { TailOptions } from "../store/tail-options.ts";
import { onceClosed } from "./closed.ts";
import { invalidRequest } from "./failure.ts";
import { answerWithin } from "./health.ts";
import type { Rest, Route } from "./route.ts";
import { framesOf, SSE_TYPE } from "./sse.ts";
import { CONDITIONS, conditionsSchema, readSelector } from "./v1-find.ts";
import { optionIssue } from "./v1-page.ts";
import { V1Query } from "./v1-query.ts";

const PARAMETERS = [...CONDITIONS, "selector", "cursor", "backfill"];
const MAX_BACKFILL = 10_000;
const HEADERS = { "cache-control": "no-store", "x-accel-buffering": "no", connection: "close" };

async function streamEvents(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const { store, options, streams } = rest;
  const order = readOrder(rest, request);
  reply.headers(HEADERS).type(SSE_TYPE);
  if (request.method === "HEAD") return reply.send("");
  if (!(await answerWithin(options.pingTimeoutMs, () => store.ping().then(() => true))))
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "the event store does not answer");
  streams.assertRoom(options.maxStreams);
  const tail = openTail(rest, order);
  const end = () => void tail.close();
  onceClosed(reply, end);
  streams.add({ reply, end });
  const farewell = (error?: unknown) => reasonOf(rest, error);
  const frames = framesOf(tail, { heartbeatMs: options.streamHeartbeatMs, farewell });
  return reply.send(Readable.from(frames, { highWaterMark: 1 }));
}

interface Order {
  readonly selector: Selector;
  readonly options: TailOptions;
}

function readOrder(rest: Rest, { url, headers }: FastifyRequest): Order {
  const query = new V1Query(url, PARAMETERS);
  const plain = readSelector(query);
  const given = readGiven(query);
  const cursor = query.text("cursor");
  const backfill = query.text("backfill") === "0" ? 0 : query.integer("backfill", 0, MAX_BACKFILL);
  query.check();
  if (given !== undefined) assertAccepted(rest, given);
  const selector = given === undefined ? plain : { $and: [plain, given] };
  const last = headers["last-event-id"];
  // A browser connects again to the same URL: what it has seen counts, not where it began.
  if (typeof last === "string" && last !== "") return { selector, options: { cursor: last } };
  return { selector, options: { cursor, backfill } };
}

/** The parameter `selector`, JSON. */
function readGiven(query: V1Query): unknown {
  const text = query.text("selector");
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch {
    query.refuse("selector", "json_parsing", 'Should be JSON, like {"log_level":{"$gte":40}}, percent-encoded');
    return undefined;
  }
}

/** @throws Failure 422 that names the parameter. */
function assertAccepted({ store }: Rest, selector: unknown): void {
  try {
    store.parseSelector(selector);
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== "EVT_INVALID_SELECTOR") throw error;
    const [issue] = error.issues;
    const msg = error.message;
    throw invalidRequest(
      [{ type: issue?.type ?? "value_error", loc: ["query", "selector"], msg, input: null }],
      "invalid-selector",
    );
  }
}

/** What the store refuses is the client's mistake. */
function openTail({ store }: Rest, { selector, options }: Order): Tail {
  try {
    return store.tail(selector, options);
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== "EVT_INVALID_OPTION") throw error;
    throw invalidRequest([optionIssue(error.message, "query")]);
  }
}

/** Why a stream ends by itself. Texts of the engine stay here. */
function reasonOf({ stopping, options }: Rest, error: unknown): string {
  if (stopping()) return "shutting down";
  if (error === undefined) return "the event store is closed";
  if (error instanceof EventStoreError) return "the event store cannot answer right now";
  options.onError?.(error, "GET /v1/events/stream");
  return "internal error";
}

const streamQuerySchema = () =>
  z.object({
    ...conditionsSchema(),
    selector: z
      .string()
      .optional()
      .describe('A condition as JSON, e.g. {"log_level":{"$gte":40}}; all conditions hold'),
    cursor: z.string().optional().describe("Id of the last frame received: go on right behind it"),
    backfill: z.int().min(0).max(MAX_BACKFILL).default(0).describe("First the last so many matching events"),
  });

const DESCRIPTION = `Server-sent events. Each frame's id is a cursor: \`Last-Event-ID\` (which wins) or \`cursor\` goes on right behind it, with nothing missed or repeated. \`event\`: one stored event as JSON. \`live\`: everything older has been sent. \`gap\` \`{dropped, reason}\`: events are missing here, because the client was slow (counted) or what followed the cursor is lost. \`stats\` \`{delivered, dropped}\`: heartbeat. \`bye\` \`{reason}\`: the server ends the stream.`;

export const V1_STREAM_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/events/stream",
    handle: streamEvents,
    doc: () => ({
      summary: "Events as they are stored",
      description: DESCRIPTION,
      tag: "v1",
      query: streamQuerySchema(),
      answer: { type: SSE_TYPE },
      statuses: { 503: "No answer from the event store, or too many streams; Retry-After says when to try again" },
    }),
  },
];
