/** Schemas of the reports' answers, for the OpenAPI document: MADSci's keys in MADSci's order, ours last in their object. */
import { z } from "zod";
import type { SessionsReport, UsersReport } from "../report/index.ts";

const count = z.int();
const number = z.number();
const text = z.string();
const time = z.string().describe("UTC without suffix");
const hours = z.number().describe("Hours");
const percent = z.number().describe("0 to 100");

/** What every report says of itself. */
export const skipped = count.describe("Events of which something could not be read; the rest of them counts");
export const generatedAt = z.string().describe("UTC with its offset");

const durationSchema = z
  .object({
    display: text,
    seconds: number,
    minutes: number,
    hours: number,
    primary_unit: z.enum(["seconds", "minutes", "hours"]),
    primary_value: number,
  })
  .meta({ id: "Duration", description: "A length of time, in three units and in words" });

const nodeSchema = z
  .object({
    node_id: text,
    node_name: text.nullable(),
    display_name: text,
    utilization_percent: percent,
    state: z.enum(["busy", "idle", "error", "inactive"]).describe("At the session's end"),
    timing: z.object({ busy_time: durationSchema, idle_time: durationSchema, total_time: durationSchema }),
    raw_hours: z.object({ busy: hours, idle: hours, total: hours }),
    busy_time_hours: hours,
    idle_time_hours: hours,
    error_time_hours: hours,
    inactive_time_hours: hours,
    up_time_hours: hours,
  })
  .meta({ id: "SessionNode", description: "A node in one session" });

const sessionSchema = z
  .object({
    session_type: z.enum(["lab", "workcell", "system", "default_analysis"]),
    session_id: text,
    session_name: text,
    start_time: time,
    end_time: time,
    timing: z.object({ duration: durationSchema, active_time: durationSchema, idle_time: durationSchema }),
    system_utilization_percent: percent,
    total_experiments: count,
    experiment_details: z.array(
      z.object({ experiment_id: text, experiment_name: text.nullable(), display_name: text }),
    ),
    nodes_active: count,
    node_utilizations: z.record(z.string(), nodeSchema).describe("By node id"),
    raw_hours: z.object({ duration: hours, active: hours, idle: hours }),
    duration_hours: hours,
    active_time_hours: hours,
    started_before_window: z.boolean(),
    ended_by: z.enum(["stop", "restart", "window"]),
  })
  .meta({ id: "Session" });

const overallSchema = z.object({
  total_sessions: count,
  total_system_runtime_hours: z.number().describe("Hours in which at least one session was open"),
  total_active_time_hours: z.number().describe("Hours in which at least one experiment ran in a session"),
  average_system_utilization_percent: percent,
  total_experiments: count,
  nodes_tracked: count,
  node_summary: z
    .record(
      z.string(),
      z.object({ average_utilization_percent: percent, total_busy_time_hours: hours, sessions_active: count }),
    )
    .describe("By node id"),
  analysis_period: z.object({ start_time: time, end_time: time, duration_hours: hours }),
  total_session_hours: z.number().describe("Sum of the sessions' hours: two at a time count twice"),
});

export const sessionsSchema = z
  .object({
    report_metadata: z.object({
      generated_at: generatedAt,
      analysis_start: time,
      analysis_end: time,
      total_sessions: count,
      analysis_duration_hours: hours,
      skipped_events: skipped,
    }),
    overall_summary: overallSchema,
    session_details: z.array(sessionSchema).describe("By start"),
  })
  .meta({ id: "SessionsReport" }) satisfies z.ZodType<SessionsReport>;

const workflowSchema = z.object({
  workflow_id: text,
  workflow_name: text,
  start_time: time.nullable(),
  end_time: time.nullable(),
  duration_hours: hours.nullable(),
  status: text,
});

const userSchema = z
  .object({
    author: text,
    total_workflows: count,
    completed_workflows: count,
    failed_workflows: count,
    cancelled_workflows: count,
    total_runtime_hours: hours,
    average_workflow_duration_hours: hours,
    shortest_workflow_hours: hours.nullable(),
    longest_workflow_hours: hours.nullable(),
    completion_rate_percent: percent,
    workflows: z.array(workflowSchema),
  })
  .meta({ id: "User" });

export const usersSchema = z
  .object({
    report_metadata: z.object({
      generated_at: generatedAt,
      analysis_start: time,
      analysis_end: time,
      total_workflows: count,
      total_users: count,
      workflows_with_authors: count,
      workflows_without_authors: count,
      skipped_events: skipped,
    }),
    system_summary: z.object({
      total_workflows: count,
      total_runtime_hours: hours,
      average_workflow_duration_hours: hours,
      completion_rate_percent: percent,
      workflows_with_known_authors: count,
      author_attribution_rate_percent: percent,
    }),
    user_utilization: z.record(z.string(), userSchema).describe("By author"),
  })
  .meta({ id: "UsersReport" }) satisfies z.ZodType<UsersReport>;
