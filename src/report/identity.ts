/** Identity: whose event it is. Where MADSci's emitters put ids and names, in the order in which they count. */
import type { Source } from "../event/event.ts";
import type { NodeRef } from "./fact.ts";
import type { Fields, Payload } from "./payload.ts";

/** Ids of a lab or workcell, the one that counts first. Source: MADSci 0.7.1, spec sections 4 and 15.1. */
export function sessionIds(of: "lab" | "workcell", source: Source, payload: Payload): string[] {
  const { fields } = payload;
  const told = [source.workcell_id, source.manager_id, fields.workcell_id, fields.manager_id];
  if (of === "lab") told.push(source.lab_id, fields.lab_id);
  const ids: string[] = [];
  for (const value of told) {
    const id = payload.id(value);
    if (id !== null && !ids.includes(id)) ids.push(id);
  }
  return ids;
}

export function sessionName(payload: Payload): string | null {
  const { name, workcell_name, lab_name, manager_name, display_name } = payload.fields;
  return payload.firstText([name, workcell_name, lab_name, manager_name, display_name]);
}

/** Names of the nodes a workcell starts with: a list, or an object from name to address. */
export function sessionNodes(payload: Payload): readonly string[] {
  const { nodes } = payload.fields;
  if (Array.isArray(nodes)) return nodes.filter((name) => typeof name === "string");
  return Object.keys(payload.within(nodes));
}

export function experimentId(source: Source, payload: Payload, experiment: Fields): string | null {
  return payload.firstId([
    source.experiment_id,
    payload.fields.experiment_id,
    experiment.experiment_id,
    experiment._id,
  ]);
}

/** A bare `run_name` is no name: it is that of one run. */
export function experimentName(payload: Payload, experiment: Fields): string | null {
  const { experiment_name, name } = payload.fields;
  const design = payload.within(experiment.experiment_design);
  return payload.firstText([experiment_name, name, experiment.name, design.experiment_name, experiment.run_name]);
}

// The two below are asked for nearly every event: they make no list of what may be an id.

/** Undefined where it names none. */
export function nodeRef(source: Source, payload: Payload): NodeRef | undefined {
  const { fields } = payload;
  const info = payload.within(fields.node_info);
  const id = payload.id(source.node_id) ?? payload.id(fields.node_id) ?? payload.id(info.node_id);
  const name = payload.text(fields.node_name) ?? payload.text(info.node_name) ?? payload.text(fields.node);
  if (id === null && name === null) return undefined;
  return { id, name, own: source.node_id !== undefined };
}

export function actionId(payload: Payload, result: Fields): string | null {
  const { fields } = payload;
  const id = payload.id(fields.action_id) ?? payload.id(result.action_id);
  return id ?? payload.firstId([fields.action, fields.task_id, fields._id, fields.id]);
}
