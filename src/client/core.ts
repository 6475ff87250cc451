/** Core: what a client and all clients bound to it share. One per connection to a server. */
import { EventStoreError } from "../errors.ts";
import type { EventInput, Source } from "../event/event.ts";
import { newId } from "../event/id.ts";
import type { LogLevel } from "../event/levels.ts";
import { LEVEL } from "../event/levels.ts";
import { plain } from "../event/line-value.ts";
import { type Call, readCall, type Values } from "./call.ts";
import { Delivery } from "./delivery.ts";
import { diagnosticsTo, type Tell } from "./diagnostics.ts";
import { draftOf } from "./draft.ts";
import { BOUNDS, isError, readOr } from "./fields.ts";
import { HttpCaller } from "./http-call.ts";
import { TRACE } from "./levels.ts";
import type { ResolvedClientOptions } from "./options.ts";
import { Reads } from "./reads.ts";
import { Reports } from "./reports.ts";
import { type Scope, sourceIn } from "./scope.ts";
import { ServerKind } from "./server-kind.ts";
import { type Change, wholeEvent } from "./whole-event.ts";

/** Level of a call, and whether it is an alert. */
export interface Gravity {
  readonly level: LogLevel;
  /** What the level is held against; lower than it for `trace`. */
  readonly rank?: number;
  readonly alert?: boolean;
  /** A whole event keeps its own level. */
  readonly keepsLevel?: boolean;
}

export class Core {
  readonly options: ResolvedClientOptions;
  readonly delivery: Delivery;
  readonly http: HttpCaller;
  readonly kind: ServerKind;
  readonly reads: Reads;
  readonly reports: Reports;
  readonly #life = new AbortController();
  readonly #tell: Tell;

  constructor(options: ResolvedClientOptions) {
    this.options = options;
    this.#tell = diagnosticsTo(options.onDiagnostic);
    this.delivery = new Delivery(options, this.#tell);
    this.http = new HttpCaller(options.target, this.#life.signal);
    this.kind = new ServerKind(this.http, options.timeouts.dataMs);
    this.reads = new Reads(this.http, this.kind, options.timeouts);
    this.reports = new Reports(this.http, options.timeouts);
  }

  /** Aborted when the client is closed. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** Takes a call in; answers the id of its event, `""` where its level is not sent. Never throws, never waits. */
  record(gravity: Gravity, scope: Scope, given: readonly unknown[]): string {
    if (isQuiet(gravity, scope, given)) return "";
    try {
      return this.#recorded(gravity, scope, given);
    } catch {
      return this.#recordedPlain(gravity, scope, given);
    }
  }

  /** Ends reads and tails; what is logged later is lost, and counted. */
  end(): void {
    this.#life.abort(new EventStoreError("EVT_CLOSED", "the client is closed"));
  }

  #recorded(gravity: Gravity, scope: Scope, [first, ...more]: readonly unknown[]): string {
    const call = readCall(first, more);
    const event = call.event === undefined ? drafted(call, gravity, scope) : this.#whole(call.event, gravity, scope);
    if (event === undefined) return "";
    this.delivery.accept(event);
    return String(event._id);
  }

  /** Something in the call cannot even be looked at; what can be is an event. */
  #recordedPlain(gravity: Gravity, scope: Scope, given: readonly unknown[]): string {
    try {
      return this.#recorded(gravity, scope, plain(given, BOUNDS) as unknown[]);
    } catch (error) {
      this.delivery.failed();
      const why = readOr(() => (isError(error) ? String(error.message) : typeof error), "unreadable");
      this.#tell({ kind: "unloggable", message: `a log call is lost: ${why}` });
      return "";
    }
  }

  #whole(given: Values, gravity: Gravity, scope: Scope): EventInput | undefined {
    const change: Change = { level: gravity.keepsLevel ? undefined : gravity.level, alert: gravity.alert };
    const source: Source = sourceIn(scope);
    const event = wholeEvent(given, change, source, this.#tell);
    const least = gravity.keepsLevel ? scope.eventThreshold : scope.threshold;
    const isSent = event.alert === true || (event.log_level as number) >= least;
    return isSent ? event : undefined;
  }
}

/** Not sent, as can be told without reading the call: debug texts should cost nothing where nobody wants them. */
function isQuiet({ level, rank = level, alert }: Gravity, { threshold }: Scope, given: readonly unknown[]): boolean {
  return rank < threshold && alert !== true && given.length === 1 && typeof given[0] === "string";
}

function drafted(call: Call, { level, rank = level, alert }: Gravity, scope: Scope): EventInput | undefined {
  if (rank < scope.threshold && alert !== true && call.context.alert !== true) return undefined;
  const event = draftOf(call, level, scope, newId());
  return alert === true ? { ...event, alert } : event;
}

/** What a method of pino or Python means. */
export const GRAVITY = {
  trace: { level: LEVEL.DEBUG, rank: TRACE },
  debug: { level: LEVEL.DEBUG },
  info: { level: LEVEL.INFO },
  warning: { level: LEVEL.WARNING },
  error: { level: LEVEL.ERROR },
  critical: { level: LEVEL.CRITICAL },
} as const satisfies Record<string, Gravity>;
