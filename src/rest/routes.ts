/** Every route, in the order of the documentation. Mounting and the OpenAPI document both read this table. */
import { BACKUP_ROUTES } from "./backup.ts";
import { DOCS_ROUTES } from "./docs.ts";
import { HEALTH_ROUTES } from "./health.ts";
import { LEGACY_ARCHIVE_ROUTES } from "./legacy-archive.ts";
import { LEGACY_EVENT_ROUTES } from "./legacy-event.ts";
import { LEGACY_EVENTS_ROUTES } from "./legacy-events.ts";
import { METRICS_ROUTES } from "./metrics.ts";
import type { Route } from "./route.ts";
import { SETTINGS_ROUTES } from "./settings.ts";
import { UTILIZATION_ROUTES } from "./utilization.ts";
import { V1_ACT_ROUTES } from "./v1-act.ts";
import { V1_ALERTS_ROUTES } from "./v1-alerts.ts";
import { V1_APPEND_ROUTES } from "./v1-append.ts";
import { V1_FIND_ROUTES } from "./v1-find.ts";
import { V1_INCIDENTS_ROUTES } from "./v1-incidents.ts";
import { V1_NOTIFICATIONS_ROUTES } from "./v1-notifications.ts";
import { V1_RULES_ROUTES } from "./v1-rules.ts";
import { V1_SEARCH_ROUTES } from "./v1-search.ts";
import { V1_SILENCES_ROUTES } from "./v1-silences.ts";
import { V1_STREAM_ROUTES } from "./v1-stream.ts";

export const ROUTES: readonly Route[] = [
  ...LEGACY_EVENT_ROUTES,
  ...LEGACY_EVENTS_ROUTES,
  ...LEGACY_ARCHIVE_ROUTES,
  ...UTILIZATION_ROUTES,
  ...SETTINGS_ROUTES,
  ...BACKUP_ROUTES,
  ...V1_APPEND_ROUTES,
  ...V1_FIND_ROUTES,
  ...V1_SEARCH_ROUTES,
  ...V1_STREAM_ROUTES,
  ...V1_INCIDENTS_ROUTES,
  ...V1_ACT_ROUTES,
  ...V1_SILENCES_ROUTES,
  ...V1_RULES_ROUTES,
  ...V1_NOTIFICATIONS_ROUTES,
  ...V1_ALERTS_ROUTES,
  ...HEALTH_ROUTES,
  ...METRICS_ROUTES,
  ...DOCS_ROUTES,
];
