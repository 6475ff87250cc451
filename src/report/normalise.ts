/**
 * Normalise: one activity, in any of the three notations of MADSci's emitters → the fact it states.
 *
 * A log line may carry another event's type: in `event_data.event_type` (wrapped), or as a whole event in
 * `event_data.message` (nested). Source of the rules: MADSci 0.5 to 0.7.1, spec section 15.1.
 *
 * Not here: what facts together mean (the state machines), whose id counts (identity.ts).
 */
import { type Activity, type ActivityType, isActivityType } from "../event/activity.ts";
import type { ZoneReader } from "../event/zone.ts";
import { actionChange, engineAction } from "./action-fact.ts";
import type { ExperimentEnd, ExperimentFact, Fact, Form, NodeFact, SessionFact } from "./fact.ts";
import { experimentId, experimentName, nodeRef, sessionIds, sessionName, sessionNodes } from "./identity.ts";
import { isFields, Payload, statusWord } from "./payload.ts";
import { nodeFact, noise, type Said } from "./said.ts";
import { workflowEnd, workflowStart } from "./workflow-fact.ts";

/** Undefined for an event of no type that reports know. */
export function normalise(activity: Activity, zone: ZoneReader): Fact | undefined {
  const { event_type, event_data } = activity;
  if (event_type !== "log" && !event_type.startsWith("log_"))
    return isActivityType(event_type) ? read(event_type, "typed", event_data, activity, zone) : undefined;
  if (!isFields(event_data)) return undefined;
  const { event_type: inner, message } = event_data;
  if (isActivityType(inner)) return read(inner, "wrapped", event_data, activity, zone);
  if (inner !== undefined || !isFields(message) || !isActivityType(message.event_type)) return undefined;
  return read(message.event_type, "nested", message.event_data, activity, zone);
}

function read(type: ActivityType, form: Form, data: unknown, activity: Activity, zone: ZoneReader): Fact {
  const { instant, log_level: level, source } = activity;
  const [workcell, experiment] = [source.workcell_id ?? null, source.experiment_id ?? null];
  const payload = new Payload(data);
  return READERS[type]({ at: Number(instant), form, workcell, experiment, level, source, payload, zone });
}

const READERS = {
  lab_start: (said) => session(said, "start", "lab"),
  lab_stop: (said) => session(said, "stop", "lab"),
  workcell_start: (said) => session(said, "start", "workcell"),
  workcell_stop: (said) => session(said, "stop", "workcell"),
  node_start: (said) => node(said, "start"),
  node_stop: (said) => node(said, "stop"),
  node_error: (said) => node(said, "error"),
  node_status_update: (said) => node(said, hasError(said.payload) ? "seen" : "well"),
  experiment_start: (said) => experiment(said, "start"),
  experiment_complete: (said) => experiment(said, "completed"),
  experiment_failed: (said) => experiment(said, "failed"),
  experiment_cancelled: (said) => experiment(said, "cancelled"),
  experiment_stop: (said) => experiment(said, "cancelled"),
  experiment_pause: (said) => experiment(said, "pause"),
  experiment_continued: (said) => experiment(said, "continue"),
  action_status_change: actionChange,
  action_start: (said) => engineAction(said, "open"),
  action_complete: (said) => engineAction(said, "close"),
  action_failed: (said) => engineAction(said, "close"),
  workflow_start: workflowStart,
  workflow_complete: workflowEnd,
} as const satisfies Record<ActivityType, (said: Said) => Fact>;

function session(said: Said, step: SessionFact["step"], of: SessionFact["of"]): Fact {
  const { at, form, workcell, experiment, source, payload } = said;
  const ids = sessionIds(of, source, payload);
  const [name, nodeNames] = step === "start" ? [sessionName(payload), sessionNodes(payload)] : [null, []];
  const { malformed } = payload;
  return { kind: "session", step, of, ids, name, nodeNames, at, form, workcell, experiment, malformed };
}

function node(said: Said, step: NodeFact["step"]): Fact {
  const ref = nodeRef(said.source, said.payload);
  return ref === undefined ? noise(said) : nodeFact(said, step, ref);
}

function hasError({ fields }: Payload): boolean {
  const { error, errors, errored } = fields;
  return Boolean(error) || errored === true || (Array.isArray(errors) ? errors.length > 0 : Boolean(errors));
}

function experiment(said: Said, told: ExperimentFact["step"]): Fact {
  const { at, form, workcell, source, payload } = said;
  const inner = payload.within(payload.fields.experiment);
  const id = experimentId(source, payload, inner);
  const name = experimentName(payload, inner);
  if (id === null) return noise(said);
  const step = told === "completed" ? endStatus(payload.fields.status ?? inner.status) : told;
  const { malformed } = payload;
  return { kind: "experiment", step, id, name, at, form, workcell, experiment: id, malformed };
}

/** A completion may say that it was none. */
function endStatus(status: unknown): ExperimentEnd {
  const word = typeof status === "string" ? statusWord(status) : null;
  return word === "failed" || word === "cancelled" ? word : "completed";
}
