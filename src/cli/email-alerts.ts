/**
 * `email_alerts`: the one setting with settings inside.
 *
 * It comes as an object (files), as JSON text (environment, flag), field by field (`EVENT_EMAIL_ALERTS__SMTP_SERVER`),
 * or as a mix: a password in the environment completes an object in a file. Null set higher takes back what lies lower.
 */
import { EventStoreError } from "../errors.ts";
import { type Candidate, EMAIL_ROWS, type EmailAlerts, type Setting } from "./settings.ts";

/** What one layer says. */
export interface EmailSource {
  readonly whole: Candidate | undefined;
  readonly fields: ReadonlyMap<string, Candidate>;
}

type Check = (name: string, setting: Setting<unknown>, candidate: Candidate) => unknown;

/** @param sources lowest precedence first. Null when no layer configures it. */
export function readEmailAlerts(sources: readonly EmailSource[], check: Check): EmailAlerts | null {
  let merged: Map<string, Candidate> | undefined;
  for (const { whole, fields } of sources) {
    const given = whole && fieldsOf(whole);
    if (given === null) merged = undefined;
    const all = [...(given ?? []), ...fields];
    if (all.length > 0 || given) merged = new Map([...(merged ?? []), ...all]);
  }
  if (!merged) return null;
  const values = EMAIL_ROWS.map(([field, setting]) => {
    const candidate = merged.get(field);
    return [field, candidate ? check(`email_alerts.${field}`, setting, candidate) : setting.default];
  });
  return Object.fromEntries(values);
}

/** The object's fields as candidates; null where the setting is null. */
function fieldsOf({ value, origin }: Candidate): [string, Candidate][] | null {
  const object = typeof value === "string" ? fromJson(value, origin) : value;
  if (object === null) return null;
  if (typeof object !== "object" || Array.isArray(object)) throw notAnObject(origin);
  return Object.entries(object as Record<string, unknown>).map(([field, inner]) => [
    field.toLowerCase(),
    { value: inner, origin: `email_alerts.${field} (${origin})` },
  ]);
}

function fromJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(text === "none" ? "null" : text);
  } catch {
    throw notAnObject(origin);
  }
}

function notAnObject(origin: string): EventStoreError {
  const example = '{"smtp_server": "mail.example.com", "email_addresses": ["lab@example.com"]}';
  return new EventStoreError("EVT_INVALID_OPTION", `email_alerts: ${origin} must hold an object like ${example}`);
}
