import type { EventInput } from "../event/event.ts";

/** One event on its way. */
export interface Item {
  /** Place in the order of its sender, from 1. */
  readonly seq: number;
  readonly event: EventInput;
  /** Size of its log line, roughly. */
  readonly bytes: number;
  /** True for an event the shipper wrote itself. */
  readonly isReport?: boolean;
  /** True when its first id was another event's. */
  readonly renamed?: boolean;
}
