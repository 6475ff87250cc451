/**
 * Fact: what one activity says, read once: ids and names found, status understood, notation forgotten.
 *
 * A fact is `malformed` where something it should say could not be read; it still says the rest.
 */
import type { Micros } from "./types.ts";

/**
 * How the emitter wrote it: as an event of its type, as a log line with the type inside, or as a log line whose message is
 * the event. MADSci 0.7 writes some of its transitions in two of these forms.
 */
export type Form = "typed" | "wrapped" | "nested";

interface Told {
  readonly at: Micros;
  readonly form: Form;
  /** `source.workcell_id` and `source.experiment_id`; null where absent. */
  readonly workcell: string | null;
  readonly experiment: string | null;
  readonly malformed: boolean;
}

export interface SessionFact extends Told {
  readonly kind: "session";
  readonly step: "start" | "stop";
  readonly of: "lab" | "workcell";
  /** All ids it names, the one that counts first. */
  readonly ids: readonly string[];
  readonly name: string | null;
  readonly nodeNames: readonly string[];
}

export type ExperimentEnd = "completed" | "failed" | "cancelled";

export interface ExperimentFact extends Told {
  readonly kind: "experiment";
  readonly step: "start" | "pause" | "continue" | ExperimentEnd;
  readonly id: string;
  readonly name: string | null;
}

/** Which node is meant: by id, by name, or both. */
export interface NodeRef {
  readonly id: string | null;
  readonly name: string | null;
  /** The node itself speaks, not another about it. */
  readonly own: boolean;
}

export interface NodeFact extends Told {
  readonly kind: "node";
  /** `well`: a status without error. `seen`: nothing but that it is there. */
  readonly step: "start" | "stop" | "error" | "well" | "seen";
  readonly node: NodeRef;
}

export interface ActionFact extends Told {
  readonly kind: "action";
  /** A node knows its actions; an engine only when it let them go and got them back. */
  readonly by: "node" | "engine";
  /** `keep`: goes on as it is. */
  readonly step: "open" | "close" | "keep";
  readonly succeeded: boolean;
  readonly id: string;
  readonly node: NodeRef;
}

interface WorkflowTold extends Told {
  readonly id: string;
  readonly name: string | null;
  readonly author: string | null;
}

export interface WorkflowStartFact extends WorkflowTold {
  readonly kind: "workflow_start";
}

export interface WorkflowEndFact extends WorkflowTold {
  readonly kind: "workflow_end";
  readonly status: string;
  readonly length: WorkflowLength;
}

/** What a workflow's end says of the time it took. */
export interface WorkflowLength {
  readonly startedAt: Micros | null;
  readonly endedAt: Micros | null;
  /** As a number tells it, and as rounded text does. */
  readonly seconds: number | null;
  readonly roughSeconds: number | null;
}

/** Of a known type, but saying nothing that counts. */
export interface NoiseFact extends Told {
  readonly kind: "noise";
}

export type Fact =
  | SessionFact
  | ExperimentFact
  | NodeFact
  | ActionFact
  | WorkflowStartFact
  | WorkflowEndFact
  | NoiseFact;
