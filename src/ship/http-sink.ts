/**
 * HTTP sink: delivers to an Event Manager.
 *
 * `POST <url>/v1/events` with a batch as NDJSON. A server that does not know that route (MADSci's) gets each event by
 * itself, `POST <url>/event`, four at a time; ids make it safe to repeat any of them.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { EventInput } from "../event/event.ts";
import { isKnownType } from "../event/event-types.ts";
import { parseJson, stringifyJson } from "../event/json.ts";
import { statusError } from "./http-status.ts";
import { invalid } from "./options.ts";
import { SendError, type Sink, type Verdict } from "./sink.ts";

/** @since 0.1.0 */
export interface HttpSinkOptions {
  /** Base address of the server, `http(s)://host:port[/path]`; a user and password become basic authentication. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Compress bodies above 1 KiB. @default "gzip" */
  readonly compression?: "gzip" | "none";
}

const COMPRESS_FROM_BYTES = 1024;
const SINGLES_AT_ONCE = 4;
const compress = promisify(gzip);

/** @throws EventStoreError `EVT_INVALID_OPTION` when the address is none. */
export function httpSink(options: HttpSinkOptions): Sink {
  const target = targetOf(options);
  let singles = false;
  return {
    async send(events, signal) {
      if (!singles) {
        const response = await post(target, "/v1/events", "application/x-ndjson", ndjson(events), signal);
        if (![404, 405, 415].includes(response.status)) return batchVerdicts(response, events.length);
        await response.text();
        singles = true;
      }
      try {
        return await sendSingles(target, events, signal);
      } catch (error) {
        if (error instanceof SendError && error.kind === "hold") singles = false;
        throw error;
      }
    },
    async close() {},
  };
}

interface Target {
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: "gzip" | "none";
}

function targetOf({ url, token, headers = {}, compression = "gzip" }: HttpSinkOptions): Target {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) throw invalid("url must be http(s)://host…");
  if (token !== undefined && (typeof token !== "string" || token === "")) throw invalid("token must be a text");
  if (!["gzip", "none"].includes(compression)) throw invalid('compression must be "gzip" or "none"');
  const user = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  const auth: Record<string, string> = {};
  if (user !== ":") auth.authorization = `Basic ${Buffer.from(user).toString("base64")}`;
  if (token !== undefined) auth.authorization = `Bearer ${token}`;
  const base = parsed.origin + parsed.pathname.replace(/\/+$/, "");
  return { base, headers: { ...auth, ...headers }, compression };
}

function ndjson(events: readonly EventInput[]): string {
  return events.map((event) => `${stringifyJson(event)}\n`).join("");
}

async function post(target: Target, path: string, type: string, text: string, signal: AbortSignal): Promise<Response> {
  const small = target.compression === "none" || Buffer.byteLength(text) <= COMPRESS_FROM_BYTES;
  const body = small ? text : await compress(text, { level: 1 });
  const headers: Record<string, string> = { accept: "application/json", ...target.headers, "content-type": type };
  if (!small) headers["content-encoding"] = "gzip";
  try {
    return await fetch(target.base + path, { method: "POST", body, headers, signal, redirect: "manual" });
  } catch (error) {
    throw new SendError("retry", `${target.base} does not answer (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === "string" ? cause.code : error instanceof Error ? error.name : "unknown";
}

async function batchVerdicts(response: Response, events: number): Promise<readonly Verdict[]> {
  const answer = await jsonOf(response);
  const results = (answer as { results?: unknown } | null)?.results;
  if (response.ok && Array.isArray(results) && results.length === events) return results.map(verdictOf);
  if (response.ok) throw new SendError("retry", "the answer of the server is none of an Event Manager");
  throw statusError(response, detailOf(answer));
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return parseJson(await response.text());
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
  if (status === "stored" || status === "duplicate") return { status: "stored" };
  if (status === "conflict") return { status: "conflict" };
  const detail = detailOf(problem);
  return { status: "rejected", reason: detail === "" ? String(status) : `${status}: ${detail}` };
}

/** One request per event. A failure that concerns all of them ends the batch; what is not sent yet stays. */
async function sendSingles(target: Target, events: readonly EventInput[], signal: AbortSignal): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let at = 0; at < events.length; at += SINGLES_AT_ONCE) {
    const some = events.slice(at, at + SINGLES_AT_ONCE);
    const settled = await Promise.allSettled(some.map((event) => sendSingle(target, event, signal)));
    verdicts.push(...settled.map((one): Verdict => (one.status === "fulfilled" ? one.value : { status: "retry" })));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed === undefined) continue;
    if (verdicts.every((verdict) => verdict.status === "retry")) throw failed.reason;
    const left = events.length - verdicts.length;
    return [...verdicts, ...Array.from({ length: left }, (): Verdict => ({ status: "retry" }))];
  }
  return verdicts;
}

async function sendSingle(target: Target, event: EventInput, signal: AbortSignal): Promise<Verdict> {
  const body = stringifyJson(madsciEvent(event));
  const response = await post(target, "/event", "application/json", body, signal);
  const answer = await jsonOf(response);
  if (!response.ok) {
    const error = statusError(response, detailOf(answer));
    if (error.kind === "refused" || error.kind === "too-large") return { status: "rejected", reason: error.message };
    throw error;
  }
  const { _id, event_id } = (answer ?? {}) as { _id?: unknown; event_id?: unknown };
  if ((_id ?? event_id) === event._id) return { status: "stored" };
  throw new SendError("retry", "the answer of the server is none of an Event Manager");
}

/** As MADSci's own client would send it. It refuses types it does not know, so theirs moves into `event_data`. */
function madsciEvent({ _id, ...event }: EventInput): EventInput {
  const { event_type = "unknown", event_data } = event;
  if (isKnownType(event_type)) return { event_id: _id, ...event };
  return { event_id: _id, ...event, event_type: "unknown", event_data: { ...(event_data as object), event_type } };
}
