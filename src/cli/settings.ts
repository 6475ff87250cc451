/**
 * The settings of the Event Manager: one row per setting, MADSci's names, bounds and defaults first, ours after them.
 *
 * Every other file of this room reads this table: files and environment (config.ts), flags (flags.ts), GET /settings
 * (redacted.ts). `email_alerts` is the one setting with settings inside.
 */
import {
  bool,
  choice,
  cron,
  databaseUrl,
  httpUrl,
  int,
  type Kind,
  level,
  list,
  nullable,
  seconds,
  section,
  text,
  ulid,
  zone,
} from "./kinds.ts";

export interface Setting<T> {
  readonly kind: Kind<T>;
  readonly default: T;
  readonly description: string;
  /** Environment names in order of precedence. @default EVENT_<NAME> */
  readonly env?: readonly string[];
  /** Keys in settings files in order of precedence. @default <name>, event_<name> */
  readonly keys?: readonly string[];
  /** Flag names; the first is the one help shows. @default <name> with dashes */
  readonly flags?: readonly string[];
  /** Shown as `***REDACTED***` everywhere. */
  readonly secret?: true;
  /** A URL: shown in its normal form. */
  readonly url?: true;
  /** Read, checked and shown for MADSci's sake; changes nothing here. */
  readonly inert?: true;
}

/** A value before it is checked, and the words that say where it stood. */
export interface Candidate {
  readonly value: unknown;
  readonly origin: string;
  /** Of the file it stood in; relative paths start there. */
  readonly folder?: string | undefined;
}

const row = <T>(kind: Kind<T>, fallback: NoInfer<T>, description: string, more: Partial<Setting<T>> = {}) => ({
  kind,
  default: fallback,
  description,
  ...more,
});
const INERT = { inert: true } as const;

/** What `email_alerts` holds. */
const EMAIL_ALERTS = {
  smtp_server: row(text, "smtp.example.com", "Mail server"),
  smtp_port: row(int(1, 65_535), 587, "Port of the mail server"),
  smtp_username: row(nullable(text), null, "User at the mail server", { secret: true }),
  smtp_password: row(nullable(text), null, "Password at the mail server", { secret: true }),
  use_tls: row(bool, true, "STARTTLS before anything is sent"),
  sender: row(text, "no-reply@example.com", "Address the mails come from"),
  default_importance: row(text, "Normal", "High, Normal or Low"),
  email_addresses: row(list, [], "Who gets the mails"),
};

/** The file the events rest in unless a URL says otherwise. */
const DEFAULT_URL = "sqlite:.madsci/events/events.db";

