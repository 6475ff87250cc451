/** What a tail gives out, in process and over HTTP. */
import type { StoredEvent } from "./event.ts";

/**
 * What a tail gives out. `cursor` resumes right behind the item.
 *
 * `gap`: events between the items around it are missing. `slow`: the consumer fell behind and `dropped` events that
 * match were left out. `lost`: the cursor is not of this database, or what followed it is gone; how many is not known
 * (`dropped` is 0). `live`: everything older has been delivered; a client says it again
 * after a reconnect.
 * @since 0.1.0
 */
export type TailItem =
  | { readonly kind: "event"; readonly event: StoredEvent; readonly cursor: string }
  | {
      readonly kind: "gap";
      readonly dropped: number;
      readonly reason: "slow" | "lost";
      readonly cursor: string;
    }
  | { readonly kind: "live"; readonly cursor: string };
