/**
 * A consumer of `GET /v1/events/stream` that counts: which numbers it was told, how often, and what it was told is
 * missing. It looks at text only, so that it can follow ten thousand events a second beside others.
 */
import { request } from "node:http";

export interface ConsumerOptions {
  /** Query of the stream, with its question mark. */
  readonly query?: string;
  /** Bytes a second it reads, at most. @default as many as come */
  readonly bytesPerSecond?: number;
  readonly cursor?: string | undefined;
}

const NUMBER = '"_id":"t';

export class Consumer {
  /** How often each number was told. */
  readonly told = new Map<number, number>();
  cursor: string | undefined;
  /** Events told as dropped. */
  dropped = 0;
  gaps = 0;
  lost = 0;
  frames = 0;
  isLive = false;
  /** Milliseconds between an event's own time and its frame, one of a hundred. */
  readonly latenciesMs: number[] = [];
  #last = -1;
  #bytesPerSecond: number;
  #close: (() => void) | undefined;

  constructor({ bytesPerSecond = Number.POSITIVE_INFINITY, cursor }: ConsumerOptions = {}) {
    this.#bytesPerSecond = bytesPerSecond;
    this.cursor = cursor;
  }

  /** The number told last. */
  get last(): number {
    return this.#last;
  }

  /** Numbers told more than once. */
  get repeated(): number[] {
    return [...this.told].filter(([, times]) => times > 1).map(([number]) => number);
  }

  hurry(): void {
    this.#bytesPerSecond = Number.POSITIVE_INFINITY;
  }

  /** Connects behind the last frame; resolves when the connection has ended, by whomever. */
  connect(url: string, query = ""): Promise<void> {
    return new Promise((resolve) => {
      const headers = this.cursor === undefined ? {} : { "last-event-id": this.cursor };
      const sent = request(`${url}/v1/events/stream${query}`, { headers, agent: false });
      this.#close = () => sent.destroy();
      sent.once("error", () => resolve());
      sent.once("close", () => resolve());
      sent.once("response", async (response) => {
        let text = "";
        response.setEncoding("utf8");
        try {
          for await (const part of response) {
            const blocks = (text + part).split("\n\n");
            text = blocks.pop() ?? "";
            for (const block of blocks) this.#take(block);
            const pauseMs = (part.length / this.#bytesPerSecond) * 1000;
            if (pauseMs > 0) await new Promise((go) => setTimeout(go, pauseMs));
          }
        } catch {
          // Cut off: what is left of a frame does not count.
        }
        resolve();
      });
      sent.end();
    });
  }

  disconnect(): void {
    this.#close?.();
  }

  /** A frame counts as a whole or not at all, and so does its id. */
  #take(block: string): void {
    const [first = "", second = ""] = block.split("\n", 2);
    if (!first.startsWith("id: ")) return;
    this.frames++;
    if (second === "event: event") this.#tell(block);
    if (second === "event: live") this.isLive = true;
    if (second === "event: gap") this.#miss(JSON.parse(block.slice(block.indexOf("\ndata: ") + 7)));
    this.cursor = first.slice(4);
  }

  #tell(block: string): void {
    const at = block.indexOf(NUMBER) + NUMBER.length;
    const number = Number.parseInt(block.slice(at, at + 9), 10);
    this.#last = number;
    this.told.set(number, (this.told.get(number) ?? 0) + 1);
    if (this.frames % 100 !== 0) return;
    const sentAt = /"at":(\d+)/.exec(block)?.[1];
    if (sentAt !== undefined) this.latenciesMs.push(Date.now() - Number(sentAt));
  }

  #miss({ dropped, reason }: { readonly dropped: number; readonly reason: string }): void {
    this.gaps++;
    this.dropped += dropped;
    if (reason === "lost") this.lost++;
  }
}
