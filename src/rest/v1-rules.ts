/** `GET /v1/rules`: what was configured, and how it is doing. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { stringifyJson } from "../event/json.ts";
import { ruleSchema } from "./alert-schemas.ts";
import { deskOf, OFF_STATUS } from "./desk.ts";
import { type Rest, type Route, sendJson } from "./route.ts";
import { V1Query } from "./v1-query.ts";

async function listRules(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  return sendJson(reply, stringifyJson({ items: await desk.rules(), cursor: null }));
}

export const V1_RULES_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/rules",
    handle: listRules,
    doc: () => ({
      summary: "All rules; the list has one page",
      tag: "v1",
      answer: z.object({ items: z.array(ruleSchema), cursor: z.null() }),
      statuses: OFF_STATUS,
    }),
  },
];
