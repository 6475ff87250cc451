/**
 * HTTP client of one server: a few connections that are kept, thrown away at the first doubt, and words for what fails.
 *
 * A kept connection that the server has closed meanwhile is found out only by using it; the request is sent once more
 * on a new one, which ids make safe. Idle connections do not keep the process alive.
 */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { ConnectionLost, exchange, type HttpAnswer } from "./http-exchange.ts";
import { isTlsCode, type TlsOptions, tlsAgentOptions } from "./http-tls.ts";
import { SendError } from "./sink.ts";

/** As many as requests are under way at once; see http-singles.ts. */
const SOCKETS = 4;
const POOL = { keepAlive: true, maxSockets: SOCKETS, maxFreeSockets: SOCKETS };

export interface HttpBody {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export class HttpClient {
  readonly #base: string;
  readonly #tls: TlsOptions | undefined;
  #agent: HttpAgent | HttpsAgent | undefined;
  /** Aborted when all that is under way shall end. */
  #life = new AbortController();
  #closed = false;

  /** @param base without user, password and trailing slash */
  constructor(base: string, tls: TlsOptions | undefined) {
    this.#base = base;
    this.#tls = tls;
  }

  /**
   * Resolves with any answer that has arrived in full.
   * @throws SendError, or the reason of `signal`.
   */
  async post(message: HttpBody, signal: AbortSignal): Promise<HttpAnswer> {
    if (this.#closed) throw new SendError("hold", "the sink is closed");
    for (let first = true; ; first = false) {
      try {
        const { path, headers, body } = message;
        const url = new URL(this.#base + path);
        return await exchange({ url, headers, body }, this.#pool(), [signal, this.#life.signal]);
      } catch (error) {
        this.#doubt(error);
        if (!(error instanceof ConnectionLost)) throw error;
        if (!first || !error.stale) throw this.#inWords(error);
      }
    }
  }

  /** Cuts every connection; what is under way fails with `retry`. The next request connects afresh. */
  reset(): void {
    this.#life.abort(new SendError("retry", `the connection to ${this.#base} was reset`));
    this.#life = new AbortController();
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  close(): void {
    this.#closed = true;
    this.reset();
  }

  #pool(): HttpAgent | HttpsAgent {
    this.#agent ??= this.#base.startsWith("https:")
      ? new HttpsAgent({ ...POOL, ...tlsAgentOptions(this.#tls) })
      : new HttpAgent(POOL);
    return this.#agent;
  }

  /** After any failure idle connections are as doubtful as the one that failed; after one of trust, so are the files. */
  #doubt(error: unknown): void {
    for (const sockets of Object.values(this.#agent?.freeSockets ?? {})) {
      for (const socket of [...(sockets ?? [])]) socket.destroy();
    }
    if (error instanceof ConnectionLost && isTlsCode(error.code ?? "")) this.#agent = undefined;
  }

  #inWords({ code, message }: ConnectionLost): SendError {
    if (code === undefined) return new SendError("retry", `${this.#base}: ${message}`);
    const what = isTlsCode(code) ? "no secure connection to" : "";
    return new SendError("retry", what ? `${what} ${this.#base} (${code})` : `${this.#base} does not answer (${code})`);
  }
}
