/** ServerAlerts: the alerts behind an Event Manager of this package, over its HTTP routes. */
import type { AlertDesk, ListQuery, Page } from "../alert/desk.ts";
import { type Answer, HttpCaller, type Question } from "../client/http-call.ts";
import { parseJson } from "../event/json.ts";
import { targetOf } from "../ship/http-options.ts";
import type { Alerts } from "./alerts-access.ts";
import { usageError } from "./exit.ts";

const PATIENCE_MS = 10_000;
/** Channels are looked at, or sent through, before the answer comes. */
const CHANNEL_MS = 90_000;

type Body = Readonly<Record<string, unknown>>;

export class ServerAlerts implements Alerts {
  readonly #http: HttpCaller;
  readonly #life = new AbortController();

  /** @throws EventStoreError `EVT_INVALID_OPTION` when it is no URL of a server */
  constructor(url: string) {
    if (!/^https?:\/\/./i.test(url)) throw usageError("--server takes the URL of a server, like http://lab:8001");
    this.#http = new HttpCaller(targetOf({ url }), this.#life.signal);
  }

  incidents: AlertDesk["incidents"] = (query = {}) => this.#page("/v1/incidents", query, { rule: query.rule });
  silences: AlertDesk["silences"] = (query = {}) => this.#page("/v1/silences", query);
  notifications: AlertDesk["notifications"] = (query = {}) => this.#page("/v1/notifications", query);

  acknowledge: AlertDesk["acknowledge"] = (id, by) => this.#one(`/v1/incidents/${part(id)}/acknowledge`, by);
  retry: AlertDesk["retry"] = (id) => this.#one(`/v1/notifications/${part(id)}/retry`, {});
  discard: AlertDesk["discard"] = (id) => this.#one(`/v1/notifications/${part(id)}/discard`, {});
  why: AlertDesk["why"] = (eventId) => this.#one(`/v1/alerts/why/${part(eventId)}`);

  silence: AlertDesk["silence"] = async (input) => (await this.#json(post("/v1/silences", input))) as never;

  expireSilence: AlertDesk["expireSilence"] = (id) =>
    this.#maybe({ method: "DELETE", path: `/v1/silences/${part(id)}`, timeoutMs: PATIENCE_MS });

  rules: AlertDesk["rules"] = async () => this.#items(get("/v1/rules"));
  test: AlertDesk["test"] = (channel, to) => this.#items(slow(post("/v1/alerts/test", { channel, to })));
  verify: AlertDesk["verify"] = (channel) => this.#items(slow(post("/v1/alerts/verify", { channel })));

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
  }

  async #page<T>(path: string, query: ListQuery<string>, more: Question["query"] = {}): Promise<Page<T>> {
    const { states, limit, cursor } = query;
    const question = get(path, { state: states?.join(","), limit, cursor, ...more });
    const answer = await this.#json(question);
    return { items: this.#listIn(question, answer), cursor: typeof answer.cursor === "string" ? answer.cursor : null };
  }

  async #items<T>(question: Question): Promise<readonly T[]> {
    return this.#listIn(question, await this.#json(question));
  }

  #one<T>(path: string, body?: object): Promise<T | undefined> {
    return this.#maybe(body === undefined ? get(path) : post(path, body));
  }

  /** Undefined where there is no such thing. */
  async #maybe<T>(question: Question): Promise<T | undefined> {
    const answer = await this.#http.ask(question);
    if (answer.status === 404 && isAbsence(answer)) return undefined;
    return (await this.#read(question, answer)) as T;
  }

  async #json(question: Question): Promise<Body> {
    return this.#read(question, await this.#http.ask(question));
  }

  #read(question: Question, answer: Answer): Body {
    if (answer.status === 404 && bodyOf(answer)?.type === undefined)
      throw this.#http.foreign(question, "it knows nothing of alerts");
    if (answer.status < 200 || answer.status > 299) throw this.#http.refused(question, answer);
    const body = bodyOf(answer);
    if (body === undefined) throw this.#http.foreign(question, "no JSON object");
    return body;
  }

  #listIn<T>(question: Question, body: Body): readonly T[] {
    if (Array.isArray(body)) return body;
    if (Array.isArray(body.items)) return body.items;
    throw this.#http.foreign(question, "no items");
  }
}

function get(path: string, query: Question["query"] = {}): Question {
  return { method: "GET", path, query, timeoutMs: PATIENCE_MS };
}

function post(path: string, body: object): Question {
  return { method: "POST", path, body: JSON.stringify(body), timeoutMs: PATIENCE_MS };
}

function slow(question: Question): Question {
  return { ...question, timeoutMs: CHANNEL_MS };
}

/** One step of an address; "." and ".." would be others. */
function part(id: string): string {
  if (id === "" || id === "." || id === ".." || !id.isWellFormed()) throw usageError("this is no id");
  return encodeURIComponent(id);
}

/** Told apart from a server without these routes, and from one whose alerts are off. */
function isAbsence(answer: Answer): boolean {
  const { type, detail } = bodyOf(answer) ?? {};
  return typeof type === "string" && type.endsWith(":not-found") && detail !== "Not Found";
}

function bodyOf({ text }: Pick<Answer, "text">): Body | undefined {
  try {
    const body = parseJson(text);
    return typeof body === "object" && body !== null ? (body as unknown as Body) : undefined;
  } catch {
    return undefined;
  }
}
