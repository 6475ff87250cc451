/** What a tail hands out. */
import type { StoredEvent } from "../event/event.ts";

/**
 * `event`: one that matches. `gap`: events were not delivered, because this consumer is `slow` or because what followed
 * the cursor is `lost`. `live`: everything older has been delivered; comes again after a reconnect.
 * @since 0.1.0
 */
export type TailItem =
  | { readonly kind: "event"; readonly event: StoredEvent; readonly cursor: string }
  | { readonly kind: "gap"; readonly dropped: number; readonly reason: "slow" | "lost"; readonly cursor: string }
  | { readonly kind: "live"; readonly cursor: string };
