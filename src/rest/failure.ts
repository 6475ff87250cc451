/**
 * What went wrong, as HTTP: one error class for the routes, and the one table from error codes to statuses.
 *
 * A route throws; `toFailure` turns anything thrown into a Failure; detail.ts and problem.ts write it down, the first
 * for MADSci's routes, the second for `/v1`. Texts of the store's engine stop here.
 */
import { EventStoreError, type EventStoreErrorCode } from "../errors.ts";

/** One thing that is wrong with a request; `loc` starts with `"body"`, `"query"` or `"path"`. */
export interface Issue {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Kinds of failure: the last part of a problem's `type` URI and its title. */
export const KINDS = {
  "invalid-request": "The request is not valid",
  "malformed-json": "The body is not JSON",
  "invalid-event": "The event is not valid",
  "invalid-selector": "The selector is not accepted",
  "too-large": "The request is too large",
  "too-many-results": "The answer would be too large",
  conflict: "The id holds another event",
  "not-found": "Not Found",
  "alerts-off": "Alerts are off",
  "method-not-allowed": "Method Not Allowed",
  "unsupported-media-type": "The media type is not supported",
  "rate-limited": "Too many requests",
  refused: "The request is refused",
  unavailable: "The event store cannot answer right now",
  "not-implemented": "Not implemented",
  internal: "Internal Server Error",
} as const;

export type Kind = keyof typeof KINDS;

interface FailureOptions {
  readonly issues?: readonly Issue[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is not a success. Its message is meant for the client. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly status: number;
  readonly kind: Kind;
  readonly issues: readonly Issue[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, kind: Kind, message: string, options: FailureOptions = {}) {
    super(message);
    this.status = status;
    this.kind = kind;
    this.issues = options.issues ?? [];
    this.headers = options.headers ?? {};
  }
}

/** HTTP status for each error code; a new code without a row here does not compile. */
export const STATUS = {
  EVT_INVALID_OPTION: 500,
  EVT_INVALID_EVENT: 422,
  EVT_INVALID_SELECTOR: 422,
  EVT_TOO_LARGE: 413,
  EVT_CONFLICT: 409,
  EVT_BACKEND_UNAVAILABLE: 503,
  EVT_SCHEMA_MISMATCH: 503,
  EVT_MISSING_DRIVER: 500,
  EVT_CLOSED: 503,
} as const satisfies Record<EventStoreErrorCode, number>;

export const KIND_OF = {
  EVT_INVALID_OPTION: "internal",
  EVT_INVALID_EVENT: "invalid-event",
  EVT_INVALID_SELECTOR: "invalid-selector",
  EVT_TOO_LARGE: "too-large",
  EVT_CONFLICT: "conflict",
  EVT_BACKEND_UNAVAILABLE: "unavailable",
  EVT_SCHEMA_MISMATCH: "unavailable",
  EVT_MISSING_DRIVER: "internal",
  EVT_CLOSED: "unavailable",
} as const satisfies Record<EventStoreErrorCode, Kind>;

const UNAVAILABLE = "The event store cannot answer right now; sending again later is safe";

/** 422 for a request with these issues. */
export function invalidRequest(issues: readonly Issue[], kind: Kind = "invalid-request"): Failure {
  const [first] = issues;
  return new Failure(422, kind, first ? `${first.loc.join(".")}: ${first.msg}` : KINDS[kind], { issues });
}

/** 413 with this text. */
export function tooLarge(message: string): Failure {
  return new Failure(413, "too-large", message);
}

/** 503; clients spread their next try over some seconds. */
function unavailable(): Failure {
  const seconds = 1 + Math.floor(Math.random() * 5);
  return new Failure(503, "unavailable", UNAVAILABLE, { headers: { "retry-after": String(seconds) } });
}

/** Anything thrown below a route → the answer. `undefined` for what nobody expected: a 500 to be logged. */
export function toFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (error instanceof EventStoreError) return fromStoreError(error);
  return fromStatus(error);
}

function fromStoreError(error: EventStoreError): Failure | undefined {
  const status = STATUS[error.code];
  if (status === 500) return undefined;
  if (status === 503) return unavailable();
  const issues = error.issues.map((issue) => ({ ...issue, loc: ["body", ...issue.loc] }));
  return new Failure(status, KIND_OF[error.code], error.message, { issues });
}

/** What Fastify refuses while it reads a request, and what hooks of the app around throw: errors with a status. */
function fromStatus(error: unknown): Failure | undefined {
  const { statusCode: status, code, message } = error as { statusCode?: number; code?: string; message?: string };
  const isRefusal = status !== undefined && Number.isInteger(status) && status >= 400 && status <= 499;
  if (!code?.startsWith("FST_")) {
    if (status === 503) return unavailable();
    return isRefusal ? new Failure(status, "refused", message || KINDS.refused) : undefined;
  }
  if (!isRefusal) return undefined;
  if (status === 413) return tooLarge("Request body is too large");
  if (status === 415) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    return invalidRequest([{ type: "model_attributes_type", loc: ["body"], msg, input: null }]);
  }
  return new Failure(status, "invalid-request", "The request cannot be read");
}
