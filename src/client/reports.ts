/** Reports and upkeep: utilization, backups, health and settings. What a server does not offer is its 404, in its words. */
import { type Json, stringifyJson } from "../event/json.ts";
import { checkKeys } from "../ship/option-checks.ts";
import type { HttpCaller, Question } from "./http-call.ts";
import type { ClientTimeouts } from "./options.ts";
import { isObject } from "./stored.ts";

/** An object a server answers with. @since 0.1.0 */
export type Answered = { readonly [key: string]: Json };

/** @since 0.1.0 */
export interface ReportOptions {
  /** Bounds of the report, ISO 8601. @default all there is */
  readonly start_time?: string;
  readonly end_time?: string;
  /** CSV as text instead of an object. @default false */
  readonly csv?: boolean;
  /** CSV: put `'` before text that a spreadsheet would run. MADSci's server never does. @default true */
  readonly formula_guard?: boolean;
  /** Count archived events. MADSci's server always does. @default true */
  readonly include_archived?: boolean;
}

/** What a report is: a text where CSV was asked for. @since 0.1.0 */
export type Reported<O extends ReportOptions> = O extends unknown
  ? ReportedFor<"csv" extends keyof O ? O["csv"] : false>
  : never;
type ReportedFor<Csv> = [Csv] extends [true] ? string : true extends Csv ? string | Answered : Answered;

/** @since 0.1.0 */
export interface PeriodsOptions extends ReportOptions {
  /** Length of a period: `"daily"`, `"hourly"` … @default "daily" */
  readonly analysis_type?: string;
  /** IANA zone in which days begin. @default the server's */
  readonly user_timezone?: string;
  /** Utilization by user too. @default true */
  readonly include_users?: boolean;
  /** Most experiments listed, and how many are left out before them. MADSci's server lists the first 50. @default 50, 0 */
  readonly experiments_limit?: number;
  readonly experiments_offset?: number;
}

/** @since 0.1.0 */
export interface SettingsOptions {
  /** Also what has its default value. @default true */
  readonly include_defaults?: boolean;
  /** The JSON Schema of the settings beside them. @default false */
  readonly include_schema?: boolean;
}

const REPORT = ["start_time", "end_time", "csv", "formula_guard", "include_archived"];
const PERIODS = [
  ...REPORT,
  "analysis_type",
  "user_timezone",
  "include_users",
  "experiments_limit",
  "experiments_offset",
];

export class Reports {
  readonly #http: HttpCaller;
  readonly #timeouts: Required<ClientTimeouts>;

  constructor(http: HttpCaller, timeouts: Required<ClientTimeouts>) {
    this.#http = http;
    this.#timeouts = timeouts;
  }

  sessions<O extends ReportOptions>(options: O): Promise<Reported<O>> {
    checkKeys("", options, REPORT);
    return this.#report("/utilization/sessions", options, this.#timeouts.longMs);
  }

  periods<O extends PeriodsOptions>(options: O): Promise<Reported<O>> {
    checkKeys("", options, PERIODS);
    return this.#report("/utilization/periods", options, this.#timeouts.dataMs);
  }

  users<O extends ReportOptions>(options: O): Promise<Reported<O>> {
    checkKeys("", options, REPORT);
    return this.#report("/utilization/user", options, this.#timeouts.longMs);
  }

  createBackup(description: string | undefined): Promise<Answered> {
    const body = stringifyJson({ description: description ?? null });
    return this.#object({ method: "POST", path: "/backup", body, timeoutMs: this.#timeouts.longMs });
  }

  backups(): Promise<Answered> {
    return this.#object({ method: "GET", path: "/backup/status", timeoutMs: this.#timeouts.defaultMs });
  }

  health(): Promise<Answered> {
    return this.#object({ method: "GET", path: "/health", timeoutMs: this.#timeouts.defaultMs });
  }

  settings(options: SettingsOptions): Promise<Answered> {
    checkKeys("", options, ["include_defaults", "include_schema"]);
    return this.#object({
      method: "GET",
      path: "/settings",
      query: { ...options },
      timeoutMs: this.#timeouts.defaultMs,
    });
  }

  async #report<O extends PeriodsOptions>(path: string, options: O, timeoutMs: number): Promise<Reported<O>> {
    const { csv, ...query } = options;
    const question: Question = { method: "GET", path, query: { ...query, csv_format: csv }, timeoutMs };
    if (csv !== true) return (await this.#object(question)) as Reported<O>;
    const { type, text } = await this.#http.accepted({ ...question, accept: "text/csv" });
    if (!/^text\/csv\b/i.test(type))
      throw this.#http.foreign(question, `${type || "no content type"} instead of text/csv`);
    return text as Reported<O>;
  }

  async #object(question: Question): Promise<Answered> {
    const answer = await this.#http.json(question);
    if (isObject(answer)) return answer;
    throw this.#http.foreign(question, "no JSON object");
  }
}
