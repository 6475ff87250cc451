/**
 * One HTTP request and its whole answer.
 *
 *   waiting for a socket ─→ sending ─→ reading the answer ─→ answered
 *          └───────────────────┴───────────────┴── aborted, or the connection is lost: rejects at once
 *
 * Not here: which connection (http-client.ts), what an answer means (http-answer.ts).
 */
import {
  type ClientRequest,
  type Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { type Agent as HttpsAgent, request as requestHttps } from "node:https";

export interface HttpMessage {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** No answer, or a part of one: nothing is known about what was sent. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  /** What the system calls it, e.g. `ECONNREFUSED`; undefined when the answer itself is at fault. */
  readonly code: string | undefined;
  /** True when the connection had served before and died of old age, perhaps before it saw this request. */
  readonly stale: boolean;

  constructor(message: string, code?: string, stale = false) {
    super(message);
    this.code = code;
    this.stale = stale;
  }
}

/** Most bytes of an answer. A result per event takes about 100, and a batch has some thousand events at the most. */
const MAX_ANSWER_BYTES = 16_777_216;
const CUT = "the answer stopped half-way";
const STALE = new Set(["ECONNRESET", "EPIPE"]);

/** @throws ConnectionLost, or the reason of the signal that was aborted. */
export function exchange(
  message: HttpMessage,
  agent: HttpAgent | HttpsAgent,
  signals: readonly AbortSignal[],
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = open(message, agent);
    let settled = false;
    const settle = () => {
      settled = true;
      for (const signal of signals) signal.removeEventListener("abort", abort);
    };
    const done = (answer: HttpAnswer) => {
      settle();
      resolve(answer);
    };
    // A request that still waits for a socket says nothing when destroyed, so the promise is settled here; one that is
    // answered must not be destroyed, its connection is back in the pool.
    const fail = (error: unknown) => {
      if (settled) return;
      settle();
      reject(error);
      request.destroy();
    };
    const abort = () => fail(signals.find((signal) => signal.aborted)?.reason);
    for (const signal of signals) signal.addEventListener("abort", abort);
    request.on("response", (response) => read(response, done, fail));
    request.on("error", (error) => fail(lost(error, request)));
    request.on("close", () => fail(new ConnectionLost(CUT)));
    if (signals.some((signal) => signal.aborted)) abort();
    else request.end(message.body);
  });
}

function open({ url, headers, body }: HttpMessage, agent: HttpAgent | HttpsAgent): ClientRequest {
  const all = { ...headers, "content-length": String(body.length) };
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return request(url, { method: "POST", agent, headers: all });
}

function lost(error: Error & { code?: unknown }, request: ClientRequest): ConnectionLost {
  const code = typeof error.code === "string" ? error.code : error.name;
  return new ConnectionLost(error.message, code, request.reusedSocket && STALE.has(code));
}

function read(response: IncomingMessage, done: (answer: HttpAnswer) => void, fail: (error: unknown) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
    else fail(new ConnectionLost(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`));
  });
  response.on("error", () => fail(new ConnectionLost(CUT)));
  response.on("end", () => {
    const { statusCode: status = 0, headers } = response;
    done({ status, headers, text: Buffer.concat(chunks).toString() });
  });
}
