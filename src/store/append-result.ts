import type { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";

/**
 * What became of one appended event.
 * `stored` and `duplicate` are durable. `conflict`: the id holds another content, which stays. `invalid`: not stored.
 * @since 0.1.0
 */
export type AppendResult =
  | { readonly status: "stored"; readonly id: string; readonly event: StoredEvent }
  | { readonly status: "duplicate"; readonly id: string; readonly event: StoredEvent }
  | { readonly status: "conflict"; readonly id: string; readonly event: StoredEvent; readonly error: EventStoreError }
  | { readonly status: "invalid"; readonly id: string | undefined; readonly error: EventStoreError };
