/** `GET /v1/notifications`, one of them, and what people do with a dead one: retry, discard. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { NOTIFICATION_STATES, notificationSchema } from "./alert-schemas.ts";
import { ask, deskOf, FOREIGN, listQuerySchema, listSchema, missing, OFF_STATUS, sendFound, sendList } from "./desk.ts";
import { paramOf, type Rest, type Route } from "./route.ts";
import { readOptionalBody } from "./v1-body.ts";
import { V1Query } from "./v1-query.ts";

function listNotifications(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  return sendList(request, reply, { states: NOTIFICATION_STATES, read: (order) => desk.notifications(order) });
}

async function getNotification(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  const desk = deskOf(rest);
  new V1Query(request.url, []).check();
  return sendFound(reply, "notification", await desk.notification(paramOf(request, "notification_id")));
}

function actionRoute(verb: "retry" | "discard", summary: string): Route {
  const handle = async (rest: Rest, request: FastifyRequest, reply: FastifyReply) => {
    const desk = deskOf(rest);
    new V1Query(request.url, []).check();
    (await readOptionalBody(rest, request, [])).check();
    const id = paramOf(request, "notification_id");
    return sendFound(reply, "notification", await ask("body", () => desk[verb](id)));
  };
  const statuses = { ...missing("notification"), ...FOREIGN };
  const doc = { summary, tag: "v1", id: ID, answer: notificationSchema, statuses } as const;
  return { method: "POST", path: `/v1/notifications/:notification_id/${verb}`, handle, doc: () => doc };
}

const ID = "Id of the notification";

export const V1_NOTIFICATIONS_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/notifications",
    handle: listNotifications,
    doc: () => ({
      summary: "Messages and what became of them, those that changed last first",
      tag: "v1",
      query: listQuerySchema(NOTIFICATION_STATES),
      answer: listSchema(notificationSchema),
      statuses: OFF_STATUS,
    }),
  },
  {
    method: "GET",
    path: "/v1/notifications/:notification_id",
    handle: getNotification,
    doc: () => ({
      summary: "One message",
      tag: "v1",
      id: ID,
      answer: notificationSchema,
      statuses: missing("notification"),
    }),
  },
  actionRoute("retry", "Try a dead one again, from the first attempt"),
  actionRoute("discard", "Give up one that is dead or waits"),
];
