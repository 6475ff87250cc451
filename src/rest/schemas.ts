/** Schemas that only describe, for the OpenAPI document: what routes take and give. Requests are read by hand. */
import { z } from "zod";
import { eventSchema } from "../event/event.ts";

export { eventSchema };

/** What a sender may hand over; parse.ts has the exact rules. */
export const newEventSchema = z
  .object({
    event_id: z.union([z.string(), z.number()]).describe("Also accepted as _id"),
    event_type: z.string().describe("One of MADSci's types in any case, or the sender's own"),
    log_level: z.union([z.number(), z.string()]).describe("0, 10, 20, 30, 40, 50 or a name such as INFO"),
    alert: z.union([z.boolean(), z.string(), z.number()]),
    event_timestamp: z.union([z.string(), z.number()]).describe("ISO 8601, or Unix seconds or milliseconds"),
    source: z.record(z.string(), z.string().nullable()).describe("Ids of the parts of the lab, each a ULID"),
    event_data: z.unknown().describe("Any JSON value"),
    trace_id: z.string().nullable(),
    span_id: z.string().nullable(),
  })
  .partial()
  .meta({ id: "NewEvent", description: "An event as it is sent; every field is optional" });

export const storedEventSchema = z
  .object({
    ...eventSchema.shape,
    received_at: z.string().nullable().describe("UTC instant at which the store accepted the event"),
    skew_ms: z.number().nullable().describe("Arrival minus event time in milliseconds"),
  })
  .meta({ id: "StoredEvent" });

/** Events keyed by id, newest first. */
export const keyedEventsSchema = z.record(z.string(), eventSchema).describe("Events keyed by id, newest first");

export const selectorSchema = z
  .record(z.string(), z.unknown())
  .meta({ id: "Selector", description: 'A condition in MongoDB\'s syntax, e.g. {"log_level": {"$gte": 40}}' });

export const detailSchema = z
  .object({
    detail: z.union([
      z.string(),
      z.array(
        z.object({
          type: z.string(),
          loc: z.array(z.union([z.string(), z.number()])),
          msg: z.string(),
          input: z.unknown(),
          ctx: z.record(z.string(), z.unknown()).optional(),
        }),
      ),
    ]),
  })
  .meta({ id: "Detail", description: "An error as FastAPI words it" });

export const problemSchema = z
  .object({
    type: z.string().describe("Stable identifier of the kind of problem"),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    instance: z.string().optional().describe("Path of the request"),
    errors: z
      .array(
        z.object({
          detail: z.string(),
          code: z.string(),
          pointer: z.string().optional().describe("JSON pointer into the body"),
          parameter: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: "Problem", description: "An error as in RFC 9457" });
