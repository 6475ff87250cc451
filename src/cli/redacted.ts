/** Settings as GET /settings shows them: secrets hidden, URLs in their normal form, and a JSON Schema of the whole. */
import { z } from "zod";
import { REDACTED, redactedAlerting } from "./redacted-alerting.ts";
import { EMAIL_ROWS, ROWS, type Setting, type Settings } from "./settings.ts";

/** All settings by name; safe to print and to serve. */
export function redacted(settings: Settings): Record<string, unknown> {
  const email = settings.email_alerts;
  const alerting = redactedAlerting(settings.alerting);
  return { ...shown(ROWS, settings), alerting, email_alerts: email && shown(EMAIL_ROWS, email) };
}

/** The same for the defaults. */
export function redactedDefaults(): Record<string, unknown> {
  return redacted(defaultSettings());
}

/** Every setting at its default. */
export function defaultSettings(): Settings {
  const values = Object.fromEntries(ROWS.map(([name, setting]) => [name, setting.default]));
  return { ...values, email_alerts: null } as unknown as Settings;
}

/** JSON Schema of what `redacted` returns, titled as MADSci titles it. */
export function settingsSchema(): Record<string, unknown> {
  const email = { anyOf: [objectSchema(EMAIL_ROWS), { type: "null" }], default: null };
  const { properties, ...rest } = objectSchema(ROWS);
  return { title: "EventManagerSettings", ...rest, properties: { ...properties, email_alerts: email } };
}

type Rows = readonly (readonly [string, Setting<unknown>])[];

function shown(rows: Rows, values: object): Record<string, unknown> {
  const all = values as Record<string, unknown>;
  return Object.fromEntries(rows.map(([name, setting]) => [name, shownValue(setting, all[name])]));
}

function shownValue(setting: Setting<unknown>, value: unknown): unknown {
  if (setting.secret) return REDACTED;
  return setting.url && typeof value === "string" ? new URL(value).href : value;
}

function objectSchema(rows: Rows): { type: "object"; properties: object } {
  const properties = rows.map(([name, setting]) => [name, propertySchema(setting)]);
  return { type: "object", properties: Object.fromEntries(properties) };
}

function propertySchema(setting: Setting<unknown>): object {
  const { $schema, ...schema } = z.toJSONSchema(setting.kind.schema, { io: "output" });
  const secret = setting.secret ? { format: "password", writeOnly: true } : {};
  return { ...schema, description: setting.description, default: setting.default, ...secret };
}
