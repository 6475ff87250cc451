/** The same day in other notations: what MADSci 0.7.1 sends for it, and every event in any of the three forms. */
import type { Activity } from "../../src/event/activity.ts";
import type { Json } from "../../src/event/json.ts";

type Fields = Readonly<Record<string, Json>>;

/** So much later comes what is told twice. */
const LATER = 5_000n;

const fieldsOf = ({ event_data }: Activity) => event_data as Fields;

/** As a keyword of a logger: the type and the fields beside a text. */
export function wrap(activity: Activity): Activity {
  if (activity.event_type.startsWith("log")) return activity;
  const event_data = { message: "as text", event_type: activity.event_type, ...fieldsOf(activity) };
  return { ...activity, event_type: "log_info", event_data };
}

/** As a logger's message: the whole event. */
export function nest(activity: Activity): Activity {
  if (activity.event_type.startsWith("log")) return activity;
  const { _id, event_type, event_data, source } = activity;
  return { ...activity, event_type: "log_info", event_data: { message: { _id, event_type, event_data, source } } };
}

/** One form after the other. */
export function rotate(activity: Activity, index: number): Activity {
  return [activity, wrap(activity), nest(activity)][index % 3]!;
}

/** Typed, and soon after wrapped. */
export function double(activity: Activity): Activity[] {
  if (activity.event_type.startsWith("log")) return [activity];
  return [activity, later(wrap(activity))];
}

function later(activity: Activity, by = LATER): Activity {
  return { ...activity, _id: `${activity._id}-again`, instant: activity.instant + by };
}

/** What the emitters of 0.7.1 send in the event's place: see spec section 2.1. */
export function asCurrent(activity: Activity): Activity[] {
  const data = fieldsOf(activity);
  const { source, event_type } = activity;
  const say = (fields: Fields, from = source): Activity => ({
    ...activity,
    event_type: "log_info",
    source: from,
    event_data: { message: "as text", event_type, ...fields },
  });
  const engine = { workcell_id: source.workcell_id, manager_id: source.manager_id };
  if (event_type === "workcell_start") {
    const { name, ...settings } = data;
    const typed = { ...activity, event_data: { ...settings, manager_name: name! } };
    return [typed, later(say({ workcell_id: engine.workcell_id!, workcell_name: name! }))];
  }
  if (event_type === "node_start") return [say({ node_info: data })];
  if (event_type === "action_status_change") return [say({ action_result: data })];
  if (event_type === "workflow_start") {
    const { workflow_id, name } = data;
    return [say({ workflow_id: workflow_id!, workflow_name: name!, workflow_definition_id: null }, engine)];
  }
  if (event_type === "workflow_complete") {
    const { workflow_id, name } = data;
    const more = { workflow_status: "WorkflowStatus.COMPLETED", workflow_author: null, workflow_duration: "0.1s" };
    return [activity, later(say({ workflow_id: workflow_id!, workflow_name: name!, ...more }, engine))];
  }
  if (event_type.startsWith("experiment_")) return experimentTwice(activity, say);
  if (event_type.startsWith("action_")) return [say(data, engine)];
  return [activity];
}

function experimentTwice(activity: Activity, say: (fields: Fields, from?: Activity["source"]) => Activity): Activity[] {
  const data = fieldsOf(activity);
  const { experiment_design, ...inner } = (data.experiment ?? data) as Fields;
  const id = (activity.source.experiment_id ?? inner.experiment_id) as string;
  const name = ((experiment_design as Fields | undefined)?.experiment_name ?? inner.experiment_name) as string;
  const manager = { manager_id: activity.source.manager_id };
  const run = { experiment_id: id, run_name: "run 1" };
  return [say(run, manager), later(say({ ...run, experiment_name: name, status: "ExperimentStatus.COMPLETED" }, {}))];
}
