/**
 * `/v1/incidents/{incident_id}/act`: where the action links of messages lead. GET shows a page with one button and does
 * nothing (scanners of mail open every link); POST, the button, does it. Doing it twice does it once.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { AlertDesk, Redeemed } from "../alert/desk.ts";
import { isBlank, visible } from "../alert/safe-text.ts";
import { EventStoreError, type EventStoreErrorCode } from "../errors.ts";
import { bodyBytes } from "./body.ts";
import { deskOf } from "./desk.ts";
import { askPage, deniedPage, donePage, MAX_NAME, PAGE_HEADERS, refusedPage, wrongPage } from "./incident-page.ts";
import { searchParams } from "./query-reader.ts";
import { paramOf, type Rest, type Route } from "./route.ts";
import { NO_LINE } from "./v1-body.ts";

async function showPage(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  const token = searchParams(request.url).get("token") ?? "";
  const found = await lookUp(desk, request, token);
  if (found === undefined) return sendPage(reply, 403, refusedPage());
  const { action, incident, done } = found;
  return sendPage(reply, 200, done ? donePage(action, incident) : askPage(action, incident, token));
}

async function act(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  const form = new URLSearchParams((await bodyBytes(request, rest.options.limits.bodyBytes))?.toString());
  const token = form.get("token") ?? "";
  const given = form.get("by")?.trim() ?? "";
  const by = visible(given).trim();
  if (by.length > MAX_NAME || NO_LINE.test(given) || (given !== "" && isBlank(by)))
    return sendPage(reply, 422, wrongPage());
  try {
    const found = await lookUp(desk, request, token);
    const done = found && (await desk.redeem(token, { dry: false, ...(by !== "" && { by }) }));
    return done === undefined
      ? sendPage(reply, 403, refusedPage())
      : sendPage(reply, 200, donePage(done.action, done.incident));
  } catch (error) {
    if (!(error instanceof EventStoreError) || !REFUSALS.has(error.code)) throw error;
    return sendPage(reply, 422, deniedPage(error.message));
  }
}

/** Who clicked sees a page, not a program's answer. */
const REFUSALS: ReadonlySet<EventStoreErrorCode> = new Set([
  ...(["EVT_INVALID_SELECTOR", "EVT_INVALID_OPTION", "EVT_TOO_LARGE", "EVT_CONFLICT"] as const),
]);

/** What the token asks for, if it is about the incident of this path. */
async function lookUp(desk: AlertDesk, request: FastifyRequest, token: string): Promise<Redeemed | undefined> {
  const found = await desk.redeem(token, { dry: true });
  return found?.incident.incident_id === paramOf(request, "incident_id") ? found : undefined;
}

function sendPage(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).headers(PAGE_HEADERS).send(text);
}

const html = { type: "text/html" };
const ID = "Id of the incident";
const REFUSED = { 403: "The token is forged or expired; a page says so", 404: "Alerts are off" };
const DENIED = { ...REFUSED, 422: "The name cannot be shown, or alerts refuse it; a page says so" };

export const V1_ACT_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/incidents/:incident_id/act",
    handle: showPage,
    doc: () => ({
      summary: "The page an action link of a message leads to; changes nothing",
      tag: "service",
      id: ID,
      query: z.object({ token: z.string().describe("From the link") }),
      answer: html,
      statuses: REFUSED,
    }),
  },
  {
    method: "POST",
    path: "/v1/incidents/:incident_id/act",
    body: "event",
    handle: act,
    doc: () => ({
      summary: "The button of that page",
      tag: "service",
      id: ID,
      body: {
        schema: z.object({ token: z.string(), by: z.string().max(MAX_NAME).optional() }),
        types: ["application/x-www-form-urlencoded"],
      },
      answer: html,
      statuses: DENIED,
    }),
  },
];
