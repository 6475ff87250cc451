/**
 * Which documents are activities, as conditions for the server, and what is read of them.
 *
 * The conditions are supersets, of which no two hold for one document: each is served by an index of its own. Who reads
 * has the last word (../activity.ts).
 */
import { ACTIVITY_PATHS, type ActivityType } from "../../event/activity.ts";
import { LOG_TYPE } from "../activity.ts";
import { OPAQUE_FIELD } from "./document.ts";
import type { Filter } from "./parts.ts";

/** Where a payload says what is meant. */
export const WRAPPED_TYPE = "event_data.event_type";
export const NESTED_TYPE = "event_data.message.event_type";

const IS_LOG = { event_type: { $regex: LOG_TYPE.source } };
const IS_OPAQUE = { [OPAQUE_FIELD]: { $exists: true } };

/** Documents of ours: typed, wrapped, nested, and those whose payload the server cannot look into. */
export function activityFilters(types: readonly ActivityType[]): Filter[] {
  return [
    { event_type: { $in: types } },
    { [WRAPPED_TYPE]: { $in: types }, ...IS_LOG },
    { [NESTED_TYPE]: { $in: types }, [WRAPPED_TYPE]: { $exists: false }, ...IS_LOG },
    { ...IS_OPAQUE, ...IS_LOG },
  ];
}

/** Another program may have written a type in capitals. */
export function foreignActivities(types: readonly ActivityType[]): Filter {
  const typed = { event_type: { $regex: `^(?:${types.join("|")})$`, $options: "i" } };
  return { $or: [typed, { [WRAPPED_TYPE]: { $in: types } }, { [NESTED_TYPE]: { $in: types } }, IS_OPAQUE] };
}

const OWN = ["_id", "event_type", "log_level", "event_timestamp", "source", "archived", "ts", OPAQUE_FIELD];
/** Objects within are read whole, so that one that is none is seen; but results of actions may be large, and are many. */
const PATHS = new Set(
  Object.values(ACTIVITY_PATHS)
    .flat()
    .map((path) => (path.startsWith("action_result.") ? path : (path.split(".")[0] as string))),
);
const FIELDS = [
  ...OWN,
  WRAPPED_TYPE,
  NESTED_TYPE,
  ...[...PATHS].flatMap((path) => [`event_data.${path}`, `event_data.message.event_data.${path}`]),
];

export const ACTIVITY_PROJECTION: Filter = Object.fromEntries(FIELDS.map((field) => [field, 1]));
