/**
 * OpenStreams: answers without an end of their own. Their number is limited, and the end of the server ends them first,
 * so that it never waits for one.
 */
import type { FastifyReply } from "fastify";
import { cut, onceClosed } from "./closed.ts";
import { Failure } from "./failure.ts";

/** Longest a client may take for the last words, in ms; then its connection is cut. */
const FAREWELL_MS = 1000;
const RETRY_SECONDS = "5";

/** An open stream: how to end it, and the answer it writes. */
export interface OpenStream {
  /** Says goodbye and ends. */
  end(): void;
  readonly reply: FastifyReply;
}

export class OpenStreams {
  readonly #open = new Set<OpenStream>();
  #ending = false;

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** @throws Failure 503 when there are too many, or the server is about to stop. */
  assertRoom(most: number): void {
    if (this.#ending) throw noRoom("The server is shutting down");
    if (this.#open.size >= most) throw noRoom(`${most} streams are open already, the most this server has`);
  }

  /** Keeps the stream until its answer is closed. */
  add(stream: OpenStream): void {
    this.#open.add(stream);
    onceClosed(stream.reply, () => this.#open.delete(stream));
  }

  /** Ends all of them, and lets no other begin. */
  async endAll(): Promise<void> {
    this.#ending = true;
    await Promise.all([...this.#open].map(ended));
  }
}

function ended({ reply, end }: OpenStream): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => cut(reply), FAREWELL_MS);
    onceClosed(reply, () => {
      clearTimeout(timer);
      resolve();
    });
    end();
  });
}

function noRoom(message: string): Failure {
  return new Failure(503, "unavailable", message, { headers: { "retry-after": RETRY_SECONDS } });
}
