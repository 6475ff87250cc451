/** Cursors: a place in a search as one opaque text, safe in a URL. */
import type { Position } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";

/** What a cursor is good for; using it with another order is refused. */
export interface CursorScope {
  readonly by: "event_timestamp" | "archived_at";
  readonly order: "newest" | "oldest";
}

export function encodeCursor(position: Position, scope: CursorScope): string {
  const parts = [scope.by === "archived_at" ? "a" : "t", scope.order === "newest" ? "n" : "o"];
  return Buffer.from(JSON.stringify([parts.join(""), String(position.instant), position.id])).toString("base64url");
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for anything `encodeCursor` did not make for this order. */
export function decodeCursor(cursor: string, scope: CursorScope): Position {
  try {
    const [kind, instant, id] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as string[];
    const same = kind === (scope.by === "archived_at" ? "a" : "t") + (scope.order === "newest" ? "n" : "o");
    if (same && typeof id === "string" && /^-?\d{1,19}$/.test(String(instant)))
      return { instant: BigInt(String(instant)), id };
  } catch {
    // falls through to the one error below
  }
  throw new EventStoreError("EVT_INVALID_OPTION", "cursor: not a cursor of this search; start again without it");
}
