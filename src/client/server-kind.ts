/**
 * Server kind: ours, which has the routes below `/v1`, or MADSci's, which has not.
 *
 * Asked once (`GET /live`, which only ours knows), again when a route that should be there is not.
 */
import { parseJson } from "../event/json.ts";
import type { HttpCaller } from "./http-call.ts";

/** `v1`: this package's server. `madsci`: MADSci's own. @since 0.1.0 */
export type Kind = "v1" | "madsci";

const ASK_MS = 10_000;

export class ServerKind {
  readonly #http: HttpCaller;
  readonly #withinMs: number;
  #asking: Promise<Kind> | undefined;

  /** @param withinMs longest wait for the answer */
  constructor(http: HttpCaller, withinMs = ASK_MS) {
    this.#http = http;
    this.#withinMs = Math.min(withinMs, ASK_MS);
  }

  /** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE`, or that of a refusal; the next call asks again then */
  get(): Promise<Kind> {
    this.#asking ??= this.#ask().catch((error: unknown) => {
      this.#asking = undefined;
      throw error;
    });
    return this.#asking;
  }

  /** The server is not what it was. */
  forget(): void {
    this.#asking = undefined;
  }

  async #ask(): Promise<Kind> {
    const question = { method: "GET", path: "/live", timeoutMs: this.#withinMs } as const;
    const answer = await this.#http.ask(question);
    if (answer.status === 404 || answer.status === 405) return "madsci";
    if (answer.status !== 200) throw this.#http.refused(question, answer);
    // MADSci's server has no such route: whoever has one, and is not ours, is no event server.
    if (!isAlive(answer.text)) throw this.#http.foreign(question, 'no {"status": "alive"}');
    return "v1";
  }
}

function isAlive(text: string): boolean {
  try {
    return (parseJson(text) as { status?: unknown } | null)?.status === "alive";
  } catch {
    return false;
  }
}
