/**
 * HTTP call: one question to the server, asked again where that is safe and helps, within one time limit.
 *
 *   asked ── 2xx, 3xx, other 4xx ─→ answered
 *     ↑ └── 429, 502, 503, 504, or a lost connection where repeating changes nothing ─→ pause ── at most 3 times
 *     └────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Redirects are not followed: the token goes where it was told to go. Not here: delivering events (ship/), tailing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { EventStoreError, type EventStoreErrorCode } from "../errors.ts";
import { type Json, parseJson } from "../event/json.ts";
import type { HttpTarget } from "../ship/http-options.ts";
import { retryAfterMs } from "../ship/http-status.ts";
import { invalid } from "../ship/option-checks.ts";
import { SendError } from "../ship/sink.ts";
import { refusalError } from "./answer-error.ts";

export interface Question {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the server's address, with a slash before. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: string;
  readonly accept?: string;
  readonly timeoutMs: number;
  /** Asking twice does no more than asking once: a lost connection is tried again too. @default true for GET */
  readonly isRepeatable?: boolean;
  /** What a 422 is about. @default "EVT_INVALID_OPTION" */
  readonly invalid?: EventStoreErrorCode;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly retryMs: number;
}

const RETRIES = 3;
const FIRST_PAUSE_MS = 250;
const TRY_AGAIN = new Set([429, 502, 503, 504]);
/** MADSci's server answers a selector with everything at once. */
const MAX_ANSWER_BYTES = 268_435_456;

export class HttpCaller {
  readonly #target: HttpTarget;
  readonly #life: AbortSignal;

  /** @param life aborted when the client is closed */
  constructor(target: HttpTarget, life: AbortSignal) {
    this.#target = target;
    this.#life = life;
  }

  /** Address of the server, without user and password. */
  get base(): string {
    return this.#target.base;
  }

  /**
   * The JSON of a 2xx answer.
   * @throws EventStoreError with the code of the refusal; `EVT_BACKEND_UNAVAILABLE` without an answer in time
   */
  async json(question: Question): Promise<Json> {
    const answer = await this.accepted(question);
    try {
      return parseJson(answer.text);
    } catch {
      throw this.foreign(question, "no JSON");
    }
  }

  /** A 2xx answer. Same errors. */
  async accepted(question: Question): Promise<Answer> {
    const answer = await this.ask(question);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.refused(question, answer);
  }

  refused(question: Question, answer: Pick<Answer, "status" | "text">): EventStoreError {
    return refusalError(nameOf(question), answer, question.invalid ?? "EVT_INVALID_OPTION");
  }

  /** What came is none of an Event Manager's: `EVT_BACKEND_UNAVAILABLE`. @param what what came, or is missing, in a few words */
  foreign(question: Pick<Question, "method" | "path">, what: string): EventStoreError {
    return unavailable(`${nameOf(question)}: ${this.base} answers, but not as an event server (${what})`);
  }

