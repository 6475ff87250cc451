/** Lets others have their turn: a report is a long loop in a process that also takes in events. */
import { setImmediate as turn } from "node:timers/promises";

/** To be asked once per step of a loop: a promise where it is time to wait for it, else nothing. */
export type Pace = () => Promise<void> | undefined;

/** Turns of the event loop a small request needs from its first byte to its answer: after one it would wait for the next steps. */
const TURNS = 3;

/** A pace that asks for a pause once `turnMs` have gone by since the last one. */
export function pace(turnMs = 2): Pace {
  let since = performance.now();
  return () => (performance.now() - since < turnMs ? undefined : pause());

  async function pause(): Promise<void> {
    for (let i = 0; i < TURNS; i++) await turn();
    since = performance.now();
  }
}
