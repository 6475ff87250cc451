/** What the routes of alerts share: the desk or a 404, lists, and what the desk refuses as a 422. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { AlertDesk, ListQuery, Page } from "../alert/desk.ts";
import { EventStoreError } from "../errors.ts";
import { stringifyJson } from "../event/json.ts";
import { Failure, invalidRequest } from "./failure.ts";
import { type Rest, sendJson } from "./route.ts";
import { urlWithout } from "./v1-find.ts";
import { DEFAULT_LIMIT, linkTo, MAX_LIMIT } from "./v1-page.ts";
import { V1Query } from "./v1-query.ts";

const OFF =
  "This server has no alerts: set `alerting` (or `email_alerts`) in its settings; a program passes `alerts` to the routes";

/** @throws Failure 404 that says how to turn alerts on. */
export function deskOf({ options }: Rest): AlertDesk {
  if (options.alerts === null) throw new Failure(404, "alerts-off", OFF);
  return options.alerts;
}

/** Asks the desk; what it refuses is the client's mistake. */
export async function ask<T>(where: "query" | "body", question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    if (error.code === "EVT_INVALID_SELECTOR") throw selectorRefused(error);
    if (error.code !== "EVT_INVALID_OPTION") throw error;
    const [, name = "", reason = error.message] = /^([\w.[\]-]+): (.*)$/s.exec(error.message) ?? [];
    const path = name.split(/[.[\]]+/).filter((part) => part !== "");
    throw invalidRequest([{ type: "value_error", loc: [where, ...path], msg: reason, input: null }]);
  }
}

function selectorRefused({ message, issues: found }: EventStoreError): Failure {
  const issues = found.map((issue) => ({ ...issue, loc: ["body", "selector", ...issue.loc] }));
  return new Failure(422, "invalid-selector", message, { issues });
}

/** Sends what the desk has, or the 404 that nobody has it: `No incident has this id`. */
export function sendFound(reply: FastifyReply, what: string, found: object | undefined): FastifyReply {
  if (found === undefined) throw new Failure(404, "not-found", `No ${what} has this id`);
  return sendJson(reply, stringifyJson(found));
}

/** Every state there is, as on the command line. */
const ALL = "all";

interface List<State extends string> {
  readonly states: readonly State[];
  /** Parameters beside `state`, `limit` and `cursor`. */
  readonly more?: readonly string[];
  readonly read: (query: ListQuery<State>, more: V1Query) => Promise<Page<object>>;
}

/** Answers `{items, cursor}` with a `Link` to the next page. */
export async function sendList<State extends string>(
  request: FastifyRequest,
  reply: FastifyReply,
  { states, more = [], read }: List<State>,
): Promise<FastifyReply> {
  const query = new V1Query(request.url, ["state", ...more, "limit", "cursor"]);
  const given = query.someOf("state", [...states, ALL]);
  const wanted = states.filter((state) => given.includes(ALL) || given.includes(state));
  const limit = query.integer("limit", DEFAULT_LIMIT, MAX_LIMIT);
  const cursor = query.text("cursor");
  query.check();
  const order = { limit, ...(wanted.length > 0 && { states: wanted }), ...(cursor !== undefined && { cursor }) };
  const page = await ask("query", () => read(order, query));
  if (page.cursor !== null) linkTo(reply, urlWithout(request.url, "cursor"), page.cursor);
  return sendJson(reply, stringifyJson({ items: page.items, cursor: page.cursor }));
}

/** Describes the parameters of {@link sendList}. */
export const listQuerySchema = (states: readonly [string, ...string[]]) =>
  z.object({
    state: z
      .string()
      .optional()
      .describe(`Some of ${states.join(", ")}, or ${ALL}; repeated or separated by commas`),
    limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
    cursor: z.string().optional().describe("From the page before"),
  });

export const listSchema = (item: z.ZodType) =>
  z.object({ items: z.array(item), cursor: z.string().nullable().describe("Give it back to go on; null at the end") });

/** Of every route that changes alerts, beside the others. */
export const FOREIGN = { 403: "Asked by a page of an origin that cors_origins does not name" };
/** Statuses of every route of alerts. */
export const OFF_STATUS = { 404: "Alerts are off" };
export const missing = (what: string) => ({ 404: `No ${what} has this id, or alerts are off` });
