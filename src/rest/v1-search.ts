/** `POST /v1/events/search`: a selector with order, bounds and cursor; `explain` tells how it would be searched. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { EventStoreError } from "../errors.ts";
import { DEFAULT_SELECTOR_LIMITS } from "../event/selector/limits.ts";
import type { Node, ParsedSelector, Test } from "../event/selector/selector.ts";
import type { FindOptions } from "../store/query.ts";
import type { SearchPlan } from "../store/store.ts";
import { objectBody } from "./body.ts";
import { Failure, type Issue, invalidRequest } from "./failure.ts";
import { type Rest, type Route, sendJson } from "./route.ts";
import { selectorSchema } from "./schemas.ts";
import { closedSignal } from "./stream.ts";
import { FIELDS } from "./v1-find.ts";
import { DEFAULT_LIMIT, findFor, MAX_LIMIT, pageSchema, sendPage } from "./v1-page.ts";
import { V1Query } from "./v1-query.ts";

const KEYS = ["selector", "sort", "order", "limit", "cursor", "fields", "from", "to", "include_archived", "explain"];

type Body = Readonly<Record<string, unknown>>;

async function searchEvents(rest: Rest, request: FastifyRequest, reply: FastifyReply) {
  new V1Query(request.url, []).check();
  const body = await objectBody(request, rest.options.limits.bulkBytes);
  const options = readSearch(body);
  const selector = guarded(rest, options.selector);
  const search = { store: rest.store, options: { ...options, signal: closedSignal(reply) }, where: "body" } as const;
  if (body.explain !== true) return sendPage(reply, search);
  findFor(rest.store, options, "body"); // checks the options, reads nothing
  return sendJson(reply, JSON.stringify(explain(selector, options, rest.store.explain(options))));
}

/** The selector through the guard; a refusal points into the body's `selector`. */
function guarded({ store }: Rest, selector: unknown): ParsedSelector {
  try {
    return store.parseSelector(selector);
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== "EVT_INVALID_SELECTOR") throw error;
    const issues = error.issues.map((issue) => ({ ...issue, loc: ["body", "selector", ...issue.loc] }));
    throw new Failure(422, "invalid-selector", error.message, { issues });
  }
}

