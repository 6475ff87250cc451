/** What the OpenAPI document says of the reports' routes: their parameters, and what they may answer. */
import { z } from "zod";
import { MOST_EXPERIMENTS } from "./report-query.ts";
import type { RouteDoc } from "./route.ts";

const savedSchema = z
  .object({
    success: z.literal(true),
    message: z.string(),
    file_path: z.string().describe("Within the export directory"),
    csv_format: z.literal(true),
    saved_to_server: z.literal(true),
    report_type: z.string(),
  })
  .meta({ id: "SavedReport", description: "With csv_format and save_to_file" });

const failedSchema = z
  .object({ error: z.string() })
  .meta({ id: "FailedReport", description: "With strict=false: the report could not be made" });

const timesQuery = {
  start_time: z.string().optional().describe("ISO 8601; UTC without offset. Without end_time: 24 h from here"),
  end_time: z.string().optional().describe("Itself outside. Without both times: all there is"),
};

const formQuery = {
  csv_format: z.boolean().default(false).describe("CSV instead of JSON"),
  save_to_file: z
    .boolean()
    .default(false)
    .describe("With csv_format: the CSV into a file in the export directory, where the server has one"),
  output_path: z.string().optional().describe("Folder of the file, within the export directory"),
  formula_guard: z.boolean().default(true).describe("CSV: put ' before text that a spreadsheet would run"),
  include_archived: z.boolean().default(true).describe("Count archived events"),
  strict: z.boolean().default(true).describe('Failures as statuses; false: 200 with `{"error": …}`, as MADSci'),
};

export const periodsQuery = z.object({
  ...timesQuery,
  analysis_type: z.enum(["hourly", "daily", "weekly", "monthly"]).default("daily"),
  user_timezone: z.string().default("America/Chicago").describe("IANA zone of the calendar"),
  include_users: z.boolean().default(true),
  ...formQuery,
  experiments_limit: z.int().min(0).max(MOST_EXPERIMENTS).default(50).describe("Experiments listed"),
  experiments_offset: z.int().min(0).default(0).describe("Experiments left out before them"),
});

/** Parameters of the other two. */
export const plainQuery = z.object({ ...timesQuery, ...formQuery });

/** The documentation of a report's route. */
export function docOf(summary: string, query: z.ZodObject, report: z.ZodType): RouteDoc {
  const answer = z.union([report, savedSchema, failedSchema]);
  const statuses = {
    403: "Files may not be saved here",
    503: "No answer from the event store, too many reports, or one that takes too long; Retry-After says when to try again",
  };
  return { summary, tag: "legacy", query, answer, otherType: "text/csv", statuses };
}
