/**
 * One HTTPS POST to somebody else's server, with everything that could go wrong bounded.
 *
 *   resolving ─► connecting ─► sending ─► status ─► body (the first 64 KB, then dropped) ─► answered
 *       └────────────┴─ connectMs ─┘         │
 *       └──────────────────────── timeoutMs ─┴─► answered all the same: the status is the answer
 *
 * A name is resolved once, here, and the connection goes to what was found and looked at: it cannot turn into a private
 * address in between (DNS rebinding). No redirects, no proxies, no connection kept.
 * Not here: what an answer means (webhook-outcome.ts).
 */
import { lookup as lookupOfSystem } from "node:dns";
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { AlertClock } from "./clock.ts";
import { privateAddress } from "./private-address.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. @since 0.1.0 */
export type Resolver = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface HttpsTarget {
  readonly url: URL;
  /** Addresses that are not public may be connected to. */
  readonly allowPrivate: boolean;
  /** Until the connection stands, with its encryption. */
  readonly connectMs: number;
  /** For all of it. */
  readonly timeoutMs: number;
  readonly clock: AlertClock;
  readonly signal: AbortSignal;
  readonly resolve?: Resolver;
  /** Authorities to trust instead of the well-known ones, PEM. */
  readonly ca?: string;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The first 64 KB at most. */
  readonly text: string;
}

/** The address is not a public one; waiting will not help. */
export class PrivateAddressError extends Error {
  override readonly name = "PrivateAddressError";
}

/** No status line came. `message` is in words; `code` is what the system calls it. */
class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

const MAX_ANSWER_BYTES = 65_536;

/** @throws PrivateAddressError, NoAnswerError */
export function post(
  target: HttpsTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<HttpsAnswer> {
  return open(
    target,
    { method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) } },
    (wire) => {
      wire.request.on("response", (response) => read(response, wire));
      wire.request.end(body);
    },
  );
}

/** Resolves, connects, and agrees on encryption; sends nothing. @throws PrivateAddressError, NoAnswerError */
export async function reach(target: HttpsTarget): Promise<void> {
  const nothing: HttpsAnswer = { status: 0, headers: {}, text: "" };
  await open(target, { method: "POST" }, (wire) => wire.onReady(() => wire.settle(nothing)));
}

/** A request under way, for those who look after a part of it. */
interface Wire {
  readonly request: ClientRequest;
  /** The connection stands. */
  onReady(action: () => void): void;
  settle(answer: HttpsAnswer): void;
  /** From now on the end of time, of the connection or of patience is this answer. */
  fallBack(answer: () => HttpsAnswer): void;
}

function open(target: HttpsTarget, options: RequestOptions, begin: (wire: Wire) => void): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    refuseLiteral(target);
    if (target.signal.aborted) throw stopped();
    const request = requestTo(target, options);
    let known: (() => HttpsAnswer) | undefined;
    const finish = (settle: () => void) => {
      for (const cancel of cancels) cancel();
      target.signal.removeEventListener("abort", abort);
      settle();
      request.destroy();
    };
    const settle = (answer: HttpsAnswer) => finish(() => resolve(answer));
    const fail = (error: Error) => (known === undefined ? finish(() => reject(error)) : settle(known()));
    const abort = () => fail(stopped());
    const cancelConnect = target.clock.after(target.connectMs, () => fail(late("no connection", target.connectMs)));
    const cancels = [
      cancelConnect,
      target.clock.after(target.timeoutMs, () => fail(late("no answer", target.timeoutMs))),
    ];
    target.signal.addEventListener("abort", abort);
    const onReady = (action: () => void) => request.on("socket", (socket) => socket.once(readyEvent(target), action));
    onReady(cancelConnect);
    request.on("error", (error) => fail(asKnown(error, target)));
    request.on("close", () => fail(new NoAnswerError("the connection was closed without an answer", "ECONNRESET")));
    const fallBack = (answer: () => HttpsAnswer) => {
      known = answer;
    };
    begin({ request, onReady, settle, fallBack });
  });
}