const SETTINGS = {
  server_url: row(httpUrl, "http://localhost:8001", "Where the server listens: host and port", { url: true }),
  manager_id: row(nullable(ulid), null, "Id of this manager; null keeps one beside the embedded database"),
  manager_type: row(nullable(text), "event_manager", "Kind of manager"),
  manager_name: row(nullable(text), null, "Name shown in the documentation page"),
  manager_description: row(nullable(text), null, "Text shown in the documentation page"),
  rate_limit_enabled: row(bool, true, "Limit requests per client address"),
  rate_limit_requests: row(int(1), 300, "Requests per window"),
  rate_limit_window: row(int(1), 60, "Length of the window in seconds"),
  rate_limit_short_requests: row(nullable(int(1)), 50, "Requests per short window; null for no short window"),
  rate_limit_short_window: row(nullable(int(1)), 1, "Length of the short window in seconds"),
  rate_limit_cleanup_interval: row(int(1), 300, "Seconds between clean-ups of the limiter"),
  rate_limit_exempt_ips: row(nullable(list), null, "Addresses without limit; null exempts loopback, [] nobody"),
  uvicorn_workers: row(nullable(int(1)), null, "Python server only", INERT),
  uvicorn_limit_concurrency: row(nullable(int(1)), null, "Python server only", INERT),
  uvicorn_limit_max_requests: row(nullable(int(1)), null, "Python server only", INERT),
  enable_registry_resolution: row(bool, true, "MADSci's id registry; not used here", INERT),
  lab_url: row(nullable(httpUrl), null, "URL of the lab manager; not used here", { inert: true, url: true }),
  registry_lock_timeout: row(seconds, 60, "MADSci's id registry; not used here", INERT),
  otel_enabled: row(bool, false, "OpenTelemetry; not used here", INERT),
  otel_service_name: row(nullable(text), null, "OpenTelemetry; not used here", INERT),
  otel_exporter: row(choice(["console", "otlp", "none"]), "console", "OpenTelemetry; not used here", INERT),
  otel_endpoint: row(nullable(text), null, "OpenTelemetry; not used here", INERT),
  otel_protocol: row(choice(["grpc", "http"]), "grpc", "OpenTelemetry; not used here", INERT),
  mongo_db_url: row(databaseUrl, DEFAULT_URL, "Where the events rest: sqlite:PATH, mongodb://…, memory:", {
    secret: true,
    env: ["MONGO_DB_URL", "EVENT_DB_URL", "DB_URL", "EVENT_MONGO_DB_URL", "EVENT_DOCUMENT_DB_URL", "DOCUMENT_DB_URL"],
    keys: ["mongo_db_url", "event_mongo_db_url", "db_url", "event_db_url", "document_db_url", "event_document_db_url"],
    flags: ["url", "mongo-db-url", "mongo-url", "db-url", "document-db-url"],
  }),
  database_name: row(text, "madsci_events", "MongoDB database where the URL names none"),
  collection_name: row(text, "events", "MongoDB collection of the events"),
  alert_level: row(level, 40, "Events from this level on alert, where alerts are on"),
  retention_enabled: row(bool, false, "Archive and purge by age", INERT),
  soft_delete_after_days: row(int(1), 90, "Archive events older than this", INERT),
  hard_delete_after_days: row(int(1), 365, "Purge what was archived longer ago than this", INERT),
  retention_check_interval_hours: row(int(1), 24, "Hours between retention runs", INERT),
  archive_batch_size: row(int(1), 1000, "Events archived per step"),
  max_batches_per_run: row(int(0), 100, "Steps per retention run; 0 for no bound", INERT),
  backup_enabled: row(bool, false, "Make backups by itself, see backup_schedule"),
  backup_schedule: row(nullable(cron), null, "When: a cron line, in naive_timezone, else UTC"),
  backup_dir: row(text, ".madsci/mongodb/backups", "Directory of the backups"),
  backup_max_count: row(int(1), 10, "Backups of a database that are kept"),
  fail_on_retention_error: row(bool, false, "Stop retention after an error", INERT),
  naive_timezone: row(nullable(zone), null, "Zone of timestamps without offset; null for the zone of this process"),
  alerting: row(
    nullable(section),
    null,
    "Alerts: rules, receivers, channels; an object, or the path of a YAML or JSON file",
  ),
  email_alerts_await_delivery: row(bool, false, "Answer once the mails of email_alerts are out, or after 5 s"),
  email_alerts_verify_certificate: row(bool, true, "Check the certificate of the mail server of email_alerts"),
  strict_event_types: row(bool, false, "Refuse event types MADSci does not know"),
  max_event_bytes: row(int(1), 262_144, "Bytes of one event, as JSON"),
  max_bulk_bytes: row(int(1), 10_485_760, "Bytes of a request with many events"),
  max_bulk_events: row(int(1), 10_000, "Events of one request"),
  max_results: row(int(1), 10_000, "Events of one list in an answer"),
  query_max_events: row(int(1), 100_000, "Events POST /events/query answers with at most"),
  query_time_limit: row(int(1, 86_400), 30, "Longest search in seconds"),
  shutdown_grace: row(int(0, 8), 0, "Seconds /ready says no before the server stops to listen"),
  utilization_time_limit: row(
    int(1, 86_400),
    120,
    "Longest utilization report in seconds, waiting and answer included",
  ),
  utilization_export_dir: row(
    nullable(text),
    null,
    "Where save_to_file of the utilization reports may write; null: nowhere",
  ),
  cors_origins: row(list, ["*"], "Web origins that may call; [] for none; only those named change alerts"),
  docs_enabled: row(bool, true, "Serve the documentation page at /docs"),
};

type Values<T> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never };

export type EmailAlerts = Values<typeof EMAIL_ALERTS>;

/** Every setting with its checked value. */
export type Settings = Values<typeof SETTINGS> & { readonly email_alerts: EmailAlerts | null };

/** The rows as one list, for code that treats all alike. */
export const ROWS: readonly (readonly [string, Setting<unknown>])[] = Object.entries(SETTINGS) as never;
export const EMAIL_ROWS: readonly (readonly [string, Setting<unknown>])[] = Object.entries(EMAIL_ALERTS) as never;

/** Names under which the environment may hold a setting, in order of precedence. */
export function envNames(name: string, setting: Pick<Setting<unknown>, "env">): readonly string[] {
  return setting.env ?? [`EVENT_${name.toUpperCase()}`];
}

/** Keys under which a settings file may hold a setting; the unprefixed one wins. */
export function fileKeys(name: string, setting: Pick<Setting<unknown>, "keys">): readonly string[] {
  return setting.keys ?? [name, `event_${name}`];
}

/** Flags (without dashes in front) that set it. */
export function flagNames(name: string, setting: Pick<Setting<unknown>, "flags">): readonly string[] {
  return setting.flags ?? [name.replaceAll("_", "-")];
}
