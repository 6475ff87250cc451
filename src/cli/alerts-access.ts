/** Alerts: what commands do with alerts, wherever these are: those of a database here, or behind a server. */
import type { AlertDesk } from "../alert/desk.ts";

export type Alerts = Pick<
  AlertDesk,
  | "incidents"
  | "acknowledge"
  | "silences"
  | "silence"
  | "expireSilence"
  | "rules"
  | "notifications"
  | "retry"
  | "discard"
  | "why"
  | "test"
  | "verify"
> &
  AsyncDisposable;
