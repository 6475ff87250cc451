/**
 * The one error class of the package and its closed list of codes.
 *
 * A code says what the caller can do; the message says what happened and how to mend it. A driver's own text is kept
 * as `cause` and never shown to a REST client. A test holds this list equal to the table in README#errors.
 */
export const ERROR_CODES = [
  "EVT_INVALID_OPTION",
  "EVT_INVALID_EVENT",
  "EVT_INVALID_SELECTOR",
  "EVT_TOO_LARGE",
  "EVT_CONFLICT",
  "EVT_BACKEND_UNAVAILABLE",
  "EVT_SCHEMA_MISMATCH",
  "EVT_MISSING_DRIVER",
  "EVT_CLOSED",
] as const;

/** @since 0.1.0 */
export type EventStoreErrorCode = (typeof ERROR_CODES)[number];

/**
 * What is wrong with one field, in the shape FastAPI gives its 422 answers.
 * `loc` starts at the value that was parsed (no leading `"body"`; the REST room adds it).
 * @since 0.1.0
 */
export interface FieldIssue {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** @since 0.1.0 */
export interface EventStoreErrorOptions {
  readonly cause?: unknown;
  /** One entry per bad field (invalid events and selectors). */
  readonly issues?: readonly FieldIssue[];
}

/**
 * Thrown by every function of the package for anything a caller can act on; bugs stay `TypeError`s.
 * @since 0.1.0
 */
export class EventStoreError extends Error {
  override readonly name = "EventStoreError";
  readonly code: EventStoreErrorCode;
  /** True when the same call may succeed later without any change. */
  readonly retryable: boolean;
  readonly issues: readonly FieldIssue[];

  constructor(code: EventStoreErrorCode, message: string, options: EventStoreErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = code === "EVT_BACKEND_UNAVAILABLE";
    this.issues = options.issues ?? [];
  }
}
