/** Aliases: the same methods under the names MADSci, pino and TypeScript users look for. */
const ALIASES = {
  log_debug: "debug",
  log_info: "info",
  warn: "warning",
  log_warning: "warning",
  log_error: "error",
  exception: "error",
  fatal: "critical",
  log_critical: "critical",
  log_alert: "alert",
  getEvent: "get_event",
  getEvents: "get_events",
  queryEvents: "query_events",
  countEvents: "count_events",
  archiveEvents: "archive_events",
  purgeEvents: "purge_events",
  getSessionUtilization: "get_session_utilization",
  getUtilizationPeriods: "get_utilization_periods",
  getUserUtilizationReport: "get_user_utilization_report",
  createBackup: "create_backup",
  getBackupStatus: "get_backup_status",
} as const;

type Aliases = typeof ALIASES;

/** @since 0.1.0 */
export type ClientAliases<C extends Named> = { readonly [A in keyof Aliases]: C[Aliases[A]] };
type Named = { readonly [M in Aliases[keyof Aliases]]: unknown };

/** Puts every alias beside the method it stands for. */
export function addAliases(prototype: Named): void {
  for (const [alias, method] of Object.entries(ALIASES)) {
    const value = prototype[method];
    Object.defineProperty(prototype, alias, { value, writable: true, configurable: true });
  }
}
