/** Server-sent events: a tail's items as frames of a `text/event-stream` (WHATWG HTML, "Server-sent events"). */
import type { StoredEvent } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import type { TailItem } from "../event/tail-item.ts";
import type { Tail } from "../store/tail.ts";

export const SSE_TYPE = "text/event-stream";
/** How long a client waits before it connects again, in ms. */
const RETRY_MS = 1000;
const PIECE_CHARACTERS = 262_144;
/** A timer may be early; a heartbeat that is nearly due is sent. */
const NEARLY = 0.9;

export interface FrameOptions {
  readonly heartbeatMs: number;
  /** Why the stream ends, for its last frame. */
  readonly farewell: (error?: unknown) => string;
}

/** The frames of a stream, several in one piece while there are many. Ends with the tail, saying why. */
export async function* framesOf(tail: Tail, { heartbeatMs, farewell }: FrameOptions): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`;
  let beatMs = performance.now();
  let failure: unknown;
  try {
    for await (const items of tail.groups(heartbeatMs)) {
      yield* piecesOf(items);
      if (performance.now() - beatMs >= heartbeatMs * NEARLY) {
        yield heartbeat(tail);
        beatMs = performance.now();
      }
    }
  } catch (error) {
    failure = error;
  }
  yield frame(undefined, "bye", JSON.stringify({ reason: farewell(failure) }));
}

/** Frames of a group in pieces: what a client that does not read makes the server hold is one piece. */
function* piecesOf(items: readonly TailItem[]): Generator<string> {
  let piece = "";
  for (const item of items) {
    piece += frameOf(item);
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

function frameOf(item: TailItem): string {
  switch (item.kind) {
    case "event":
      return frame(item.cursor, "event", textOf(item.event));
    case "gap":
      return frame(item.cursor, "gap", JSON.stringify({ dropped: item.dropped, reason: item.reason }));
    case "live":
      return frame(item.cursor, "live", "{}");
  }
}

/** Its id moves the place to resume from, although nothing matched. */
function heartbeat({ cursor, delivered, dropped }: Tail): string {
  return frame(cursor, "stats", JSON.stringify({ delivered, dropped }));
}

function frame(id: string | undefined, event: string, data: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

/** Streams that follow the same arrivals get the same objects. */
const texts = new WeakMap<StoredEvent, string>();

function textOf(event: StoredEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = stringifyJson(event);
  texts.set(event, text);
  return text;
}
