/** The server as a sink sees it: posts a text with who we are, compressed where it pays. */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { HttpClient } from "./http-client.ts";
import type { HttpAnswer } from "./http-exchange.ts";
import type { HttpTarget } from "./http-options.ts";

const COMPRESS_FROM_BYTES = 1024;
const compress = promisify(gzip);

/** A body as it will be sent. */
export interface HttpBody {
  readonly bytes: Buffer;
  readonly isZipped: boolean;
}

export interface HttpMessage {
  readonly path: string;
  readonly type: string;
  readonly body: HttpBody;
}

export class HttpServer {
  readonly #target: HttpTarget;
  readonly #client: HttpClient;

  constructor(target: HttpTarget) {
    this.#target = target;
    this.#client = new HttpClient(target.base, target.tls);
  }

  /** @param mayCompress false where the other side may not know gzip */
  async pack(text: string, mayCompress: boolean): Promise<HttpBody> {
    const plain = Buffer.from(text);
    if (!this.#target.gzip || !mayCompress || plain.length <= COMPRESS_FROM_BYTES)
      return { bytes: plain, isZipped: false };
    return { bytes: await compress(plain, { level: constants.Z_BEST_SPEED }), isZipped: true };
  }

  /** @throws SendError, or the reason of `signal`. */
  async post({ path, type, body: { bytes: body, isZipped } }: HttpMessage, signal: AbortSignal): Promise<HttpAnswer> {
    const { auth, headers: given } = this.#target;
    const headers: Record<string, string> = { accept: "application/json", ...given, "content-type": type };
    if (isZipped) headers["content-encoding"] = "gzip";
    const send = (authorization = auth.header()) =>
      this.#client.post({ path, headers: { ...(authorization && { authorization }), ...headers }, body }, signal);
    const sent = auth.header();
    const answer = await send(sent);
    if ((answer.status === 401 || answer.status === 403) && auth.renew(sent)) return send();
    return answer;
  }

  reset(): void {
    this.#client.reset();
  }

  close(): void {
    this.#client.close();
  }
}
