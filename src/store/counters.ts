/** Counters: what the store has seen, and the one warning per kind of surprise. */
import { EventStoreError } from "../errors.ts";
import type { Event, StoredEvent } from "../event/event.ts";
import { formatInstant, type Instant, toMs } from "../event/instant.ts";
import type { PreparedEvent } from "../event/parse.ts";
import type { Appended } from "./append-queue.ts";
import type { AppendResult } from "./append-result.ts";

/** @since 0.1.0 */
export interface StoreCounters {
  readonly stored: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly invalid: number;
  /** Stored events whose type MADSci does not know. */
  readonly unknown_types: number;
  /** Stored events that arrived more than a minute after, or claim to be later than, their arrival. */
  readonly late: number;
  readonly future: number;
  /** Largest difference between arrival and event time so far, either way, in milliseconds. */
  readonly max_late_ms: number;
  readonly max_future_ms: number;
}

const LATE_MS = 60_000;
/** Types remembered for "warned once"; beyond it warnings stop, counting goes on. */
const MAX_WARNED_TYPES = 100;

export class Counters {
  readonly #warn: (message: string) => void;
  readonly #warnedTypes = new Set<string>();
  readonly #count = {
    stored: 0,
    duplicates: 0,
    conflicts: 0,
    invalid: 0,
    unknown_types: 0,
    late: 0,
    future: 0,
    max_late_ms: 0,
    max_future_ms: 0,
  };

  #lastReceived: { readonly instant: Instant; readonly text: string } | undefined;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  read(): StoreCounters {
    return { ...this.#count };
  }

  unknownType(type: string): void {
    this.#count.unknown_types++;
    if (this.#warnedTypes.has(type) || this.#warnedTypes.size >= MAX_WARNED_TYPES) return;
    this.#warnedTypes.add(type);
    this.#warn(`event type ${shown(type)} is not one MADSci knows; stored as it is (strict_event_types refuses it)`);
  }

  invalid(error: EventStoreError): AppendResult {
    this.#count.invalid++;
    return { status: "invalid", id: undefined, error };
  }

  outcome(prepared: PreparedEvent, { outcome, received }: Appended): AppendResult {
    const id = prepared.event._id;
    if (outcome.status === "stored") {
      this.#count.stored++;
      return { status: "stored", id, event: this.#arrived(prepared, received) };
    }
    if (outcome.status === "duplicate") {
      this.#count.duplicates++;
      return { status: "duplicate", id, event: outcome.existing };
    }
    this.#count.conflicts++;
    const error = new EventStoreError("EVT_CONFLICT", "an event with this id and another content is already stored");
    return { status: "conflict", id, event: outcome.existing, error };
  }

  #arrived(prepared: PreparedEvent, received: Instant): StoredEvent {
    const skewMs = toMs(received) - toMs(prepared.instant);
    if (skewMs > LATE_MS) this.#count.late++;
    if (skewMs < 0) this.#count.future++;
    if (skewMs > this.#count.max_late_ms) this.#count.max_late_ms = skewMs;
    if (-skewMs > this.#count.max_future_ms) this.#count.max_future_ms = -skewMs;
    return arrivedEvent(prepared.event, this.#receivedText(received), skewMs);
  }

  /** All events of a batch share one arrival. */
  #receivedText(received: Instant): string {
    if (this.#lastReceived?.instant !== received) {
      this.#lastReceived = { instant: received, text: formatInstant(received) };
    }
    return this.#lastReceived.text;
  }
}

/** Field by field, which is ten times faster than spreading. */
function arrivedEvent(event: Event, received_at: string, skew_ms: number): StoredEvent {
  const { _id, event_type, log_level, alert, event_timestamp, source, event_data, trace_id, span_id } = event;
  return {
    _id,
    event_type,
    log_level,
    alert,
    event_timestamp,
    source,
    event_data,
    trace_id,
    span_id,
    archived: false,
    archived_at: null,
    received_at,
    skew_ms,
  };
}

/** In quotes, with escapes for whatever people would not see, or would see elsewhere. */
function shown(type: string): string {
  return JSON.stringify(type).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`,
  );
}
