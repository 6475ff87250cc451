/** `GET /settings`, `GET /definition` and `GET /`: what the manager says of itself. */
import { isDeepStrictEqual } from "node:util";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { QueryReader } from "./query-reader.ts";
import type { Rest, Route } from "./route.ts";
import { sendJson } from "./route.ts";

function settings({ options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const query = new QueryReader(request.url);
  const withDefaults = query.bool("include_defaults", true);
  const withSchema = query.bool("include_schema", false);
  query.check();
  const changed = ([key, value]: [string, unknown]) => !isDeepStrictEqual(value, options.settingsDefaults[key]);
  const entries = Object.entries(options.settings()).filter((entry) => withDefaults || changed(entry));
  const schema = { schema: options.settingsSchema, schema_title: "EventManagerSettings" };
  return sendJson(reply, JSON.stringify({ settings: Object.fromEntries(entries), ...(withSchema && schema) }));
}

function definition({ options }: Rest, _request: FastifyRequest, reply: FastifyReply) {
  const { managerName: name, managerDescription: description, managerId } = options;
  return sendJson(reply, JSON.stringify({ name, description, manager_id: managerId, manager_type: "event_manager" }));
}

const definitionDoc = () =>
  ({
    summary: "Who this manager is (as MADSci before 0.7 answers)",
    tag: "legacy",
    answer: z.object({
      name: z.string(),
      description: z.string().nullable(),
      manager_id: z.string().nullable(),
      manager_type: z.literal("event_manager"),
    }),
  }) as const;

export const SETTINGS_ROUTES: readonly Route[] = [
  { method: "GET", path: "/", handle: definition, doc: definitionDoc },
  { method: "GET", path: "/definition", handle: definition, doc: definitionDoc },
  {
    method: "GET",
    path: "/settings",
    handle: settings,
    doc: () => ({
      summary: "The settings in force, without secrets",
      tag: "legacy",
      query: z.object({ include_defaults: z.boolean().default(true), include_schema: z.boolean().default(false) }),
      answer: z.object({
        settings: z.record(z.string(), z.unknown()),
        schema: z.record(z.string(), z.unknown()).optional(),
        schema_title: z.string().optional(),
      }),
    }),
  },
];
