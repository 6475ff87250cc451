/**
 * HTTP sink: delivers to an Event Manager.
 *
 *   batch ── 404, 405, 415 ─→ singles ── 5 minutes, or a `hold` ─→ batch
 *
 * `POST <url>/v1/events` with a batch as NDJSON. A server that does not know that route (MADSci's) gets each event by
 * itself; ids make it safe to repeat any of them.
 */
import type { EventInput } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import { batchVerdicts } from "./http-answer.ts";
import { type HttpSinkOptions, targetOf } from "./http-options.ts";
import { type HttpBody, HttpServer } from "./http-server.ts";
import { sendSingles } from "./http-singles.ts";
import { SendError, type Sink, type Verdict } from "./sink.ts";

export type { HttpSinkOptions } from "./http-options.ts";

/** How long a server counts as one without the batch route; it may be updated while we run. */
const SINGLES_FOR_MS = 300_000;
/** Bodies kept for batches to come. */
const MAX_READY = 4;
const NO_SUCH_ROUTE = new Set([404, 405, 415]);

/**
 * @param now milliseconds; only differences count
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the option.
 * @since 0.1.0
 */
export function httpSink(options: HttpSinkOptions, now: () => number = () => performance.now()): Sink {
  const server = new HttpServer(targetOf(options));
  let singlesUntilMs = Number.NEGATIVE_INFINITY;
  let ready: readonly Prepared[] = [];
  return {
    prepare(events) {
      if (now() < singlesUntilMs) return;
      const body = bodyOf(server, events);
      // A failure comes up again when it is sent.
      body.catch(() => {});
      ready = [...ready.slice(1 - MAX_READY), { events, body }];
    },
    async send(events, signal) {
      if (now() >= singlesUntilMs) {
        const prepared = ready.find((one) => isSame(one.events, events));
        ready = ready.filter((one) => one !== prepared);
        const verdicts = await sendBatch(server, events, prepared?.body ?? bodyOf(server, events), signal);
        if (verdicts !== undefined) return verdicts;
        singlesUntilMs = now() + SINGLES_FOR_MS;
      }
      try {
        return await sendSingles(server, events, signal);
      } catch (error) {
        if (error instanceof SendError && error.kind === "hold") singlesUntilMs = Number.NEGATIVE_INFINITY;
        throw error;
      }
    },
    reset: () => server.reset(),
    close: async () => server.close(),
  };
}

interface Prepared {
  readonly events: readonly EventInput[];
  readonly body: Promise<HttpBody>;
}

function isSame(prepared: readonly EventInput[], events: readonly EventInput[]): boolean {
  return prepared.length === events.length && prepared[0] === events[0] && prepared.at(-1) === events.at(-1);
}

/** Undefined when the server has no such route. */
async function sendBatch(
  server: HttpServer,
  events: readonly EventInput[],
  body: Promise<HttpBody>,
  signal: AbortSignal,
): Promise<readonly Verdict[] | undefined> {
  const message = { path: "/v1/events", type: "application/x-ndjson", body: await body };
  const answer = await server.post(message, signal);
  return NO_SUCH_ROUTE.has(answer.status) ? undefined : batchVerdicts(answer, events.length);
}

/** @throws SendError `refused`, so that the one event at fault is searched for. */
async function bodyOf(server: HttpServer, events: readonly EventInput[]): Promise<HttpBody> {
  let text: string;
  try {
    text = ndjson(events);
  } catch {
    throw new SendError("refused", "it cannot be written as JSON");
  }
  return server.pack(text, true);
}

const BETWEEN = '},{"_id":"';

/**
 * One call for all of them takes two thirds of the time of one for each. What stands between two events may also stand
 * in one; then there are too many of them, and the events are written one by one.
 */
function ndjson(events: readonly EventInput[]): string {
  const lines = stringifyJson(events).slice(1, -1).split(BETWEEN);
  if (lines.length === events.length) return `${lines.join('}\n{"_id":"')}\n`;
  let text = "";
  for (const event of events) text += `${stringifyJson(event)}\n`;
  return text;
}
