/**
 * CompatPlan: settings that only have `alert_level` and `email_alerts` → the plan that does what MADSci does.
 *
 * One rule (`alert: true`, or the level), one channel, one mail per address at once; from the fourth of a kind within five
 * minutes mails fold. No lab pack, nothing when it is over. What MADSci has no setting for is as in a native plan.
 */
import { EventStoreError } from "../errors.ts";
import { mailAddress, senderAddress } from "./address.ts";
import { Field } from "./field.ts";
import type { PlanContext } from "./options.ts";
import type { AlertPlan, ChannelPlan, SmtpPlan } from "./plan.ts";
import { AWAIT_DELIVERY_MS, RULE_DEFAULTS, readPlan } from "./plan-file.ts";
import type { Rule } from "./rule.ts";
import { readRule } from "./rule-file.ts";
import { Section } from "./section.ts";
import { hostName, SMTP_DEFAULTS } from "./smtp-file.ts";
import { type Trouble, Troubles } from "./troubles.ts";

/** MADSci's setting `email_alerts`. @since 0.1.0 */
export interface CompatEmail {
  readonly smtp_server: string;
  readonly smtp_port: number;
  readonly smtp_username: string | null;
  readonly smtp_password: string | null;
  readonly use_tls: boolean;
  readonly sender: string;
  readonly default_importance: string;
  readonly email_addresses: readonly string[];
}

/** @since 0.1.0 */
export interface CompatContext extends PlanContext {
  /** Answer a request after its mails are handed over, within 5 s, as MADSci does. @default false */
  readonly awaitDelivery?: boolean;
  /** Setting `email_alerts_verify_certificate`. MADSci checks none, which lets anybody on the way read along. @default true */
  readonly verifyCertificate?: boolean;
}

const NAME = "email";
const IMPLICIT_PORT = 465;
const MAX_ADDRESSES = 1_000;

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the field, e.g. `email_alerts.email_addresses[1]` @since 0.1.0 */
export function compatPlan(email: CompatEmail, alertLevel: number, context: CompatContext): AlertPlan {
  const { plan, troubles } = readCompat(email, alertLevel, context);
  const first = troubles.firstError;
  if (first) throw new EventStoreError("EVT_INVALID_OPTION", `${first.path}: ${first.message}`);
  return plan;
}

/** All that is wrong or doubtful in `email_alerts`. Never throws. @since 0.1.0 */
export function lintCompat(email: CompatEmail, alertLevel: number, context: CompatContext): readonly Trouble[] {
  return readCompat(email, alertLevel, context).troubles.list;
}

function readCompat(email: CompatEmail, alertLevel: number, context: CompatContext) {
  const troubles = new Troubles();
  const written = new Section(new Field(email, "email_alerts", troubles));
  const verify = context.verifyCertificate ?? true;
  if (!verify)
    troubles.warning("email_alerts_verify_certificate", "lets anybody on the way read the mails and the password");
  const channel = readChannel(written, verify);
  const channels = channel.to.length === 0 ? [] : [Object.freeze(channel)];
  const receivers = channels.map(({ name }) => Object.freeze({ name, channels: [name], escalate: [] }));
  const rule = compatRule(alertLevel, { context, receivers: receivers.map(({ name }) => name), troubles });
  const rest = readPlan({ labPack: false }, context).plan;
  const plan: AlertPlan = Object.freeze({
    ...rest,
    mode: "compat",
    rules: rule ? [rule] : [],
    receivers,
    channels,
    awaitDeliveryMs: context.awaitDelivery === true ? AWAIT_DELIVERY_MS : null,
  });
  return { plan, troubles };
}

function compatRule(
  alertLevel: number,
  { context, receivers, troubles }: { context: PlanContext; receivers: readonly string[]; troubles: Troubles },
): Rule | undefined {
  const options = {
    id: "alert-level",
    description: `An event with alert: true, or of level ${alertLevel} or above`,
    select: { $or: [{ alert: true }, { log_level: { $gte: alertLevel } }] },
    groupWait: "0s",
    burst: 3,
    sendResolved: false,
  };
  const defaults = { ...RULE_DEFAULTS, receivers };
  return readRule(new Section(new Field(options, "alert_level", troubles)), {
    context,
    defaults,
    receivers,
    builtIn: true,
  });
}

function readChannel(written: Section, verify: boolean): Extract<ChannelPlan, { type: "email" }> {
  const addresses = written.field("emailAddresses");
  const to = [...new Set(addresses.each(mailAddress, MAX_ADDRESSES))];
  if (addresses.list().length === 0) addresses.warning("is empty, so nobody gets a mail");
  return {
    type: "email",
    name: NAME,
    to: Object.freeze(to),
    importance: readImportance(written.field("defaultImportance")),
    smtp: readSmtp(written, verify),
  };
}

/** MADSci does not look at the word; what it does not mean anything by is Normal. */
function readImportance(field: Field): "High" | "Normal" | "Low" {
  const word = typeof field.value === "string" ? field.value.trim().toLowerCase() : "";
  const found = (["High", "Normal", "Low"] as const).find((known) => known.toLowerCase() === word);
  if (found === undefined && field.given) field.warning("is not High, Normal or Low; mails will be Normal");
  return found ?? "Normal";
}

/** As MADSci: logs in only with both credentials. */
function readSmtp(written: Section, rejectUnauthorized: boolean): SmtpPlan {
  const port = written.field("smtpPort").whole({ least: 1, most: 65_535 }, 587);
  const [user, password] = ["smtpUsername", "smtpPassword"].map((name) => written.field(name));
  const both = Boolean(user?.value) && Boolean(password?.value);
  if (!both && (user?.value || password?.value))
    user?.warning("needs smtp_password beside it, and the other way round");
  return Object.freeze({
    host: hostName(written.field("smtpServer")) ?? "",
    port,
    tls: !written.field("useTls").flag(true) ? "none" : port === IMPLICIT_PORT ? "implicit" : "starttls",
    user: both ? String(user?.value) : null,
    password: both ? String(password?.value) : null,
    rejectUnauthorized,
    ...SMTP_DEFAULTS,
    from: senderAddress(written.field("sender")) ?? "",
  });
}
