/** Store sink: delivers into a store of this process. A store is anything with `append(events)`. */
import { EventStoreError } from "../errors.ts";
import type { EventInput } from "../event/event.ts";
import { SendError, type SendErrorKind, type Sink, type Verdict } from "./sink.ts";

/** What the sink needs of a store; an `EventStore` has it. @since 0.1.0 */
export interface StoreLike {
  append(events: readonly EventInput[]): Promise<readonly { readonly status: string; readonly error?: Error }[]>;
  close?(): Promise<void>;
}

/**
 * @param open called on the first delivery, and again after it failed
 * @param owned true when the sink shall close the store in the end
 */
export function storeSink(open: () => StoreLike | Promise<StoreLike>, owned: boolean): Sink {
  let store: StoreLike | undefined;
  return {
    async send(events) {
      try {
        store ??= await open();
        return (await store.append(events)).map(verdictOf);
      } catch (error) {
        throw sendError(error);
      }
    },
    async close() {
      if (owned) await store?.close?.();
    },
  };
}

function verdictOf(result: { readonly status: string; readonly error?: Error }): Verdict {
  if (result.status === "stored" || result.status === "duplicate") return { status: "stored" };
  if (result.status === "conflict") return { status: "conflict" };
  return { status: "rejected", reason: result.error?.message ?? result.status };
}

const KIND: Readonly<Record<string, SendErrorKind>> = {
  EVT_INVALID_EVENT: "refused",
  EVT_TOO_LARGE: "too-large",
  EVT_CONFLICT: "refused",
  EVT_INVALID_OPTION: "hold",
  EVT_SCHEMA_MISMATCH: "hold",
  EVT_MISSING_DRIVER: "hold",
  EVT_CLOSED: "hold",
};

function sendError(error: unknown): SendError {
  const code = error instanceof EventStoreError ? error.code : "";
  return new SendError(KIND[code] ?? "retry", error instanceof Error ? error.message : String(error));
}
