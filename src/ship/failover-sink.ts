/**
 * Failover: several sinks, the best first. A send goes down the list until one of them answers.
 *
 *   up ── retry, hold, anything unknown, nothing taken, aborted ─→ down ── time is over, or it answers ─→ up
 *
 * Sinks that are up come first, in the order given; then those that are down, the one whose time is over soonest first:
 * a send fails only when each has had its turn. What `too-large` and `refused` say is an answer, and goes to the caller.
 * A batch may so reach two sinks (the first may have stored it before its answer was lost); ids tell.
 */
import type { EventInput } from "../event/event.ts";
import { invalid } from "./option-checks.ts";
import { SendError, type Sink, unlessAborted, type Verdict } from "./sink.ts";

export interface NamedSink {
  /** For messages; a user and password in it are left out. */
  readonly name: string;
  readonly sink: Sink;
}

export interface FailoverOptions {
  /** Milliseconds; only differences count. */
  readonly now?: () => number;
  /** How long a sink that failed is left alone while others work, in ms. @default 30_000 */
  readonly retryFirstMs?: number;
}

interface Member extends NamedSink {
  downUntilMs: number;
}

/** Longest a sink's own `Retry-After` keeps it down. */
const RETRY_AFTER_CAP_MS = 300_000;

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function failoverSink(sinks: readonly NamedSink[], options: FailoverOptions = {}): Sink {
  return new FailoverSink(sinks, options);
}

class FailoverSink implements Sink {
  readonly #members: readonly Member[];
  readonly #now: () => number;
  readonly #retryFirstMs: number;

  constructor(sinks: readonly NamedSink[], { now = () => performance.now(), retryFirstMs = 30_000 }: FailoverOptions) {
    if (sinks.length === 0) throw invalid("failover needs at least one sink");
    if (!Number.isSafeInteger(retryFirstMs) || retryFirstMs < 0) throw invalid("retryFirstMs must be a whole number");
    this.#members = sinks.map(({ name, sink }) => ({ name: shown(name), sink, downUntilMs: -Infinity }));
    this.#now = now;
    this.#retryFirstMs = retryFirstMs;
  }

  async send(events: readonly EventInput[], signal: AbortSignal): Promise<readonly Verdict[]> {
    signal.throwIfAborted();
    const failures: Failure[] = [];
    for (const member of inTurn(this.#members, this.#now())) {
      const outcome = await attempt(member.sink, events, signal);
      const failed = outcome instanceof SendError && !isAnswer(outcome);
      member.downUntilMs = failed ? this.#downUntilMs(outcome) : -Infinity;
      if (failed) signal.throwIfAborted();
      if (!(outcome instanceof SendError)) return outcome;
      if (!failed) throw outcome;
      failures.push({ name: member.name, error: outcome });
    }
    throw summary(failures);
  }

  async reset(): Promise<void> {
    await Promise.allSettled(this.#members.map(async ({ sink }) => sink.reset?.()));
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.#members.map(async ({ sink }) => sink.close()));
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  }

  #downUntilMs({ retryAfterMs }: SendError): number {
    return this.#now() + Math.max(this.#retryFirstMs, Math.min(retryAfterMs, RETRY_AFTER_CAP_MS));
  }
}

interface Failure {
  readonly name: string;
  readonly error: SendError;
}

function inTurn(members: readonly Member[], nowMs: number): readonly Member[] {
  const up = members.filter(({ downUntilMs }) => downUntilMs <= nowMs);
  const down = members.filter(({ downUntilMs }) => downUntilMs > nowMs);
  return [...up, ...down.sort((a, b) => a.downUntilMs - b.downUntilMs)];
}

/** Verdicts, or why there are none. Does not wait for a sink that overhears the signal. */
async function attempt(
  sink: Sink,
  events: readonly EventInput[],
  signal: AbortSignal,
): Promise<readonly Verdict[] | SendError> {
  try {
    const verdicts = await unlessAborted(sink.send(events, signal), signal);
    const noneTaken = verdicts.length > 0 && verdicts.every(({ status }) => status === "retry");
    return noneTaken ? new SendError("retry", "no event was taken") : verdicts;
  } catch (error) {
    if (error instanceof SendError) return error;
    return new SendError("retry", error instanceof Error ? error.message : String(error));
  }
}

function isAnswer({ kind }: SendError): boolean {
  return kind === "too-large" || kind === "refused";
}

/** One that waiting mends is worth more hope than one that needs a person; the caller comes back for the soonest. */
function summary(failures: readonly Failure[]): SendError {
  const kind = failures.some(({ error }) => error.kind === "retry") ? "retry" : "hold";
  const message = failures.map(({ name, error }) => `${name}: ${error.message}`).join("; ");
  return new SendError(kind, message, Math.min(...failures.map(({ error }) => error.retryAfterMs)));
}

function shown(name: string): string {
  return name.replace(/\/\/[^/]*@/, "//");
}
