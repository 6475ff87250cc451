/** `POST /event` and `GET /event/{event_id}`: one event in, one event out. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { EventStoreError } from "../errors.ts";
import { idProblem } from "../event/parse.ts";
import { jsonBody } from "./body.ts";
import { appendedText, legacyText } from "./event-text.ts";
import { Failure, invalidRequest } from "./failure.ts";
import { idOf, type Rest, type Route, sendJson } from "./route.ts";
import { eventSchema, newEventSchema } from "./schemas.ts";

async function postEvent({ store, options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const parsed = store.parse(await jsonBody(request, options.limits.bodyBytes));
  if (parsed instanceof EventStoreError) throw parsed;
  const [result] = await store.appendParsed([parsed]);
  if (result?.status === "stored") await options.alerts?.delivered(parsed.event);
  return sendJson(reply, appendedText(result!, parsed));
}

async function getEvent({ store }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const event = await store.get(checkedId(idOf(request)));
  if (event === undefined) throw new Failure(404, "not-found", `Event with ID ${idOf(request)} not found`);
  return sendJson(reply, legacyText(event));
}

/** @throws Failure 422 for what can be no id. */
export function checkedId(id: string): string {
  const error = idProblem(id);
  if (error === undefined) return id;
  const msg = `Value error, ${error}`;
  throw invalidRequest([{ type: "value_error", loc: ["path", "event_id"], msg, input: id, ctx: { error } }]);
}

export const LEGACY_EVENT_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/event",
    body: "event",
    handle: postEvent,
    doc: () => ({
      summary: "Store one event",
      description: "Answers when the event is durable. An id that is already stored answers with the stored event.",
      tag: "legacy",
      body: { schema: newEventSchema },
      answer: eventSchema,
      statuses: { 413: "The body or the event is too large" },
    }),
  },
  {
    method: "GET",
    path: "/event/*",
    handle: getEvent,
    doc: () => ({
      summary: "One event, archived or not",
      tag: "legacy",
      id: "Id of the event; percent-encode it",
      answer: eventSchema,
      statuses: { 404: "No event has this id" },
    }),
  },
];
