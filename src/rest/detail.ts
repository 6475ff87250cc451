/** Failures as MADSci's server words them: `{"detail": "text"}`, or FastAPI's list of issues with a 422. */
import { stringifyJson } from "../event/json.ts";
import type { Failure, Issue } from "./failure.ts";

/** Characters of a client's own input that are repeated to it. */
const MAX_ECHO = 2000;

/** The body of a failure on one of MADSci's routes. */
export function detailText(failure: Failure): string {
  if (failure.issues.length === 0 || failure.status === 413) return stringifyJson({ detail: failure.message });
  return stringifyJson({ detail: failure.issues.map(detailItem) });
}

function detailItem({ type, loc, msg, input, ctx }: Issue) {
  return { type, loc, msg, input: echo(input), ...(ctx && { ctx }) };
}

/** The input as it came; one too long to repeat is cut to the beginning of its text. */
function echo(input: unknown): unknown {
  if (typeof input === "string") return input.length > MAX_ECHO ? `${input.slice(0, MAX_ECHO)}…` : input;
  if (typeof input !== "object" || input === null) return input ?? null;
  try {
    const text = stringifyJson(input);
    return text.length > MAX_ECHO ? `${text.slice(0, MAX_ECHO)}…` : input;
  } catch {
    return null; // nested too deeply to be written
  }
}
