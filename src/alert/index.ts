/** `madsci-events/alert`: rules, incidents and notifications on a store. Loads no mailer until a mail is sent. */
export type { AlertClock } from "./clock.ts";
export { type CompatContext, type CompatEmail, compatPlan } from "./compat-plan.ts";
export type {
  AlertDesk,
  AlertStats,
  By,
  ListQuery,
  Page,
  Redeemed,
  RuleView,
  SilenceInput,
  Why,
} from "./desk.ts";
export { Alerts, type OpenAlertsOptions, openAlerts, startAlerts } from "./engine.ts";
export type { EngineOptions } from "./engine-options.ts";
export { type FunctionChannelOptions, functionChannel } from "./function-channel.ts";
export type { AlertHook, HookStats, RunningHook } from "./hook.ts";
export type { HookOptions } from "./hook-options.ts";
export type { AlertHost } from "./host.ts";
export type { Comment, Incident, IncidentState, Sample, Silence, Weekly } from "./incident.ts";
export { LAB_PACK } from "./lab-pack.ts";
export { lintAlerts } from "./lint.ts";
export type { Channel, Delivery, Notice, Notification, NotificationState, Occasion } from "./notification.ts";
export type {
  AlertOptions,
  ChannelOptions,
  PlanContext,
  ReceiverOptions,
  RuleOptions,
  SmtpOptions,
  UsualOptions,
  WhileOptions,
} from "./options.ts";
export type { AlertPlan } from "./plan.ts";
export { alertPlan } from "./plan-file.ts";
export { SEVERITIES, type Severity } from "./rule.ts";
export { type SimulatedNotice, type Simulation, simulate } from "./simulate.ts";
export { verifyWebhookSignature } from "./webhook-signature.ts";
