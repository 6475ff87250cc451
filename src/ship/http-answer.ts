/** What a server says in words: answers → verdicts. Anything that is not an Event Manager's answer acknowledges nothing. */
import { parseJson } from "../event/json.ts";
import type { HttpAnswer } from "./http-exchange.ts";
import { statusError } from "./http-status.ts";
import { SendError, type Verdict } from "./sink.ts";

const NONE = "the answer of the server is none of an Event Manager";

/** Verdicts of `POST /v1/events`, in the order of the events. @throws SendError */
export function batchVerdicts(answer: HttpAnswer, events: number): readonly Verdict[] {
  const json = jsonOf(answer);
  if (!isSuccess(answer)) throw statusError(answer, detailOf(json));
  const results = (json as { results?: unknown } | null)?.results;
  if (Array.isArray(results) && results.length === events) return results.map(verdictOf);
  throw new SendError("retry", NONE);
}

/** Verdict of `POST /event`, which answers with the event. @throws SendError for what concerns other events as well */
export function singleVerdict(answer: HttpAnswer, id: unknown): Verdict {
  const json = jsonOf(answer);
  if (!isSuccess(answer)) {
    const error = statusError(answer, detailOf(json));
    if (error.kind === "refused" || error.kind === "too-large") return { status: "rejected", reason: error.message };
    throw error;
  }
  const { _id, event_id } = (json ?? {}) as { _id?: unknown; event_id?: unknown };
  const stored = _id ?? event_id;
  if (typeof stored === "string" && stored === String(id ?? stored)) return { status: "stored" };
  throw new SendError("retry", NONE);
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

function jsonOf({ text }: HttpAnswer): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** What a problem document or a FastAPI error says in words. */
function detailOf(answer: unknown): string {
  const { detail, title } = (answer ?? {}) as { detail?: unknown; title?: unknown };
  const first = Array.isArray(detail) ? (detail[0] as { msg?: unknown } | undefined)?.msg : (detail ?? title);
  return typeof first === "string" ? first.slice(0, 200) : "";
}

function verdictOf(result: unknown): Verdict {
  const { status, problem } = (result ?? {}) as { status?: unknown; problem?: unknown };
  if (status === "stored") return { status };
  if (status === "duplicate") return { status: "stored", duplicate: true };
  if (status === "conflict") return { status };
  if (isTemporary(problem)) return { status: "retry" };
  const detail = detailOf(problem);
  return { status: "rejected", reason: detail === "" ? String(status) : `${status}: ${detail}` };
}

/** A problem carries the HTTP status that the event alone would have got. A 500 is not here: it may come for ever. */
const TEMPORARY: ReadonlySet<unknown> = new Set([408, 425, 429, 502, 503, 504]);

function isTemporary(problem: unknown): boolean {
  return TEMPORARY.has(((problem ?? {}) as { status?: unknown }).status);
}
