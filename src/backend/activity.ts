/** Which events are activities, and in which of three forms: what the engines' conditions must agree with. */
import { type Activity, type ActivityType, isActivityType } from "../event/activity.ts";
import type { Json } from "../event/json.ts";

/** Where an event says what it means, see ../event/activity.ts. */
type ActivityForm = "typed" | "wrapped" | "nested";

/** Types of events whose payload may say what is meant. */
export const LOG_TYPE = /^log(?:_|$)/;

export interface Meaning {
  readonly form: ActivityForm;
  readonly type: ActivityType;
}

/** Undefined for an event reports do not read. */
export function meaningOf({
  event_type,
  event_data,
}: Pick<Activity, "event_type" | "event_data">): Meaning | undefined {
  if (!LOG_TYPE.test(event_type)) return meaning("typed", event_type);
  const own = member(event_data, "event_type");
  return own === undefined
    ? meaning("nested", member(member(event_data, "message"), "event_type"))
    : meaning("wrapped", own);
}

function meaning(form: ActivityForm, type: Json | undefined): Meaning | undefined {
  return isActivityType(type) ? { form, type } : undefined;
}

function member(value: Json | undefined, key: string): Json | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, key) ? (value as Readonly<Record<string, Json>>)[key] : undefined;
}
