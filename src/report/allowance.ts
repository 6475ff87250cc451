/**
 * Allowance: how much one report may hold. Sessions times nodes, or nodes times periods, may be many millions where few
 * thousand events told of them; the report is refused then, before it fills the memory of the server that takes events in.
 */
import { invalid } from "./options.ts";

/** Nodes and experiments in all sessions together. */
const MAX_SHARES = 250_000;
/** Times of theirs that count as one more: they take little room. */
const TIMES = 32;
/** Rows of nodes and workcells in all periods together: 50 nodes in the most periods there may be. */
const MAX_ROWS = 500_000;

export class Allowance {
  #left: number;
  readonly #refuse: () => Error;

  constructor(most: number, refuse: () => Error) {
    this.#left = most;
    this.#refuse = refuse;
  }

  /** @throws EventStoreError `EVT_INVALID_OPTION` where no more is allowed */
  take(count: number, times = 0): void {
    this.#left -= count + times / TIMES;
    if (this.#left < 0) throw this.#refuse();
  }
}

export function sharesAllowance(): Allowance {
  const message = `the sessions of this window have more than ${MAX_SHARES} nodes and experiments: shorten the window`;
  return new Allowance(MAX_SHARES, () => invalid("to", message, undefined));
}

export function rowsAllowance(analysisType: string): Allowance {
  const message = `analysis_type "${analysisType}" makes more than ${MAX_ROWS} rows for the nodes and workcells of this window: shorten the window, or take longer periods`;
  return new Allowance(MAX_ROWS, () => invalid("analysisType", message, analysisType));
}
