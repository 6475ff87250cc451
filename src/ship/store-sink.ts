/**
 * Store sink: delivers into a store of this process. A store is anything with `append(events)`.
 *
 *   none ── send ─→ opening ─→ open ── reset ─→ none        opening ── fails, reset ─→ none        any ── close ─→ closed
 *
 * A store that is let go is closed (when it is ours) as soon as it is open, by nobody's leave: neither `reset` nor the
 * next send waits for it, since it may hang.
 */
import type { EventInput } from "../event/event.ts";
import { SendError, type SendErrorKind, type Sink, unlessAborted, type Verdict } from "./sink.ts";

/** What the sink needs of a store; an `EventStore` has it. @since 0.1.0 */
export interface StoreLike {
  append(events: readonly EventInput[]): Promise<readonly AppendResultLike[]>;
  close?(): Promise<void>;
}

interface AppendResultLike {
  readonly status: string;
  readonly error?: Error;
}

/**
 * @param open called on the first delivery, after it failed, and after a reset
 * @param owned true when the sink shall close the store in the end
 */
export function storeSink(open: () => StoreLike | Promise<StoreLike>, owned: boolean): Sink {
  return new StoreSink(open, owned);
}

class StoreSink implements Sink {
  readonly #open: () => StoreLike | Promise<StoreLike>;
  readonly #owned: boolean;
  #store: Promise<StoreLike> | undefined;
  #closed = false;

  constructor(open: () => StoreLike | Promise<StoreLike>, owned: boolean) {
    this.#open = open;
    this.#owned = owned;
  }

  /** A store cannot be told to stop: after an abort the caller goes on, and what becomes of the write is not known. */
  async send(events: readonly EventInput[], signal: AbortSignal): Promise<readonly Verdict[]> {
    if (this.#closed) throw new SendError("hold", "the sink is closed");
    signal.throwIfAborted();
    this.#store ??= (async () => this.#open())();
    return unlessAborted(this.#append(this.#store, events), signal);
  }

  reset(): void {
    this.#letGo().catch(() => {}); // a store that cannot be closed is left behind
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#letGo();
  }

  async #append(store: Promise<StoreLike>, events: readonly EventInput[]): Promise<readonly Verdict[]> {
    try {
      const opened = await store.catch((error) => this.#notOpened(store, error));
      return (await opened.append(events)).map(verdictOf);
    } catch (error) {
      throw sendError(error, this.#store !== store && !this.#closed);
    }
  }

  #notOpened(store: Promise<StoreLike>, error: unknown): never {
    if (this.#store === store) this.#store = undefined;
    throw sendError(error, false);
  }

  async #letGo(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    const opened = await store?.catch(() => undefined);
    if (this.#owned) await opened?.close?.();
  }
}

function verdictOf({ status, error }: AppendResultLike): Verdict {
  if (status === "stored") return { status };
  if (status === "duplicate") return { status: "stored", duplicate: true };
  if (status === "conflict") return { status };
  if (isRetryable(error)) return { status: "retry" };
  return { status: "rejected", reason: error?.message ?? status };
}

/** By shape: a store may come from another copy of this package. */
function isRetryable(error: unknown): boolean {
  const { retryable, code } = (error ?? {}) as { retryable?: unknown; code?: unknown };
  return retryable === true || code === "EVT_BACKEND_UNAVAILABLE";
}

const KIND = new Map<unknown, SendErrorKind>([
  ["EVT_INVALID_EVENT", "refused"],
  ["EVT_TOO_LARGE", "too-large"],
  ["EVT_CONFLICT", "refused"],
  ["EVT_INVALID_OPTION", "hold"],
  ["EVT_SCHEMA_MISMATCH", "hold"],
  ["EVT_MISSING_DRIVER", "hold"],
  ["EVT_CLOSED", "hold"],
]);

/** @param replaced the store was let go meanwhile: whatever it says, the next one may do better */
function sendError(error: unknown, replaced: boolean): SendError {
  if (error instanceof SendError) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  const kind = replaced && KIND.get(code) === "hold" ? "retry" : KIND.get(code);
  return new SendError(kind ?? "retry", error instanceof Error ? error.message : String(error));
}
