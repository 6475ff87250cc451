/** Said: an activity with its notation resolved, on its way to a fact. */
import type { Source } from "../event/event.ts";
import type { ZoneReader } from "../event/zone.ts";
import type { Fact, Form } from "./fact.ts";
import type { Payload } from "./payload.ts";
import type { Micros } from "./types.ts";

export interface Said {
  readonly at: Micros;
  readonly form: Form;
  readonly level: number;
  readonly source: Source;
  readonly payload: Payload;
  /** For naive times within the payload. */
  readonly zone: ZoneReader;
}

/** What every fact holds. To be asked last: reading the rest is what may find the payload malformed. */
export function told({ at, form, source, payload }: Said) {
  const workcell = source.workcell_id ?? null;
  return { at, form, workcell, experiment: source.experiment_id ?? null, malformed: payload.malformed };
}

export function noise(said: Said): Fact {
  return { kind: "noise", ...told(said) };
}
