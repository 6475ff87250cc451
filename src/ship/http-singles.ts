/**
 * Delivery to a server that takes one event per request, as MADSci's does: `POST /event`, four at a time.
 *
 * Bodies are never compressed: that server does not know how to undo it.
 */
import type { EventInput } from "../event/event.ts";
import { isKnownType } from "../event/event-types.ts";
import { stringifyJson } from "../event/json.ts";
import { singleVerdict } from "./http-answer.ts";
import type { HttpServer } from "./http-server.ts";
import type { Verdict } from "./sink.ts";

const AT_ONCE = 4;

/** A failure that concerns all of them ends the batch; what is not sent yet stays. @throws SendError */
export async function sendSingles(
  server: HttpServer,
  events: readonly EventInput[],
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let at = 0; at < events.length; at += AT_ONCE) {
    const some = events.slice(at, at + AT_ONCE);
    const settled = await Promise.allSettled(some.map((event) => sendSingle(server, event, signal)));
    verdicts.push(...settled.map((one): Verdict => (one.status === "fulfilled" ? one.value : { status: "retry" })));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed === undefined) continue;
    if (verdicts.every((verdict) => verdict.status === "retry")) throw failed.reason;
    const left = events.length - verdicts.length;
    return [...verdicts, ...Array.from({ length: left }, (): Verdict => ({ status: "retry" }))];
  }
  return verdicts;
}

async function sendSingle(server: HttpServer, event: EventInput, signal: AbortSignal): Promise<Verdict> {
  let text: string;
  try {
    text = stringifyJson(madsciEvent(event));
  } catch {
    return { status: "rejected", reason: "it cannot be written as JSON" };
  }
  const message = { path: "/event", type: "application/json", body: await server.pack(text, false) };
  return singleVerdict(await server.post(message, signal), event._id);
}

/** As MADSci's own client would send it. It refuses types it does not know, so theirs moves into `event_data`. */
function madsciEvent({ _id, ...event }: EventInput): EventInput {
  const { event_type = "unknown", event_data } = event;
  if (isKnownType(event_type)) return { event_id: _id, ...event };
  return { event_id: _id, ...event, event_type: "unknown", event_data: { ...fieldsOf(event_data), event_type } };
}

/** What is no object keeps its form as a value. */
function fieldsOf(data: unknown): object {
  if (data === undefined) return {};
  return typeof data === "object" && data !== null && !Array.isArray(data) ? data : { value: data };
}