function readSearch(body: Body) {
  const issues: Issue[] = [];
  const refuse = (key: string, msg: string) =>
    issues.push({ type: "value_error", loc: ["body", key], msg, input: null });
  const text = (key: string) => {
    const value = body[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    refuse(key, "Should be text");
    return undefined;
  };
  for (const key of Object.keys(body)) {
    if (!KEYS.includes(key)) refuse(key, `Unknown; known are ${KEYS.join(", ")}`);
  }
  const options = {
    selector: readSelector(body, refuse),
    order: readOrder(body, refuse),
    limit: readLimit(body.limit, refuse),
    cursor: text("cursor"),
    fields: readFields(body.fields, refuse),
    from: text("from"),
    to: text("to"),
    includeArchived: readFlag(body, "include_archived", refuse),
  };
  readFlag(body, "explain", refuse);
  if (issues.length > 0) throw invalidRequest(issues);
  return options;
}

type Refuse = (key: string, msg: string) => void;

function readSelector(body: Body, refuse: Refuse): Record<string, unknown> {
  const { selector = {} } = body;
  if (typeof selector === "object" && selector !== null && !Array.isArray(selector)) return selector as Body;
  refuse("selector", 'Should be an object, like {"log_level": {"$gte": 40}}');
  return {};
}

const ORDERS: Readonly<Record<string, "newest" | "oldest">> = {
  newest: "newest",
  oldest: "oldest",
  "-event_timestamp": "newest",
  event_timestamp: "oldest",
  '{"event_timestamp":-1}': "newest",
  '{"event_timestamp":1}': "oldest",
};

/** `order`, or `sort` in one of the notations for the same two orders. */
function readOrder(body: Body, refuse: Refuse): "newest" | "oldest" | undefined {
  const key = body.order === undefined ? "sort" : "order";
  const given = body[key];
  if (given === undefined || given === null) return undefined;
  const word = typeof given === "string" ? given : JSON.stringify(given);
  if (!Object.hasOwn(ORDERS, word)) refuse(key, "Should be newest or oldest (by event_timestamp, then id)");
  return ORDERS[word];
}

function readLimit(given: unknown, refuse: Refuse): number {
  if (given === undefined || given === null) return DEFAULT_LIMIT;
  if (Number.isInteger(given) && (given as number) >= 1 && (given as number) <= MAX_LIMIT) return given as number;
  refuse("limit", `Should be a whole number from 1 to ${MAX_LIMIT}`);
  return DEFAULT_LIMIT;
}

function readFields(given: unknown, refuse: Refuse): string[] | undefined {
  if (given === undefined || given === null) return undefined;
  if (Array.isArray(given) && given.every((field) => FIELDS.includes(field))) return given;
  refuse("fields", `Should be a list of some of ${FIELDS.join(", ")}`);
  return undefined;
}

function readFlag(body: Body, key: string, refuse: Refuse): boolean | undefined {
  const given = body[key];
  if (given === undefined || typeof given === "boolean") return given;
  refuse(key, "Should be true or false");
  return undefined;
}

/** How the search would go, what bounds it, and what the guard made of the selector. */
function explain({ root, fields }: ParsedSelector, options: FindOptions, search: SearchPlan) {
  const archived = fields.has("archived") || fields.has("archived_at");
  return {
    plan: {
      ...search,
      order: options.order ?? "newest",
      limit: options.limit,
      from: options.from ?? null,
      to: options.to ?? null,
      time_bounded: options.from !== undefined || options.to !== undefined || fields.has("event_timestamp"),
      archived: (options.includeArchived ?? archived) ? "included" : "excluded",
      fields: [...fields],
    },
    guard: { accepted: true, ...countNodes(root), limits: DEFAULT_SELECTOR_LIMITS },
  };
}

function countNodes(root: Node): { conditions: number; regexes: number; depth: number } {
  const total = { conditions: 0, regexes: 0, depth: 0 };
  const test = (item: Test, depth: number): void => {
    if (item.op === "regex") total.regexes++;
    if (item.op === "in") total.regexes += item.regexes.length;
    if ("tests" in item) for (const inner of item.tests) test(inner, depth + 1);
    if (item.op === "elemMatchNode") node(item.node, depth + 1);
  };
  const node = (item: Node, depth: number): void => {
    total.depth = Math.max(total.depth, depth);
    if (item.op === "field") {
      total.conditions++;
      test(item.test, depth);
    } else for (const child of item.children) node(child, depth + 1);
  };
  node(root, 0);
  return total;
}

export const V1_SEARCH_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/events/search",
    handle: searchEvents,
    doc: () => ({
      summary: "Events a selector accepts, page by page",
      tag: "v1",
      body: {
        schema: z.object({
          selector: selectorSchema.optional(),
          order: z.enum(["newest", "oldest"]).default("newest").describe("By event_timestamp, then id"),
          sort: z
            .union([z.enum(["newest", "oldest"]), z.object({ event_timestamp: z.literal([1, -1]) })])
            .optional()
            .describe("The same order in MongoDB's notation; order wins"),
          limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
          cursor: z.string().nullable().optional(),
          fields: z.array(z.enum(FIELDS as [string, ...string[]])).optional(),
          from: z.string().optional().describe("Earliest event time, inclusive"),
          to: z.string().optional().describe("Latest event time, inclusive"),
          include_archived: z.boolean().optional(),
          explain: z.boolean().default(false).describe("Answer with {plan, guard} and search nothing"),
        }),
      },
      answer: pageSchema,
    }),
  },
];
