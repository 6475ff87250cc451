/**
 * Event: one immutable fact of the lab. Its fields, their order and their JSON Schema.
 *
 * Field names are MADSci's, in every layer. The lax rules by which input becomes an Event are in parse.ts.
 */
import { z } from "zod";
import type { Json } from "./json.ts";

const ownershipId = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  .optional();

/** Who an event came from; every id is a ULID. @since 0.1.0 */
const sourceSchema = z
  .strictObject({
    user_id: ownershipId,
    experiment_id: ownershipId,
    campaign_id: ownershipId,
    project_id: ownershipId,
    node_id: ownershipId,
    workcell_id: ownershipId,
    lab_id: ownershipId,
    step_id: ownershipId,
    workflow_id: ownershipId,
    manager_id: ownershipId,
  })
  .meta({ id: "Source", description: "Ids of the parts of the lab this event belongs to; unknown ones are absent" });

/** @since 0.1.0 */
export type Source = z.infer<typeof sourceSchema>;

/** Field names of `source` in the order they are written. */
export const SOURCE_FIELDS = Object.keys(sourceSchema.shape) as readonly (keyof Source)[];

/** An event as it is stored and returned: every field present, in this order. @since 0.1.0 */
export const eventSchema = z
  .strictObject({
    _id: z.string().min(1).max(256).describe("Unique id, a ULID unless the sender chose another"),
    event_type: z.string().min(1).describe("Lower case; one of MADSci's 63 types, or the sender's own"),
    log_level: z.union([0, 10, 20, 30, 40, 50].map((level) => z.literal(level as 0 | 10 | 20 | 30 | 40 | 50))),
    alert: z.boolean().describe("True asks for a notification whatever the level"),
    event_timestamp: z
      .string()
      .describe("ISO 8601 as the sender wrote it; without offset it is read in naive_timezone"),
    source: sourceSchema,
    event_data: z.custom<Json>(() => true).meta({ description: "Any JSON value" }),
    trace_id: z.string().nullable(),
    span_id: z.string().nullable(),
    archived: z.boolean().describe("Hidden from default results; set by the server"),
    archived_at: z.string().nullable().describe("UTC instant of archiving; set by the server"),
  })
  .meta({ id: "Event" });

/** @since 0.1.0 */
export type Event = z.infer<typeof eventSchema>;

/** Field names of an event in the order they are written. */
export const EVENT_FIELDS = Object.keys(eventSchema.shape) as readonly (keyof Event)[];

/** What a caller may hand over: every field optional, `event_id` for `_id`, the lax notations of parse.ts. @since 0.1.0 */
export interface EventInput {
  readonly _id?: string | number;
  readonly event_id?: string | number;
  readonly event_type?: string;
  readonly log_level?: number | string;
  readonly alert?: boolean | number | string;
  readonly event_timestamp?: string | number | Date;
  readonly source?: Source | Readonly<Record<string, unknown>>;
  readonly event_data?: unknown;
  readonly trace_id?: string | null;
  readonly span_id?: string | null;
}

/**
 * An event with what the store knows about its arrival.
 * @since 0.1.0
 */
export interface StoredEvent extends Event {
  /** UTC instant at which the store accepted the event, ISO 8601. Null for events another program wrote. */
  readonly received_at: string | null;
  /** Arrival minus event time in milliseconds: positive for late events, negative for clocks ahead of ours. */
  readonly skew_ms: number | null;
}
