/** `POST /events/archive` and `DELETE /events/archived`: hide events, delete hidden ones for good. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Json } from "../event/json.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import type { ArchiveOptions } from "../store/query.ts";
import { objectBody } from "./body.ts";
import { type Issue, invalidRequest } from "./failure.ts";
import { integerOf, QueryReader } from "./query-reader.ts";
import type { Rest, Route } from "./route.ts";
import { sendJson } from "./route.ts";

const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;
/** Most events of one durable step, whatever a request says. */
const MAX_STEP = 10_000;

async function archiveEvents({ store, options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const body = await objectBody(request, options.limits.bulkBytes);
  const count = await store.archive(readArchive(body, options.archiveBatchSize));
  return sendJson(reply, JSON.stringify({ archived_count: count, message: `Successfully archived ${count} events` }));
}

async function purgeArchived({ store, options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const query = new QueryReader(request.url);
  const days = query.integer("older_than_days", 365, { least: 0, most: MAX_DAYS });
  query.check();
  const archivedBefore = new Date(options.now().getTime() - days * DAY_MS + 1);
  const count = await store.purge({ archivedBefore });
  const message = `Permanently deleted ${count} archived events older than ${days} days`;
  return sendJson(reply, JSON.stringify({ deleted_count: count, message }));
}

type Body = Readonly<Record<string, Json>>;

function readArchive(body: Body, defaultBatch: number): ArchiveOptions {
  const issues: Issue[] = [];
  const ids = readIds(body.event_ids, issues);
  const before = readDate(body.before_date, issues);
  const batch = readBatch(body.batch_size, issues);
  if (issues.length > 0) throw invalidRequest(issues);
  if (ids.length === 0 && before === undefined) {
    const msg = "Value error, Either event_ids or before_date must be provided";
    throw invalidRequest([{ type: "value_error", loc: ["body"], msg, input: body, ctx: { error: {} } }]);
  }
  const batchSize = Math.min(batch || defaultBatch, MAX_STEP);
  return ids.length > 0 ? { ids, batchSize } : { before, batchSize };
}

function readIds(given: Json | undefined, issues: Issue[]): readonly string[] {
  if (given === undefined || given === null) return [];
  const loc = ["body", "event_ids"];
  if (!Array.isArray(given)) {
    issues.push({ type: "list_type", loc, msg: "Input should be a valid list", input: given });
    return [];
  }
  for (const [i, id] of given.entries()) {
    if (typeof id === "string") continue;
    issues.push({ type: "string_type", loc: [...loc, i], msg: "Input should be a valid string", input: id });
    if (issues.length === 20) break;
  }
  return given as readonly string[];
}

function readDate(given: Json | undefined, issues: Issue[]): string | number | undefined {
  if (given === undefined || given === null) return undefined;
  const loc = ["body", "before_date"];
  if (typeof given !== "string" && typeof given !== "number") {
    issues.push({ type: "datetime_type", loc, msg: "Input should be a valid datetime", input: given });
    return undefined;
  }
  const error = parseTimestamp(given, (wallMs) => wallMs);
  if (typeof error !== "string") return given;
  const msg = `Input should be a valid datetime or date, ${error}`;
  issues.push({ type: "datetime_from_date_parsing", loc, msg, input: given, ctx: { error } });
  return undefined;
}

function readBatch(given: Json | undefined, issues: Issue[]): number | undefined {
  if (given === undefined || given === null) return undefined;
  const value = typeof given === "string" ? integerOf(given) : given;
  const loc = ["body", "batch_size"];
  const problem = batchProblem(given, value);
  if (problem === undefined) return value as number;
  issues.push({ ...problem, loc, input: given });
  return undefined;
}

function batchProblem(given: Json, value: Json | undefined): Pick<Issue, "type" | "msg"> | undefined {
  const text = "Input should be a valid integer";
  if (typeof given === "string" && value === undefined)
    return { type: "int_parsing", msg: `${text}, unable to parse string as an integer` };
  if (typeof value !== "number") return { type: "int_type", msg: text };
  if (!Number.isInteger(value)) return { type: "int_from_float", msg: `${text}, got a number with a fractional part` };
  return value < 0 ? { type: "greater_than_equal", msg: "Input should be greater than or equal to 0" } : undefined;
}

export const LEGACY_ARCHIVE_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/events/archive",
    handle: archiveEvents,
    doc: () => ({
      summary: "Hide events from default results, by id or by age",
      tag: "legacy",
      body: {
        schema: z.object({
          event_ids: z.array(z.string()).nullable().optional().describe("These events; wins over before_date"),
          before_date: z.string().nullable().optional().describe("All events before this time"),
          batch_size: z.int().min(0).nullable().optional().describe("Events per durable step"),
        }),
      },
      answer: z.object({ archived_count: z.int(), message: z.string() }),
    }),
  },
  {
    method: "DELETE",
    path: "/events/archived",
    handle: purgeArchived,
    doc: () => ({
      summary: "Delete archived events for good",
      tag: "legacy",
      query: z.object({
        older_than_days: z.int().min(0).max(MAX_DAYS).default(365).describe("Archived at least this long ago"),
      }),
      answer: z.object({ deleted_count: z.int(), message: z.string() }),
    }),
  },
];
