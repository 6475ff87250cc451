/** ServerReports: the reports of an Event Manager, this package's or MADSci's, over its HTTP routes. */
import { HttpCaller, type Question } from "../client/http-call.ts";
import { isObject } from "../client/stored.ts";
import { EventStoreError } from "../errors.ts";
import { formatInstant, type Instant } from "../event/instant.ts";
import type { PeriodsReport, SessionsReport, UsersReport } from "../report/index.ts";
import { targetOf } from "../ship/http-options.ts";
import { usageError } from "./exit.ts";
import { inWordsOfFlags, type PeriodsWish, type ReportDesk } from "./report-desk.ts";
import type { ReportWish } from "./report-flags.ts";

/** MADSci's server takes minutes for what ours does in a second. */
const PATIENCE_MS = 600_000;

export class ServerReports implements ReportDesk {
  readonly #http: HttpCaller;
  readonly #life = new AbortController();

  /** @throws EventStoreError `EVT_INVALID_OPTION` when it is no URL of a server */
  constructor(url: string) {
    if (!/^https?:\/\/./i.test(url)) throw usageError("--server takes the URL of a server, like http://lab:8001");
    this.#http = new HttpCaller(targetOf({ url }), this.#life.signal);
  }

  sessions(wish: ReportWish): Promise<SessionsReport> {
    return this.#ask("sessions", wish, ["report_metadata", "overall_summary", "session_details"]);
  }

  periods(wish: PeriodsWish): Promise<PeriodsReport> {
    const { by, zone, includeUsers, experimentsLimit, experimentsOffset } = wish;
    const more = { analysis_type: by, user_timezone: zone, include_users: includeUsers };
    const page = { experiments_limit: experimentsLimit, experiments_offset: experimentsOffset };
    const parts = ["summary_metadata", "key_metrics", "time_series"];
    return this.#ask<PeriodsReport>("periods", wish, parts, { ...more, ...page }).catch(inWordsOfFlags);
  }

  users(wish: ReportWish): Promise<UsersReport> {
    return this.#ask("user", wish, ["report_metadata", "system_summary", "user_utilization"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
  }

  /** @param parts what its answer must have */
  async #ask<T>(name: string, wish: ReportWish, parts: readonly string[], more: Question["query"] = {}): Promise<T> {
    const { from, to, includeArchived } = wish;
    const query = { start_time: timeText(from), end_time: timeText(to), include_archived: includeArchived, ...more };
    const question: Question = { method: "GET", path: `/utilization/${name}`, query, timeoutMs: PATIENCE_MS };
    const answer = await this.#http.json(question);
    if (!isObject(answer)) throw this.#http.foreign(question, `no ${parts[0]}`);
    const missing = parts.find((part) => typeof answer[part] !== "object" || answer[part] === null);
    if (missing === undefined) return answer as T;
    // MADSci tells its failures with a status of success.
    if (typeof answer.error === "string") throw failed(name, answer.error);
    throw this.#http.foreign(question, `no ${missing}`);
  }
}

function timeText(instant: Instant | undefined): string | undefined {
  return instant === undefined ? undefined : formatInstant(instant);
}

function failed(name: string, why: string): EventStoreError {
  return new EventStoreError(
    "EVT_BACKEND_UNAVAILABLE",
    `GET /utilization/${name}: the server says: ${why.slice(0, 500)}`,
  );
}
