/**
 * AlertSetup: from the settings to the plan of alerting.
 *
 *   alerting                        → the plan it describes (`email_alerts` counts no more)
 *   email_alerts, without alerting  → MADSci's way: a mail for each event from `alert_level` on
 *   neither, or `enabled: false`    → none
 *
 * An `alerting` that only holds `compat` says how MADSci's way is done, not that there is another.
 */
import { compatPlan, lintCompat } from "../alert/compat-plan.ts";
import type { PlanContext } from "../alert/options.ts";
import type { AlertPlan } from "../alert/plan.ts";
import { alertPlan } from "../alert/plan-file.ts";
import { UNCHECKED } from "../alert/secret-file.ts";
import { EventStoreError } from "../errors.ts";
import { localZone, zoneReader } from "../event/zone.ts";
import { type AlertingSection, alertingSection } from "./alerting-section.ts";
import type { Config } from "./config.ts";
import type { Io } from "./io.ts";
import { secretReader } from "./secrets.ts";
import { readEnvFiles } from "./settings-files.ts";

export interface AlertSetup {
  readonly plan: AlertPlan;
  /** Send one message through each channel that is new or has changed. */
  readonly testSend: boolean;
  /** What may be a mistake. */
  readonly warnings: readonly string[];
}

/** Of settings with both. */
export const BOTH = "alerting is set, so email_alerts has no effect; move its addresses into a channel of alerting";

interface Env extends Pick<Io, "env"> {
  /** True for whoever sends nothing: something else stands where secrets would. */
  readonly withoutSecrets?: boolean;
}

/** Undefined where alerts are off. Reads settings, starts nothing. @throws EventStoreError `EVT_INVALID_OPTION` naming where and what */
export function alertSetup(config: Config, io: Env): AlertSetup | undefined {
  const section = alertingSection(config);
  if (section?.options.enabled === false) return undefined;
  const isNative = section !== undefined && !saysOnlyHow(section);
  if (isNative) return nativeSetup(section, config, io);
  return config.settings.email_alerts === null ? undefined : compatSetup(section, config, io);
}

/** The plan of a section by itself. @throws EventStoreError `EVT_INVALID_OPTION` naming where and what */
export function sectionPlan(section: AlertingSection, config: Config, io: Env): AlertPlan {
  try {
    return alertPlan(section.options, planContext(section.folder, config, io));
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    const where = section.file === undefined ? `${section.origin}: ` : `${section.file}: `;
    throw new EventStoreError(error.code, `${where}${section.prefix}${error.message}`, { cause: error });
  }
}

/** What a section is read with. @param folder where its paths start */
export function planContext(folder: string, { settings, start }: Config, { env, withoutSecrets }: Env): PlanContext {
  const naiveTimezone = settings.naive_timezone ?? localZone();
  const textOf = secretReader({ env: {}, envFiles: [], folder });
  return {
    naiveTimezone,
    zone: zoneReader(naiveTimezone),
    secret: withoutSecrets ? UNCHECKED : secretReader({ env, envFiles: readEnvFiles(start), folder }),
    // Templates are no secrets; one that is missing keeps nobody from looking at incidents.
    ...(withoutSecrets && { template: (ref: string) => textOf(ref) ?? UNCHECKED() }),
    alertLevel: settings.alert_level,
  };
}

function nativeSetup(section: AlertingSection, config: Config, io: Env): AlertSetup {
  const { email_alerts } = config.settings;
  return {
    plan: sectionPlan(section, config, io),
    testSend: (section.options.testSend ?? section.options.test_send) !== false,
    warnings: email_alerts === null ? [] : [BOTH],
  };
}

function compatSetup(section: AlertingSection | undefined, config: Config, io: Env): AlertSetup {
  const { email_alerts: email, alert_level, email_alerts_await_delivery, ...more } = config.settings;
  if (email === null) throw new TypeError("compatSetup needs email_alerts");
  const awaitDelivery = email_alerts_await_delivery || awaitsIn(section);
  const verifyCertificate = more.email_alerts_verify_certificate;
  const context = { ...planContext(config.alertsFolder, config, io), awaitDelivery, verifyCertificate };
  return {
    plan: compatPlan(email, alert_level, context),
    testSend: false,
    warnings: lintCompat(email, alert_level, context).map(({ path, message }) => `${path}: ${message}`),
  };
}

/** True where the section is about MADSci's way of alerting. */
export function saysOnlyHow({ options }: AlertingSection): boolean {
  return Object.keys(options).every((key) => key === "compat" || key === "enabled");
}

function awaitsIn(section: AlertingSection | undefined): boolean {
  const { awaitDelivery, await_delivery } = (section?.options.compat ?? {}) as Readonly<Record<string, unknown>>;
  return (awaitDelivery ?? await_delivery) === true;
}
