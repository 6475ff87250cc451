/** `GET /v1/incidents`, one of them, and what people do with it: acknowledge, resolve, assign, comment. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { AlertDesk, By } from "../alert/desk.ts";
import type { Incident } from "../alert/incident.ts";
import { INCIDENT_STATES, incidentSchema } from "./alert-schemas.ts";
import { ask, deskOf, FOREIGN, listQuerySchema, listSchema, missing, OFF_STATUS, sendFound, sendList } from "./desk.ts";
import { incidentPage, PAGE_HEADERS } from "./incident-page.ts";
import { paramOf, type Rest, type Route } from "./route.ts";
import { readBody, type V1Body } from "./v1-body.ts";
import { V1Query } from "./v1-query.ts";

/** A person or program, in words. */
export const NAME = { most: 200 } as const;
export const COMMENT = { most: 2000, lines: true } as const;

function listIncidents(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  return sendList(request, reply, {
    states: INCIDENT_STATES,
    more: ["rule"],
    read: (order, query) => {
      const rule = query.text("rule");
      query.check();
      return desk.incidents(rule === undefined ? order : { ...order, rule });
    },
  });
}

async function getIncident(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  const forPeople = /\btext\/html\b/.test(request.headers.accept ?? "");
  const incident = await desk.incident(paramOf(request, "incident_id"), { asShown: forPeople });
  reply.header("vary", [reply.getHeader("vary"), "Accept"].filter(Boolean).join(", "));
  if (forPeople && incident !== undefined) return reply.headers(PAGE_HEADERS).send(incidentPage(incident));
  return sendFound(reply, "incident", incident);
}

interface Action {
  readonly summary: string;
  /** Fields beside `by`. */
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /** Reads the rest of the body; does it when the body was accepted. */
  readonly prepare: (body: V1Body, by: By) => (desk: AlertDesk, id: string) => Promise<Incident | undefined>;
}

const comment = z.string().max(COMMENT.most).optional().describe("Kept with the incident");

const ACTIONS: Readonly<Record<string, Action>> = {
  acknowledge: {
    summary: "Stop repeats and escalation: somebody works on it",
    fields: {
      comment,
      expires_at: z.union([z.string(), z.int()]).optional().describe("Repeats go on after this time"),
    },
    prepare: (body, by) => {
      const expires_at = body.time("expires_at");
      return (desk, id) => desk.acknowledge(id, expires_at === undefined ? by : { ...by, expires_at });
    },
  },
  resolve: {
    summary: "Say that it is over",
    fields: { comment },
    prepare: (_body, by) => (desk, id) => desk.resolve(id, by),
  },
  assign: {
    summary: "Give it to somebody, or with null to nobody",
    fields: { comment, assignee: z.string().max(NAME.most).nullable() },
    prepare: (body, by) => {
      const assignee = body.text("assignee", NAME) ?? null;
      if (!body.has("assignee")) body.refuse("assignee", "missing", "Field required; null assigns nobody");
      return (desk, id) => desk.assign(id, { ...by, assignee });
    },
  },
  comment: {
    summary: "Add a comment",
    fields: { comment: z.string().max(COMMENT.most) },
    prepare: (body, by) => {
      const text = body.need("comment", COMMENT);
      return (desk, id) => desk.comment(id, { ...by, comment: text });
    },
  },
};

function actionRoute([verb, { summary, fields, prepare }]: [string, Action]): Route {
  const known = ["by", ...Object.keys(fields)];
  const handle = async (rest: Rest, request: FastifyRequest, reply: FastifyReply) => {
    const desk = deskOf(rest);
    new V1Query(request.url, []).check();
    const body = await readBody(rest, request, known);
    const by = body.need("by", NAME);
    const words = verb === "comment" ? undefined : body.text("comment", COMMENT);
    const act = prepare(body, words === undefined ? { by } : { by, comment: words });
    body.check();
    return sendFound(reply, "incident", await ask("body", () => act(desk, paramOf(request, "incident_id"))));
  };
  const schema = z.object({ by: z.string().max(NAME.most).describe("Who does it, in words"), ...fields });
  const path = `/v1/incidents/:incident_id/${verb}`;
  const doc = { summary, tag: "v1", id: ID, body: { schema }, answer: incidentSchema } as const;
  return {
    method: "POST",
    path,
    body: "event",
    handle,
    doc: () => ({ ...doc, statuses: { ...missing("incident"), ...FOREIGN } }),
  };
}

const ID = "Id of the incident";

export const V1_INCIDENTS_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/incidents",
    handle: listIncidents,
    doc: () => ({
      summary: "Incidents, those that changed last first",
      tag: "v1",
      query: listQuerySchema(INCIDENT_STATES).extend({ rule: z.string().optional().describe("Id of a rule") }),
      answer: listSchema(incidentSchema),
      statuses: OFF_STATUS,
    }),
  },
  {
    method: "GET",
    path: "/v1/incidents/:incident_id",
    handle: getIncident,
    doc: () => ({
      summary: "One incident",
      description: "JSON; with Accept: text/html, as browsers send it, a page for people.",
      tag: "v1",
      id: ID,
      answer: incidentSchema,
      statuses: missing("incident"),
    }),
  },
  ...Object.entries(ACTIONS).map(actionRoute),
];
