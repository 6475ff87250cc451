/** Trace mixin: the active span of OpenTelemetry on every line, where the application uses it. */
import { createRequire } from "node:module";

interface Api {
  readonly trace?: { getActiveSpan?(): { spanContext?(): { traceId: string; spanId: string } } | undefined };
}

/** What pino adds to a line. */
export interface TraceFields {
  readonly trace_id?: string;
  readonly span_id?: string;
}

let api: Api | null | undefined;

/** The application's copy of `@opentelemetry/api`; null without one. */
function loadApi(): Api | null {
  for (const from of [`${process.cwd()}/package.json`, import.meta.url]) {
    try {
      return createRequire(from)("@opentelemetry/api") as Api;
    } catch {
      // Not installed there.
    }
  }
  return null;
}

function fields(): TraceFields {
  // Looked for once: without it, null stays.
  if (api === undefined) api = loadApi();
  const span = api?.trace?.getActiveSpan?.()?.spanContext?.();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/**
 * A mixin for pino: `trace_id` and `span_id` of the active span, nothing without `@opentelemetry/api` or a span.
 * Both `mixin: traceMixin` and `mixin: traceMixin()` work.
 * @since 0.1.0
 */
export function traceMixin(): () => TraceFields;
export function traceMixin(mergeObject: object, level: number, logger?: object): TraceFields;
export function traceMixin(...given: unknown[]): TraceFields | (() => TraceFields) {
  return given.length === 0 ? fields : fields();
}
