/** How a run ends: exit codes, and the one line on stderr that says why. */
import { EventStoreError, type EventStoreErrorCode } from "../errors.ts";

/** Exit code for each error code; a new code without a row here does not compile. */
export const EXIT = {
  EVT_INVALID_OPTION: 2,
  EVT_INVALID_EVENT: 2,
  EVT_INVALID_SELECTOR: 2,
  EVT_TOO_LARGE: 2,
  EVT_CONFLICT: 2,
  EVT_BACKEND_UNAVAILABLE: 4,
  EVT_SCHEMA_MISMATCH: 3,
  EVT_MISSING_DRIVER: 2,
  EVT_CLOSED: 4,
} as const satisfies Record<EventStoreErrorCode, number>;

/** Not found, or failed for a reason that is no fault of the store (a port taken). */
export class CommandFailure extends Error {
  readonly exitCode = 1;
}

/** A usage error: exit code 2, one line. */
export function usageError(message: string, cause?: unknown): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message, { cause });
}

export function exitCodeOf(error: unknown): number {
  return error instanceof EventStoreError ? EXIT[error.code] : 1;
}

/** What stderr shows of an error: one line for those a user can act on (commands on their own), the stack for bugs or with `DEBUG`. */
export function describeError(error: unknown, debug: boolean): string {
  const expected = error instanceof EventStoreError || error instanceof CommandFailure;
  if (!(error instanceof Error)) return `error: ${oneLine(String(error))}`;
  if (expected && !debug && isSchemaMismatch(error)) return withoutControls(`error: ${error.message}`);
  if (expected && !debug) return `error: ${oneLine(error.message)}`;
  const cause = debug && error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : "";
  return withoutControls(`error: ${error.stack ?? error.message}${cause}`);
}

/** The one message of several lines: it holds commands to copy. */
function isSchemaMismatch(error: Error): boolean {
  return error instanceof EventStoreError && error.code === "EVT_SCHEMA_MISMATCH";
}

/** `1 event`, `2 events` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Line breaks folded, so that one message stays one line; other control characters as `\u001b`, for the terminal's sake. */
export function oneLine(text: string): string {
  return withoutControls(text.replace(/\s*[\r\n]+\s*/g, " "));
}

/** Line breaks and tabs stay. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** True when `DEBUG` names this package. */
export function debugWanted(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env.DEBUG ?? "").split(/[\s,]+/).some((name) => name === "madsci-events" || name === "*");
}
