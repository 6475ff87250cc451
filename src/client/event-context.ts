/**
 * Event context: source ids and metadata that every log call inside a function carries, through `await` and timers, and
 * nobody outside. What MADSci's Python client does with context variables.
 *
 * Nested contexts merge, the inner wins; `inherit: false` starts afresh. Tasks that run side by side do not see each
 * other's.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { EventStoreError } from "../errors.ts";
import type { Source } from "../event/event.ts";
import { checkKeys, checkSource, invalid } from "../ship/option-checks.ts";
import { contextOf } from "./fields.ts";

/** @since 0.1.0 */
export interface EventContext {
  /** Ids of the parts of the lab, ULIDs. @default {} */
  readonly source?: Source;
  /** Goes into `event_data` of log calls; what a call or a bound client says itself wins. @default {} */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** False: nothing of the context around it. @default true */
  readonly inherit?: boolean;
}

/** The context in force. */
export interface CurrentContext {
  readonly source: Source;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const NONE: CurrentContext = Object.freeze({ source: Object.freeze({}), metadata: Object.freeze({}) });
const storage = new AsyncLocalStorage<CurrentContext>();

/**
 * Runs `work` (which may be async) inside a context; answers what it answers.
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the field, before `work` runs; then whatever `work` throws.
 * @since 0.1.0
 */
export function withEventContext<T>(context: EventContext, work: () => T): T {
  return storage.run(innerOf(context), work);
}

/**
 * MADSci's word for a context that only says who acts: `ownership_context({ experiment_id }, () => …)`.
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the field.
 * @since 0.1.0
 */
export function ownership_context<T>(source: Source, work: () => T): T {
  return withEventContext({ source }, work);
}

/** The context in force here; empty outside any. @since 0.1.0 */
export function currentEventContext(): CurrentContext {
  return storage.getStore() ?? NONE;
}

function innerOf(context: EventContext): CurrentContext {
  try {
    checkKeys("", context, ["source", "metadata", "inherit"]);
    const { source = {}, metadata = {}, inherit = true } = context;
    if (typeof metadata !== "object" || metadata === null) throw invalid("metadata must be an object");
    const outer = inherit ? currentEventContext() : NONE;
    const own = { source: checkSource(source), metadata: contextOf(metadata) };
    return { source: { ...outer.source, ...own.source }, metadata: { ...outer.metadata, ...own.metadata } };
  } catch (error) {
    if (error instanceof EventStoreError) throw error;
    throw invalid("the context cannot be read: pass { source, metadata, inherit } as plain values");
  }
}
