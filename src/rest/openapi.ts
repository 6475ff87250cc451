/** The OpenAPI 3.1 document, made of the route table; schemas come from zod. */
import { z } from "zod";
import type { Route, RouteDoc } from "./route.ts";
import { detailSchema, problemSchema } from "./schemas.ts";

type JsonObject = Record<string, unknown>;

interface Info {
  readonly managerName: string;
  readonly managerDescription: string | null;
}

/** Version of the contract, as MADSci's server states it. */
const API_VERSION = "0.1.0";

/**
 * @param prefix of the paths, where the routes are mounted in another app
 * @returns the whole document, ready to be written as JSON
 */
export function openApiDocument(routes: readonly Route[], info: Info, prefix = ""): JsonObject {
  const { managerName, managerDescription } = info;
  const shared: JsonObject = {};
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const doc = route.doc?.();
    if (doc === undefined) continue;
    const path = route.path.replace(/\*$/, ":event_id").replace(/:(\w+)/, "{$1}");
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(route.method.toLowerCase(), path, { doc, shared });
  }
  return {
    openapi: "3.1.0",
    info: { title: managerName, description: managerDescription ?? `${managerName} Manager`, version: API_VERSION },
    tags: [
      { name: "legacy", description: "The routes of MADSci's Event Manager" },
      { name: "v1", description: "The routes of this server" },
      { name: "service", description: "Probes and documentation" },
    ],
    ...(prefix !== "" && { servers: [{ url: prefix }] }),
    paths,
    components: { schemas: Object.fromEntries(Object.entries(shared).sort(([a], [b]) => (a < b ? -1 : 1))) },
  };
}

function operation(
  method: string,
  path: string,
  { doc, shared }: { readonly doc: RouteDoc; readonly shared: JsonObject },
): JsonObject {
  const parameters = [...idParameter(path, doc), ...queryParameters(doc, shared)];
  return {
    tags: [doc.tag],
    summary: doc.summary,
    ...(doc.description !== undefined && { description: doc.description }),
    operationId: `${method}${pathName(path)}`,
    ...(parameters.length > 0 && { parameters }),
    ...(doc.body && { requestBody: requestBody(doc.body, shared) }),
    responses: responses(doc, shared),
  };
}

/** `/v1/events/{event_id}` → `V1EventsEventId` */
function pathName(path: string): string {
  if (path === "/") return "Root";
  return path.replace(/[^a-z0-9]+(.?)/gi, (_, next: string) => next.toUpperCase());
}

function idParameter(path: string, { id }: RouteDoc): JsonObject[] {
  const name = /\{(\w+)\}/.exec(path)?.[1];
  return id === undefined ? [] : [{ name, in: "path", required: true, description: id, schema: { type: "string" } }];
}

function queryParameters({ query }: RouteDoc, shared: JsonObject): JsonObject[] {
  if (!query) return [];
  return Object.entries(query.shape).map(([name, type]) => {
    const { description, ...schema } = jsonSchema(type as z.ZodType, shared, "input");
    return { name, in: "query", required: false, ...(description !== undefined && { description }), schema };
  });
}

function requestBody(
  { schema, types = ["application/json"], optional }: NonNullable<RouteDoc["body"]>,
  shared: JsonObject,
) {
  const content = Object.fromEntries(types.map((type) => [type, { schema: jsonSchema(schema, shared, "input") }]));
  return { required: !optional, content };
}

function responses(doc: RouteDoc, shared: JsonObject): JsonObject {
  const problem = doc.tag === "v1";
  const schema = jsonSchema(problem ? problemSchema : detailSchema, shared, "output");
  const type = problem ? "application/problem+json" : "application/json";
  const failure = (description: string) =>
    doc.tag === "service" ? { description } : { description, content: { [type]: { schema } } };
  const all = {
    ...((doc.query || doc.body || doc.id) && { 422: "The request is not valid" }),
    429: "Too many requests; Retry-After says when to come back",
    ...(doc.tag !== "service" && {
      503: "The event store cannot answer right now; Retry-After says when to try again",
    }),
    ...doc.statuses,
  };
  const failures = Object.entries(all).map(([status, text]) => [status, failure(text)]);
  return { [doc.created ? 201 : 200]: success(doc, shared), ...Object.fromEntries(failures) };
}

function success({ answer, otherType, summary }: RouteDoc, shared: JsonObject): JsonObject {
  if (!(answer instanceof z.ZodType)) return { description: summary, content: { [answer.type]: {} } };
  const json = { "application/json": { schema: jsonSchema(answer, shared, "output") } };
  return { description: summary, content: { ...json, ...(otherType && { [otherType]: {} }) } };
}

/** A schema with its named parts moved to `components`. */
function jsonSchema(schema: z.ZodType, shared: JsonObject, io: "input" | "output"): JsonObject {
  const made = z.toJSONSchema(z.object({ it: schema }), { unrepresentable: "any", io });
  const text = JSON.stringify(made).replaceAll("#/$defs/", "#/components/schemas/");
  const { $defs = {}, properties } = JSON.parse(text) as { $defs?: JsonObject; properties: { it: JsonObject } };
  for (const [name, part] of Object.entries($defs)) {
    const { id: _id, ...rest } = part as JsonObject;
    shared[name] = rest;
  }
  return properties.it;
}
