/** What a report refuses, as a failure that names the parameter; and as MADSci says it: a 200 with `error`. */
import { EventStoreError } from "../errors.ts";
import { Failure, invalidRequest, toFailure } from "./failure.ts";
import { searchParams } from "./query-reader.ts";

/** Option of the reports → parameter of the routes. */
const PARAMETERS: Readonly<Record<string, string>> = {
  from: "start_time",
  to: "end_time",
  analysisType: "analysis_type",
  timezone: "user_timezone",
};

/** Node's code for a thread that ended of it. */
const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** Whether the report needed more memory than there is. Asking again is of no use, and who runs the server should know. */
export function isOutOfMemory(error: unknown): boolean {
  const { cause } = error instanceof EventStoreError ? error : {};
  return (cause as NodeJS.ErrnoException | undefined)?.code === OUT_OF_MEMORY;
}

/**
 * Anything a report throws; what nobody expected stays as it is.
 * @param url of the request
 */
export function reportFailure(error: unknown, url: string): unknown {
  if (isOutOfMemory(error)) {
    const message = "There is too little memory for this report; one of a shorter window takes less";
    return new Failure(503, "unavailable", message);
  }
  if (!(error instanceof EventStoreError) || error.code !== "EVT_INVALID_OPTION") return error;
  const [issue] = error.issues;
  const option = String(issue?.loc[0]);
  const parameter = PARAMETERS[option];
  if (issue === undefined || parameter === undefined) return error;
  const msg = error.message.startsWith(`${option} `) ? parameter + error.message.slice(option.length) : error.message;
  const input = searchParams(url).getAll(parameter).at(-1) ?? null;
  return invalidRequest([{ ...issue, loc: ["query", parameter], msg, input }]);
}

/**
 * The body of a 200 that says a report failed. MADSci's client shows nothing of any other status.
 * @throws the error where nobody expected it
 */
export function errorText(words: string, error: unknown): string {
  const failure = toFailure(error);
  if (failure === undefined) throw error;
  return JSON.stringify({ error: `${words}: ${failure.issues[0]?.msg ?? failure.message}` });
}

/** `output_path` is not one that is taken. */
export function badPath(msg: string, input: string | null): Failure {
  return invalidRequest([{ type: "value_error", loc: ["query", "output_path"], msg, input }]);
}
