/** The error for a backup that is not taken. */
import { EventStoreError } from "../errors.ts";

/** Names the file and the reason; both may hold anything. */
export function damage(file: string, reason: string, cause?: unknown): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", `${shown(file)}: ${reason}`, { cause });
}

/** Cause of the refusal of a backup that is whole, but of another database than the one that is meant. */
export class OtherDatabase extends Error {
  readonly found: string;
  readonly expected: string;

  constructor(found: string, expected: string) {
    super(`a backup of the database ${shown(found)}, not of ${shown(expected)}`);
    this.found = found;
    this.expected = expected;
  }
}

/** A name of a file or collection as it may be printed. */
export function shown(name: string): string {
  return /^[^\u0000-\u001f\u007f-\u009f]*$/.test(name) && name.isWellFormed() ? name : JSON.stringify(name);
}

/** What the file system says, as what the caller can do. */
export function fileError(file: string, error: unknown): EventStoreError {
  if (error instanceof EventStoreError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const reason = REASONS[String(code)];
  if (reason !== undefined) return damage(file, reason, error);
  const message = `${shown(file)} cannot be read (${code ?? "unknown error"})`;
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "is no folder",
  ELOOP: "is a symbolic link; a backup holds only files and folders of its own",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  ENAMETOOLONG: "has too long a name",
  ERR_INVALID_ARG_VALUE: "is no path",
};