  /** Any answer that came in full. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE`, `EVT_CLOSED` */
  async ask(question: Question): Promise<Answer> {
    const deadlineMs = performance.now() + question.timeoutMs;
    for (let attempt = 0; ; attempt++) {
      const leftMs = deadlineMs - performance.now();
      const mayRepeat = attempt < RETRIES;
      const answer = await this.#once(question, leftMs).catch((error: unknown) => {
        if (mayRepeat && isLost(error) && (question.isRepeatable ?? question.method === "GET")) return undefined;
        throw this.#inWords(question, error);
      });
      if (answer !== undefined && !(mayRepeat && TRY_AGAIN.has(answer.status))) return answer;
      const pauseMs = Math.max(answer?.retryMs ?? 0, FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2));
      if (performance.now() + pauseMs >= deadlineMs) {
        if (answer !== undefined) return answer;
        throw unavailable(`${nameOf(question)}: the connection to ${this.base} was lost`);
      }
      await this.#pause(pauseMs, question);
    }
  }

  #headers(more: Readonly<Record<string, string>>): Record<string, string> {
    const { headers } = this.#target;
    const authorization = this.#authorization();
    return { ...(authorization !== undefined && { authorization }), ...headers, ...more };
  }

  /** @throws EventStoreError `EVT_INVALID_OPTION` where the token file holds none */
  #authorization(): string | undefined {
    try {
      return this.#target.auth.header();
    } catch (error) {
      throw error instanceof SendError ? invalid(error.message) : error;
    }
  }

  /** Opens a request whose body is read bit by bit, as a tail's is. */
  async open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    const { auth } = this.#target;
    const all = AbortSignal.any([this.#life, signal]);
    const send = () => fetch(this.base + path, { headers: this.#headers(headers), signal: all, redirect: "manual" });
    const sent = this.#authorization();
    const response = await send();
    if ((response.status !== 401 && response.status !== 403) || !auth.renew(sent)) return response;
    await response.body?.cancel();
    return send();
  }

  async #once(question: Question, withinMs: number): Promise<Answer> {
    const sent = this.#authorization();
    const answer = await this.#fetch(question, withinMs);
    if (answer.status !== 401 && answer.status !== 403) return answer;
    return this.#target.auth.renew(sent) ? this.#fetch(question, withinMs) : answer;
  }

  async #fetch(question: Question, withinMs: number): Promise<Answer> {
    const { method, body, accept = "application/json", signal } = question;
    const signals = [this.#life, AbortSignal.timeout(Math.max(1, Math.ceil(withinMs))), ...(signal ? [signal] : [])];
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(this.base + pathOf(question), {
      method,
      headers: this.#headers({ accept, ...type }),
      body,
      redirect: "manual",
      signal: AbortSignal.any(signals),
    });
    const { status, headers } = response;
    const plain = Object.fromEntries(headers);
    return {
      status,
      type: headers.get("content-type") ?? "",
      text: await textOf(response),
      retryMs: retryAfterMs(plain),
    };
  }

  async #pause(ms: number, { signal }: Question): Promise<void> {
    const all = AbortSignal.any(signal ? [this.#life, signal] : [this.#life]);
    await sleep(ms, undefined, { signal: all }).catch(() => {});
    if (this.#life.aborted) throw closed();
    signal?.throwIfAborted();
  }

  #inWords(question: Question, error: unknown): unknown {
    if (error instanceof EventStoreError) return error;
    if (this.#life.aborted) return closed();
    if (question.signal?.aborted) return question.signal.reason;
    const name = nameOf(question);
    if (error instanceof SendError) return invalid(`${name}: ${error.message}`); // no token to be had
    if (error instanceof Error && error.name === "TimeoutError")
      return unavailable(`${name}: no answer from ${this.base} within ${question.timeoutMs} ms`, error);
    return unavailable(`${name}: ${this.base} ${whyNot(error)}`, error);
  }
}

/** Why a request got no answer, in the system's word for it. */
export function whyNot(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: unknown; message?: unknown }; message?: unknown };
  return `does not answer (${[cause?.code, cause?.message, message].find((word) => typeof word === "string" && word)})`;
}

function unavailable(message: string, cause?: unknown): EventStoreError {
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message, { cause });
}

function closed(): EventStoreError {
  return new EventStoreError("EVT_CLOSED", "the client is closed");
}

/** Path with its query. */
export function pathOf({ path, query = {} }: Pick<Question, "path" | "query">): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? path : `${path}?${given}`;
}

function nameOf({ method, path }: Pick<Question, "method" | "path">): string {
  return `${method} ${path}`;
}

/** The connection died under the request; refused ones and unknown names are told at once. */
function isLost(error: unknown): boolean {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  return name === "TypeError" && ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(String(cause?.code));
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > MAX_ANSWER_BYTES)
      throw new EventStoreError("EVT_TOO_LARGE", `the answer is larger than ${MAX_ANSWER_BYTES} bytes; ask for less`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
