/** AlertLanes: which events of a batch are marked, for whom, and who is woken when the batch is durable. */
import type { Marker } from "../alert/host.ts";
import type { Lane, Marks } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import type { PreparedEvent } from "../event/parse.ts";

interface Open {
  readonly marker: Marker;
  readonly wake: () => void;
}

const LANE = /^[A-Za-z0-9_-]{1,64}$/;

export class AlertLanes {
  readonly #lanes = new Map<Lane, Open>();
  readonly #warn: (message: string) => void;
  #failed = 0;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** @throws EventStoreError `EVT_INVALID_OPTION` */
  add(lane: Lane, marker: Marker, wake: () => void): () => void {
    if (!LANE.test(lane)) throw invalid(`the name "${lane}" may have letters, digits, - and _ only, at most 64`);
    if (this.#lanes.has(lane)) throw invalid(`"${lane}" is in use in this store already; give it another name`);
    const open = { marker, wake };
    this.#lanes.set(lane, open);
    return () => {
      if (this.#lanes.get(lane) === open) this.#lanes.delete(lane);
    };
  }

  /** One entry per event; undefined where nobody wants any. */
  marksOf(batch: readonly PreparedEvent[]): readonly (Marks | undefined)[] | undefined {
    if (this.#lanes.size === 0) return undefined;
    let some = false;
    const marks = batch.map((prepared) => {
      const of = this.#marks(prepared);
      some ||= of !== undefined;
      return of;
    });
    return some ? marks : undefined;
  }

  /** Events with these marks may have become durable. */
  written(marks: readonly (Marks | undefined)[]): void {
    for (const [lane, { wake }] of this.#lanes) if (marks.some((mark) => mark?.[lane])) wake();
  }

  #marks({ event }: PreparedEvent): Marks | undefined {
    let marks: Record<Lane, readonly string[]> | undefined;
    for (const [lane, { marker }] of this.#lanes) {
      const matched = this.#matched(lane, () => marker(event));
      if (matched.length > 0) {
        marks ??= {};
        marks[lane] = matched;
      }
    }
    return marks;
  }

  /** A marker that throws would lose an alert: its lane gets the event instead. */
  #matched(lane: Lane, ask: () => readonly string[]): readonly string[] {
    try {
      return ask();
    } catch (error) {
      if (this.#failed++ === 0) this.#warn(`the condition of "${lane}" failed: ${String(error)}`);
      return ["error"];
    }
  }
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
