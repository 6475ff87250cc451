/** Tail frame: what a message of an event stream says, or that it is none of our server's. */
import { parseJson } from "../event/json.ts";
import { whyNot } from "./http-call.ts";
import { isObject, storedEvent } from "./stored.ts";

/** What our server sends, besides `bye`. */
const KNOWN_FRAMES = new Set(["event", "live", "gap", "stats"]);

/** What came is none of our server's frames. */
export class Unreadable extends Error {}

/** Others are left out: a later server may send more. */
export function isKnownFrame(event: string): boolean {
  return KNOWN_FRAMES.has(event);
}

/** Content of a `gap`. */
export interface Gap {
  readonly dropped: number;
  readonly reason?: unknown;
}

/** What a known frame says; an event with every field. @throws Unreadable */
export function contentOf(event: string, data: string): unknown {
  const content = jsonOf(event, data);
  if (event === "event") {
    const stored = storedEvent(content);
    if (stored === undefined) throw new Unreadable("a frame that holds no event");
    return stored;
  }
  if (!isObject(content)) throw new Unreadable(`a frame "${event}" that holds no object`);
  if (event !== "gap") return content;
  const { dropped = 0, reason } = content;
  if (!Number.isSafeInteger(dropped) || (dropped as number) < 0) throw new Unreadable("a gap of no size");
  return { dropped, reason };
}

/** A frame may be too large, too. */
export function isUnreadable(error: unknown): error is Error {
  return error instanceof Unreadable || error instanceof RangeError;
}

/** Why a connection ended, behind the address of the server. */
export function causeOf(error: unknown): string {
  return isUnreadable(error) ? `answers, but not as an event server (${error.message})` : whyNot(error);
}

function jsonOf(event: string, data: string): unknown {
  try {
    return parseJson(data);
  } catch {
    throw new Unreadable(`a frame "${event}" that is not JSON`);
  }
}
