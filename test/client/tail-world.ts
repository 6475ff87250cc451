/** Streams written by a test, and tails that are read in words. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { HttpCaller } from "../../src/client/http-call.ts";
import type { TailItem } from "../../src/client/index.ts";
import { Tail, type TailParts } from "../../src/client/tail.ts";
import { targetOf } from "../../src/ship/http-options.ts";
import { scripted, sendJson } from "./setup.ts";

/** A stream to be written by the test. */
export class Stream {
  readonly query: URLSearchParams;
  readonly lastEventId: string | undefined;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.query = new URL(request.url ?? "", "http://x").searchParams;
    this.lastEventId = request.headers["last-event-id"] as string | undefined;
    this.#response = response;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 5\n\n");
  }

  send(event: string, id: string, data: unknown = {}): this {
    this.#response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    return this;
  }

  event(id: string): this {
    return this.send("event", `c-${id}`, { _id: id, event_type: "test", event_data: { id } });
  }

  bye(): void {
    this.#response.end('event: bye\ndata: {"reason":"shutting down"}\n\n');
  }

  cut(): void {
    this.#response.destroy();
  }
}

/** A server that hands each new stream to the test. */
export async function streaming() {
  const waiting: Stream[] = [];
  const takers: ((stream: Stream) => void)[] = [];
  const url = await scripted((request, response) => {
    if (!String(request.url).startsWith("/v1/events/stream")) return sendJson(response, 404, {});
    const stream = new Stream(request, response);
    const taker = takers.shift();
    if (taker) taker(stream);
    else waiting.push(stream);
  });
  const next = () =>
    new Promise<Stream>((resolve) => {
      const stream = waiting.shift();
      if (stream) resolve(stream);
      else takers.push(resolve);
    });
  return { url, next };
}

/** Takes items in words. */
export function reader(tail: Tail) {
  const items = tail[Symbol.asyncIterator]();
  const words = (item: TailItem) => {
    if (item.kind === "event") return item.event._id;
    return item.kind === "live" ? "live" : `gap ${item.reason} ${item.dropped}`;
  };
  const take = async (count: number) => {
    const taken: string[] = [];
    while (taken.length < count) {
      const { value, done } = await items.next();
      if (done) break;
      taken.push(words(value));
    }
    return taken;
  };
  return { take, items };
}

/** A tail that is less patient than those of a client. */
export function quickTail(url: string, more: Partial<TailParts>): Tail {
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const http = new HttpCaller(targetOf({ url }), life.signal);
  return new Tail({ http, life: life.signal, selector: { event_type: "test" }, options: {}, ...more });
}
