/**
 * Long answers: text in pieces, sent at once while small, streamed in constant memory when not.
 *
 * Nothing is sent before the first pieces are there, so an engine that does not answer is still a clean 503. An answer
 * that breaks off later destroys the connection: it never looks complete.
 */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import type { EventCursor } from "../store/find.ts";
import { cut, onceClosed } from "./closed.ts";

/** Characters up to which an answer is collected and sent in one go. */
const AT_ONCE = 524_288;
/** Characters of one piece of a stream. */
const PIECE = 262_144;

interface PiecesOptions {
  readonly type: string;
  /** Last chance to refuse, before a long answer is begun. */
  readonly beforeStream?: () => Promise<void>;
}

/** Sends the pieces as one body. */
export async function sendPieces(reply: FastifyReply, pieces: AsyncGenerator<string>, options: PiecesOptions) {
  let head = "";
  while (head.length <= AT_ONCE) {
    const next = await pieces.next();
    if (next.done) return reply.type(options.type).send(head);
    head += next.value;
  }
  try {
    await options.beforeStream?.();
  } catch (error) {
    await pieces.return(undefined);
    throw error;
  }
  const stream = Readable.from(startingWith(head, pieces), { highWaterMark: 2 });
  stream.once("error", () => cut(reply));
  stream.once("close", () => void pieces.return(undefined));
  return reply.type(options.type).send(stream);
}

async function* startingWith(head: string, pieces: AsyncGenerator<string>): AsyncGenerator<string> {
  yield head;
  yield* pieces;
}

/** One JSON object keyed by id, in the order of the search; integer-like ids keep their place. */
export async function* keyedPieces(cursor: EventCursor, text: (event: StoredEvent) => string): AsyncGenerator<string> {
  let before = "{";
  for await (const event of cursor) {
    const entry = `${before}${JSON.stringify(event._id)}:${text(event)}`;
    before = ",";
    yield entry;
  }
  assertComplete(cursor);
  yield before === "{" ? "{}" : "}";
}

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` when the search ran out of time. */
export function assertComplete(cursor: EventCursor): void {
  if (cursor.timedOut) throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "the search took too long");
}

/** Joins small pieces, so that a stream has few and large ones. */
export async function* joined(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let text = "";
  for await (const piece of pieces) {
    text += piece;
    if (text.length < PIECE) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

/** Aborted when the client has gone (or the answer is complete). */
export function closedSignal(reply: FastifyReply): AbortSignal {
  const closed = new AbortController();
  onceClosed(reply, () => closed.abort());
  return closed.signal;
}
