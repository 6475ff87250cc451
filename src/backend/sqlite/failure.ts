/** A driver's error → what the caller can do. The driver's own text stays in `cause`. */
import { EventStoreError } from "../../errors.ts";

/** Primary result codes (sqlite.org/rescode.html) that may pass, and what they say to a caller. */
const PASSING: Readonly<Record<number, string>> = {
  5: "is locked by another program",
  6: "is locked by another connection",
  7: "ran out of memory",
  8: "cannot be written (read-only file or directory)",
  10: "cannot be read or written (I/O error)",
  13: "cannot grow: the disk is full",
  14: "cannot be opened (missing, or no permission)",
  15: "is locked by another program",
};

/** Codes that say: this file is not an intact SQLite database. */
const DAMAGED: Readonly<Record<number, string>> = {
  11: "is damaged",
  26: "is not an SQLite database",
};

/** No permission, read-only, cannot be opened, no database. */
const OPTION_CODES = new Set([3, 8, 14, 26]);

function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** The error a caller sees for an error of the driver; anything else is returned as it is. */
export function failure(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const text = PASSING[code] ?? DAMAGED[code] ?? `failed (SQLite code ${code})`;
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", `the SQLite file ${path} ${text}`, { cause: error });
}

/**
 * The error a caller sees while opening, for an error of the driver or of {@link failure}: here a wrong file or a
 * missing permission is a mistake in the options.
 */
export function openFailure(error: unknown, path: string): unknown {
  const cause = error instanceof EventStoreError && error.cause ? error.cause : error;
  const code = codeOf(cause);
  if (code === undefined || !OPTION_CODES.has(code)) return failure(error, path);
  const text = PASSING[code] ?? DAMAGED[code] ?? "cannot be opened (no permission)";
  return new EventStoreError("EVT_INVALID_OPTION", `the SQLite file ${path} ${text}`, { cause });
}

export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === 5 || code === 6;
}
