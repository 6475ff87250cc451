/**
 * ReportTurns: reports one after the other, so that requests which store events never wait for more than one of them.
 *
 * A report waits for its turn; how many there are at once, and for how long, is limited. One whose client has gone stops, and so do all
 * of them when the server does. An answer that is not read in time is broken off.
 */
import type { FastifyReply } from "fastify";
import { cut, isClosed, onceClosed } from "./closed.ts";
import { Failure } from "./failure.ts";

interface Limits {
  /** Reports under way or waiting; one counts until its answer has been sent. */
  readonly most: number;
  /** Longest a report may take, from its waiting to the end of its answer. */
  readonly limitMs: number;
}

const RETRY_SECONDS = "5";
/** Longest a client may take for the rest of what was sent when the server ends, in ms. */
const FAREWELL_MS = 1000;
/** Longer timers run out at once. Source: Node's `timers`. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class ReportTurns {
  readonly #open = new Map<AbortController, FastifyReply>();
  #last: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  /** @throws Failure 503 when there are too many, when it takes too long, and when the server stops */
  run<T>(reply: FastifyReply, { most, limitMs }: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isEnding) throw stopping();
    if (isClosed(reply)) throw gone(); // its end has been told already
    if (this.#open.size >= most) throw refused(`${most} reports are being made already, the most this server makes`);
    const signal = this.#enter(reply, limitMs);
    const made = this.#last.then(() => {
      signal.throwIfAborted();
      return work(signal);
    });
    const turn = Promise.race([made, stopOf(signal)]);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Stops all of them, and lets no other begin. */
  endAll(): void {
    this.#isEnding = true;
    for (const [open, reply] of this.#open) {
      open.abort(stopping());
      const timer = setTimeout(() => cut(reply), FAREWELL_MS);
      onceClosed(reply, () => clearTimeout(timer));
    }
  }

  #enter(reply: FastifyReply, limitMs: number): AbortSignal {
    const open = new AbortController();
    const end = () => {
      open.abort(tooSlow(limitMs));
      // Who does not read the answer must not keep others from theirs, nor the server from its end.
      if (reply.raw.headersSent) cut(reply);
    };
    const timer = setTimeout(end, Math.min(limitMs, MAX_TIMER_MS));
    this.#open.set(open, reply);
    onceClosed(reply, () => {
      clearTimeout(timer);
      this.#open.delete(open);
      open.abort(gone());
    });
    return open.signal;
  }
}

/** Rejects with the signal's reason. */
function stopOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function tooSlow(limitMs: number): Failure {
  return refused(`The report was not ready after ${limitMs / 1000} s; one of a shorter window takes less time`);
}

function stopping(): Failure {
  return refused("The server is shutting down");
}

/** Nobody reads it. */
function gone(): Failure {
  return new Failure(503, "unavailable", "The client has gone");
}

function refused(message: string): Failure {
  return new Failure(503, "unavailable", message, { headers: { "retry-after": RETRY_SECONDS } });
}
