/** Lets others have their turn: a report is a long loop in a process that also takes in events. */
import { setImmediate as turn } from "node:timers/promises";

/** To be asked once per step of a loop: a promise where it is time to wait for it, else nothing. */
export type Pace = () => Promise<void> | undefined;

/** A pace that asks for a pause once `turnMs` have gone by since the last one. */
export function pace(turnMs = 3): Pace {
  let since = performance.now();
  return () => {
    if (performance.now() - since < turnMs) return undefined;
    return turn().then(() => {
      since = performance.now();
    });
  };
}
