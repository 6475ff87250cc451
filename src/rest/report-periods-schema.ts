/** Schema of the report by period, for the OpenAPI document. */
import { z } from "zod";
import type { PeriodsReport } from "../report/index.ts";
import { generatedAt, skipped } from "./report-schemas.ts";

const count = z.int();
const text = z.string();
const hours = z.number().describe("Hours");
const percent = z.number().describe("0 to 100");
const analysisType = z.enum(["hourly", "daily", "weekly", "monthly"]);

const peak = {
  peak_utilization: percent,
  peak_period: text.nullable(),
  peak_context: text,
};

const keyMetrics = z.object({
  average_utilization: z.number().describe("Mean over active periods; monthly: active time by runtime"),
  ...peak,
  total_experiments: count.describe("Started in the window"),
  total_runtime_hours: hours,
  total_active_time_hours: hours,
  active_periods: count.describe("Periods with active time"),
  total_periods: count,
  total_experiments_active: count.describe("Different ones that ran or started in the window"),
});

const users = z
  .object({
    total_users: count,
    author_attribution_rate_percent: percent,
    top_users: z.array(
      z.object({
        author: text,
        total_workflows: count,
        total_runtime_hours: hours,
        completion_rate_percent: percent,
        average_workflow_duration_hours: hours,
      }),
    ),
    system_totals: z.object({ total_workflows: count, total_runtime_hours: hours, completion_rate_percent: percent }),
  })
  .describe("Where include_users is true");

const nodeTotals = z.object({
  node_id: text,
  node_name: text.nullable(),
  display_name: text,
  average_utilization: percent,
  ...peak,
  total_busy_hours: hours,
});

const workcellTotals = z.object({
  workcell_id: text,
  workcell_name: text,
  display_name: text,
  average_utilization: percent,
  ...peak,
  total_experiments: count,
  total_runtime_hours: hours,
  total_active_time_hours: hours,
});

const trend = z.union([
  z.object({ direction: z.literal("insufficient_data"), change_percent: z.literal(0) }),
  z.object({
    direction: z.enum(["increasing", "decreasing", "stable"]),
    change_percent: z.number(),
    first_value: z.number(),
    last_value: z.number(),
    active_periods_analyzed: count,
  }),
]);

const experiment = z.object({
  experiment_id: text,
  experiment_name: text,
  start_time: text,
  end_time: text.nullable(),
  status: text,
  duration_hours: hours.nullable(),
  duration_display: text,
});

const label = {
  period_number: count.describe("From 1"),
  period_type: z.enum(["period", "day", "week", "month"]),
  period_display: text,
  date: text,
};

const systemPeriod = z.object({
  ...label,
  start_time: text.describe("Local start of the hour, day, week or month"),
  start_time_utc: text.describe("Not before the window"),
  utilization: percent,
  experiments: count.describe("Started in the period"),
  runtime_hours: hours,
  active_time_hours: hours,
  experiments_active: count.describe("Different ones that ran or started in the period"),
});

const nodePeriod = z.object({
  ...label,
  utilization: percent,
  busy_hours: hours,
  busy_time_hours: hours,
  up_time_hours: hours,
  error_time_hours: hours,
});

const workcellPeriod = z.object({
  ...label,
  utilization: percent,
  experiments: count,
  runtime_hours: hours,
  active_time_hours: hours,
  attributed: z.literal(false),
  attributed_experiments: count,
});

export const periodsSchema = z
  .object({
    summary_metadata: z.object({
      analysis_type: analysisType,
      generated_at: generatedAt,
      period_start: text,
      period_end: text,
      user_timezone: text,
      total_periods: count,
      method: z.literal("session_based_analysis_with_experiment_details_refactored"),
      skipped_events: skipped,
    }),
    key_metrics: keyMetrics,
    user_utilization: users.optional(),
    node_summary: z.record(z.string(), nodeTotals).describe("By node id"),
    workcell_summary: z.record(z.string(), workcellTotals).describe("By workcell id"),
    trends: z.object({ utilization_trend: trend, experiment_trend: trend }),
    experiment_details: z.object({ total_experiments: count, experiments: z.array(experiment) }),
    time_series: z.object({
      system: z.array(systemPeriod),
      nodes: z.record(z.string(), z.array(nodePeriod)),
      workcells: z.record(z.string(), z.array(workcellPeriod)),
    }),
  })
  .meta({ id: "PeriodsReport" }) satisfies z.ZodType<PeriodsReport>;