function requestTo(target: HttpsTarget, options: RequestOptions): ClientRequest {
  const secure = target.url.protocol === "https:";
  const all = { ...options, agent: false, lookup: guardedLookup(target), maxHeaderSize: MAX_ANSWER_BYTES };
  return secure ? requestHttps(target.url, { ...all, ca: target.ca }) : requestHttp(target.url, all);
}

const readyEvent = ({ url }: HttpsTarget) => (url.protocol === "https:" ? "secureConnect" : "connect");

/** Sockets do not look up what is an address already. */
function refuseLiteral({ url, allowPrivate }: HttpsTarget): void {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (allowPrivate || isIP(host) === 0) return;
  const word = privateAddress(host);
  if (word !== null) throw refusal(host, host, word);
}

/**
 * A `lookup` for sockets that finds no private address. One private address among several refuses all: whoever mixes
 * them wants the connection to go astray.
 */
export function guardedLookup(target: Pick<HttpsTarget, "allowPrivate" | "resolve">): LookupFunction {
  const resolve = target.resolve ?? systemResolver;
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const error = problemOf(hostname, found, target.allowPrivate);
        const first = found[0];
        if (error !== undefined || first === undefined) callback(error ?? notFound(hostname), "", 0);
        else if (options.all) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, "", 0),
    );
  };
}

function problemOf(hostname: string, found: readonly ResolvedAddress[], allowPrivate: boolean): Error | undefined {
  for (const { address } of allowPrivate ? [] : found) {
    const word = privateAddress(address);
    if (word !== null) return refusal(hostname, address, word);
  }
}

const systemResolver: Resolver = (hostname) =>
  new Promise((resolve, reject) => {
    lookupOfSystem(hostname, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error)));
  });

function read(response: IncomingMessage, { settle, fallBack }: Wire): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const answer = () => ({
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString().slice(0, MAX_ANSWER_BYTES),
  });
  fallBack(answer);
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_ANSWER_BYTES) settle(answer());
  });
  // A body that breaks off is no harm: the request's `close` settles with what there is.
  response.on("error", () => settle(answer()));
  response.on("end", () => settle(answer()));
}

function refusal(host: string, address: string, word: string): PrivateAddressError {
  const where = host === address ? host : `${host} (${address})`;
  return new PrivateAddressError(`${where} is a ${word} address; set allowPrivate to send there on purpose`);
}

const notFound = (hostname: string) => Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" });
const stopped = () => new NoAnswerError("stopped before an answer came", "ABORT_ERR");
const late = (what: string, ms: number) => new NoAnswerError(`${what} within ${ms / 1000} s`, "ETIMEDOUT");

/** Where several addresses failed, the first one's trouble stands for all. */
function asKnown(error: Error & { code?: unknown; errors?: unknown }, { url }: HttpsTarget): Error {
  if (error instanceof PrivateAddressError) return error;
  const first = Array.isArray(error.errors) ? (error.errors[0] as { code?: unknown }) : error;
  const code = String(first?.code ?? error.code ?? error.name);
  return new NoAnswerError(`${wordsFor(code)} (${url.host}, ${code})`, code);
}

function wordsFor(code: string): string {
  if (code === "ENOTFOUND") return "no such host name";
  if (code === "EAI_AGAIN") return "the name service does not answer";
  if (code === "ECONNREFUSED") return "nobody listens there";
  if (/^(ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)$/.test(code)) return "the host cannot be reached";
  if (/CERT|UNABLE_TO_|SELF_SIGNED|ALTNAME/.test(code)) return "its certificate is not trusted";
  if (/^(EPROTO|ERR_SSL|ERR_TLS)/.test(code)) return "no encrypted connection could be agreed on";
  return code.startsWith("HPE_") ? "the answer is not HTTP" : "the connection was lost";
}
