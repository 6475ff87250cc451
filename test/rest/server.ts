/** A whole server over an empty store, for the tests of this room. */
import type { FastifyInstance, InjectOptions } from "fastify";
import type { AlertDesk } from "../../src/alert/desk.ts";
import { createServer, type RestOptions } from "../../src/rest/index.ts";
import type { EventStoreOptions } from "../../src/store/options.ts";
import { EventStore } from "../../src/store/store.ts";

export interface TestServer extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly store: EventStore;
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  /** Anything but text and bytes is sent as JSON. */
  post(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  send(options: InjectOptions): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | number | string[] | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about
  readonly json: any;
}

export type TestServerOptions = Omit<RestOptions, "store"> & {
  /** Starts alerts on the store; closed before it. */
  readonly alertsOn?: (store: EventStore) => Promise<AlertDesk & AsyncDisposable>;
  readonly url?: string;
  readonly storeOptions?: EventStoreOptions;
};

export async function openServer({
  url = "memory:",
  storeOptions,
  alertsOn,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  const store = await EventStore.open(url, { naiveTimezone: "UTC", onWarning: () => {}, ...storeOptions });
  const alerts = await alertsOn?.(store);
  const app = createServer({ store, ...(alerts && { alerts }), ...options });
  const send = async (request: InjectOptions) => {
    const { statusCode: status, headers, payload: text } = await app.inject(request);
    return { status, headers, text, json: jsonOf(text) };
  };
  return {
    app,
    store,
    send,
    get: (path, headers = {}) => send({ method: "GET", url: path, headers }),
    post: (path, body, headers = {}) => {
      const raw = typeof body === "string" || Buffer.isBuffer(body) || body === undefined;
      const payload = raw ? body : JSON.stringify(body);
      return send({ method: "POST", url: path, payload, headers: { "content-type": "application/json", ...headers } });
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await alerts?.[Symbol.asyncDispose]();
      await store.close();
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
