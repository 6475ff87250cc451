/** Said: an activity with its notation resolved, on its way to a fact. */
import type { Source } from "../event/event.ts";
import type { ZoneReader } from "../event/zone.ts";
import type { Form, NodeFact, NodeRef, NoiseFact } from "./fact.ts";
import type { Payload } from "./payload.ts";
import type { Micros } from "./types.ts";

export interface Said {
  readonly at: Micros;
  readonly form: Form;
  readonly workcell: string | null;
  readonly experiment: string | null;
  readonly level: number;
  readonly source: Source;
  readonly payload: Payload;
  /** For naive times within the payload. */
  readonly zone: ZoneReader;
}

// Facts are written out field by field: there are very many, and objects made by spreading others are many times slower.

export function noise({ at, form, workcell, experiment, payload }: Said): NoiseFact {
  return { kind: "noise", at, form, workcell, experiment, malformed: payload.malformed };
}

export function nodeFact(said: Said, step: NodeFact["step"], node: NodeRef): NodeFact {
  const { at, form, workcell, experiment, payload } = said;
  return { kind: "node", step, node, at, form, workcell, experiment, malformed: payload.malformed };
}
