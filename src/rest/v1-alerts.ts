/** `/v1/alerts`: why an event told somebody or not, a test message, and whether the channels could work. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { stringifyJson } from "../event/json.ts";
import { whySchema } from "./alert-schemas.ts";
import { ask, deskOf, FOREIGN, missing, OFF_STATUS, sendFound } from "./desk.ts";
import { checkedId } from "./legacy-event.ts";
import { idOf, type Rest, type Route, sendJson } from "./route.ts";
import { readBody, readOptionalBody } from "./v1-body.ts";
import { V1Query } from "./v1-query.ts";

const CHANNEL = { most: 100 } as const;
/** Longest an address of mail can be. */
const ADDRESS = { most: 320 } as const;

async function why(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  return sendFound(reply, "event", await desk.why(checkedId(idOf(request))));
}

async function test(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  const body = await readBody(rest, request, ["channel", "to"]);
  const channel = body.need("channel", CHANNEL);
  const to = body.text("to", ADDRESS);
  body.check();
  const items = await ask("body", () => desk.test(channel, to, { byStrangers: true }));
  return sendJson(reply, stringifyJson({ items }));
}

async function verify(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  const body = await readOptionalBody(rest, request, ["channel"]);
  const channel = body.text("channel", CHANNEL);
  body.check();
  const items = await ask("body", () => desk.verify(channel));
  return sendJson(reply, stringifyJson({ items }));
}

const delivery = z.looseObject({ status: z.enum(["sent", "retry", "refused"]), reason: z.string().optional() });

export const V1_ALERTS_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/alerts/why/*",
    handle: why,
    doc: () => ({
      summary: "Why an event did, or did not, tell somebody",
      tag: "v1",
      id: "Id of the event; percent-encode it",
      answer: whySchema,
      statuses: missing("event"),
    }),
  },
  {
    method: "POST",
    path: "/v1/alerts/test",
    body: "event",
    handle: test,
    doc: () => ({
      summary: "Send one test message now",
      description: "At most ten messages a minute. To send to others, use the command line where the settings are.",
      tag: "v1",
      body: {
        schema: z.object({
          channel: z.string().max(CHANNEL.most),
          to: z.string().max(ADDRESS.most).optional().describe("Only this one of the channel's recipients"),
        }),
      },
      answer: z.object({ items: z.array(z.object({ recipient: z.string(), delivery })) }),
      statuses: { ...OFF_STATUS, ...FOREIGN },
    }),
  },
  {
    method: "POST",
    path: "/v1/alerts/verify",
    body: "event",
    handle: verify,
    doc: () => ({
      summary: "Could the channels work? Sends nothing",
      tag: "v1",
      body: {
        schema: z.object({ channel: z.string().max(CHANNEL.most).optional().describe("Default: all") }),
        optional: true,
      },
      answer: z.object({
        items: z.array(
          z.object({ channel: z.string(), problem: z.string().nullable().describe("null where all is well") }),
        ),
      }),
      statuses: { ...OFF_STATUS, ...FOREIGN },
    }),
  },
];
