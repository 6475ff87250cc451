/** What a route of this room is: method, path, handler, and the words and schemas of its documentation. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { EventStore } from "../store/store.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { ResolvedRestOptions } from "./options.ts";
import type { ReportTurns } from "./report-turns.ts";
import type { Reporter } from "./reporter.ts";

/** What every handler works with. */
export interface Rest {
  readonly store: EventStore;
  readonly options: ResolvedRestOptions;
  /** True as soon as the server has been told to stop. */
  readonly stopping: () => boolean;
  readonly streams: OpenStreams;
  readonly reports: ReportTurns;
  /** None: this thread makes the reports. */
  readonly reporter: Reporter | null | undefined;
  /** The OpenAPI document as JSON; made on first use. */
  readonly document: () => string;
}

/** The documentation of a route; openapi.ts makes an operation of it. */
export interface RouteDoc {
  readonly summary: string;
  readonly description?: string;
  readonly tag: "legacy" | "v1" | "service";
  readonly query?: z.ZodObject;
  /** Description of the id in the path: its last `*`, or the part that begins with `:`. */
  readonly id?: string;
  readonly body?: { readonly schema: z.ZodType; readonly types?: readonly string[]; readonly optional?: true };
  /** What a success holds. */
  readonly answer: z.ZodType | { readonly type: string };
  /** Media type a success may have instead. */
  readonly otherType?: string;
  /** A success is a 201. */
  readonly created?: true;
  /** Statuses beside the success and those every route may have. */
  readonly statuses?: Readonly<Record<number, string>>;
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** A last `*` takes the rest of the path as the id, slashes included. */
  readonly path: string;
  /** Which limit its body has. @default "bulk" */
  readonly body?: "event" | "bulk";
  readonly handle: (rest: Rest, request: FastifyRequest, reply: FastifyReply) => unknown;
  /** Absent: not part of the documented contract. */
  readonly doc?: () => RouteDoc;
}

export const JSON_TYPE = "application/json";

/** The part of the path that stands for `*`. */
export function idOf(request: FastifyRequest): string {
  return (request.params as { "*": string })["*"];
}

/** The part of the path that stands for `:name`. */
export function paramOf(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] as string;
}

/** Sends JSON text that is already made. */
export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type(JSON_TYPE).send(text);
}
