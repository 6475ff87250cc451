/** `GET` and `POST /v1/silences`, `DELETE /v1/silences/{silence_id}`: keep some incidents quiet for a while. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { DAY_END, isTimeOfDay } from "../alert/day-window.ts";
import type { SilenceInput } from "../alert/desk.ts";
import type { Weekly } from "../alert/incident.ts";
import { SILENCE_STATES, silenceSchema, weeklySchema } from "./alert-schemas.ts";
import { ask, deskOf, FOREIGN, listQuerySchema, listSchema, missing, OFF_STATUS, sendFound, sendList } from "./desk.ts";
import { paramOf, type Rest, type Route } from "./route.ts";
import { readBody, readOptionalBody, type V1Body } from "./v1-body.ts";
import { COMMENT, NAME } from "./v1-incidents.ts";
import { V1Query } from "./v1-query.ts";

function listSilences(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  return sendList(request, reply, { states: SILENCE_STATES, read: (order) => desk.silences(order) });
}

const FIELDS = ["selector", "starts_at", "ends_at", "author", "comment", "weekly"];

async function addSilence(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  const input = readSilence(await readBody(rest, request, FIELDS));
  const silence = await ask("body", () => desk.silence(input));
  return sendFound(reply.code(201), "silence", silence);
}

function readSilence(body: V1Body): SilenceInput {
  const starts_at = body.time("starts_at");
  const ends_at = body.time("ends_at");
  if (body.get("ends_at") === undefined) body.refuse("ends_at", "missing", "Field required");
  const input = {
    selector: readSelector(body),
    ...(starts_at !== undefined && { starts_at }),
    ends_at: ends_at ?? 0,
    author: body.need("author", NAME),
    comment: body.need("comment", COMMENT),
    weekly: readWeekly(body),
  };
  body.check();
  return input;
}

function readSelector(body: V1Body): SilenceInput["selector"] {
  const given = body.get("selector");
  if (given === undefined) body.refuse("selector", "missing", "Field required");
  else if (typeof given !== "object" || Array.isArray(given))
    body.refuse("selector", "object_type", 'Should be an object, like {"rule": "node-error"}');
  else if (Object.keys(given as object).length === 0)
    body.refuse("selector", "too_short", "An empty selector would silence everything; name at least the rule");
  else return given as SilenceInput["selector"];
  return {};
}

/** What each field of `weekly` should be, in words, where it is not. */
const WEEKLY: Readonly<Record<keyof Weekly, (value: unknown) => string | undefined>> = {
  days: (value) => {
    const days = Array.isArray(value) && value.length >= 1 && value.length <= 7 ? value : [-1];
    return days.every((day) => Number.isInteger(day) && day >= 0 && day <= 6)
      ? undefined
      : "Should be a list of days from 0 (Sunday) to 6";
  },
  from: notATime,
  to: (value) => (value === DAY_END ? undefined : notATime(value)),
  timezone: (value) =>
    typeof value === "string" && isZone(value) ? undefined : "Should be a time zone, like Europe/Berlin",
};

function notATime(value: unknown): string | undefined {
  return isTimeOfDay(value) ? undefined : "Should be a time, like 08:30; an end may be 24:00";
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

function readWeekly(body: V1Body): Weekly | null {
  const given = body.get("weekly");
  if (given === undefined) return null;
  if (typeof given !== "object" || Array.isArray(given)) {
    body.refuse("weekly", "object_type", "Should be an object with days, from, to and timezone");
    return null;
  }
  const fields = given as Readonly<Record<string, unknown>>;
  for (const [name, problem] of Object.entries(WEEKLY)) {
    const words = problem(fields[name]);
    if (words !== undefined) body.refuse(["weekly", name], "value_error", words);
  }
  for (const name of Object.keys(fields)) {
    if (Object.hasOwn(WEEKLY, name)) continue;
    body.refuse(["weekly", name], "unknown_field", `Unknown; known are ${Object.keys(WEEKLY).join(", ")}`);
  }
  return given as unknown as Weekly;
}

async function endSilence(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  (await readOptionalBody(rest, request, [])).check();
  const id = paramOf(request, "silence_id");
  return sendFound(reply, "silence", await ask("body", () => desk.expireSilence(id)));
}

const time = z.union([z.string(), z.int()]);

const inputSchema = () =>
  z.object({
    selector: z
      .record(z.string(), z.unknown())
      .describe('Which incidents, e.g. {"rule": "node-error", "labels.source.node_id": "01…"}'),
    starts_at: time.optional().describe("ISO 8601, or epoch milliseconds; now where it is left out"),
    ends_at: time.describe("At most 30 days after the start"),
    author: z.string().max(NAME.most),
    comment: z.string().max(COMMENT.most),
    weekly: weeklySchema.nullable().optional().describe("Holds only in these hours of these days"),
  });

export const V1_SILENCES_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/silences",
    handle: listSilences,
    doc: () => ({
      summary: "Silences, those that changed last first",
      tag: "v1",
      query: listQuerySchema(SILENCE_STATES),
      answer: listSchema(silenceSchema),
      statuses: OFF_STATUS,
    }),
  },
  {
    method: "POST",
    path: "/v1/silences",
    body: "event",
    handle: addSilence,
    doc: () => ({
      summary: "Keep some incidents quiet for a while",
      description: "They count and show all the same. When it ends, one message sums up those that are still live.",
      tag: "v1",
      body: { schema: inputSchema() },
      created: true,
      answer: silenceSchema.extend({
        warnings: z.array(z.string()).optional().describe("What may be a mistake in it; absent where there is nothing"),
      }),
      statuses: { ...OFF_STATUS, ...FOREIGN },
    }),
  },
  {
    method: "DELETE",
    path: "/v1/silences/:silence_id",
    handle: endSilence,
    doc: () => ({
      summary: "End a silence now",
      tag: "v1",
      id: "Id of the silence",
      answer: silenceSchema,
      statuses: { ...missing("silence"), ...FOREIGN },
    }),
  },
];
