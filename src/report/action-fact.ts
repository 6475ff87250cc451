/** Facts about actions: what a node says of its own, and what an engine says of those it sent. */
import type { ActionFact, Fact } from "./fact.ts";
import { actionId, nodeRef } from "./identity.ts";
import { nodeFact, noise, type Said } from "./said.ts";

/** What each status does to an action, by its one word; others say nothing. Source: MADSci 0.7.1, spec sections 8 and 15.4. */
const STEPS: ReadonlyMap<string, ActionFact["step"]> = new Map([
  ["running", "open"],
  ["started", "open"],
  ["in_progress", "open"],
  ["paused", "keep"],
  ["completed", "close"],
  ["succeeded", "close"],
  ["finished", "close"],
  ["failed", "close"],
  ["cancelled", "close"],
  ["unknown", "close"],
] as const);
const SUCCESSES: ReadonlySet<string> = new Set(["completed", "succeeded", "finished"]);

export function actionChange(said: Said): Fact {
  const { source, payload } = said;
  const result = payload.within(payload.fields.action_result);
  const status = payload.status(payload.fields.status ?? result.status);
  const step = status === null ? undefined : STEPS.get(status);
  const node = nodeRef(source, payload);
  if (node === undefined) return noise(said);
  const id = step === undefined ? null : actionId(payload, result);
  if (step === undefined || id === null) return nodeFact(said, "seen", node);
  const { at, form, workcell, experiment } = said;
  const { malformed } = payload;
  const succeeded = SUCCESSES.has(status!);
  return { kind: "action", by: "node", step, succeeded, id, node, at, form, workcell, experiment, malformed };
}

export function engineAction(said: Said, step: "open" | "close"): Fact {
  const { source, payload } = said;
  const node = nodeRef(source, payload);
  const id = payload.id(payload.fields.action_id);
  if (node === undefined) return noise(said);
  if (id === null) return nodeFact(said, "seen", node);
  const { at, form, workcell, experiment } = said;
  const { malformed } = payload;
  return { kind: "action", by: "engine", step, succeeded: false, id, node, at, form, workcell, experiment, malformed };
}
