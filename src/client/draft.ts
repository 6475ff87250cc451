/**
 * Draft: a log call in its scope → the event that is sent.
 *
 * Fields mean what they mean in pino lines of this package (event/line.ts): ids of the lab become `source`, `event_type`
 * the event's own type, `alert`, trace and span ids their fields, `err` an error with its stack and causes; everything
 * else is `event_data`. Other than in a line, `level`, `time`, `_id` and `event_id` are the caller's data here: the
 * method says the level, and a spin of `time: 30` seconds is no time stamp.
 */
import type { EventInput } from "../event/event.ts";
import type { LogLevel } from "../event/levels.ts";
import { fieldsMapper } from "../event/line.ts";
import { define } from "../event/line-draft.ts";
import { readType } from "../event/line-field.ts";
import { timeText } from "../event/line-time.ts";
import { plainFields } from "../event/line-value.ts";
import type { Call } from "./call.ts";
import { BOUNDS } from "./fields.ts";
import { typeOf } from "./levels.ts";
import { fieldsIn, type Scope, sourceIn } from "./scope.ts";

/** What is the caller's data here, though it means something in a line. */
const DATA_HERE = ["level", "time", "_id", "event_id"] as const;

const mapper = fieldsMapper({}, { time: () => timeText(Date.now()) ?? "" });

/** @param id of the event */
export function draftOf(call: Call, level: LogLevel, scope: Scope, id: string): EventInput {
  const fields = plainFields(fieldsIn(scope, call.context), BOUNDS);
  const lifted: Record<string, unknown> = { ...fields };
  if (call.message !== undefined) lifted.msg = call.message;
  const own = DATA_HERE.filter((key) => Object.hasOwn(lifted, key));
  for (const key of own) delete lifted[key];
  const event = mapper.fields(lifted, id);
  const data = event.event_data as Record<string, unknown>;
  for (const key of own) define(data, key, fields[key]);
  return {
    ...event,
    event_type: readType(fields.event_type) ?? typeOf(level),
    log_level: level,
    source: { ...sourceIn(scope), ...event.source },
  };
}
