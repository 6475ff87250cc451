/** What `doctor` says of servers: whether one answers, and whether `serve` could listen. */
import { createServer } from "node:net";
import { type Address, reachable, urlOf } from "./address.ts";
import { type Check, doubt, failed, lengthText, ok } from "./check.ts";

const PATIENCE_MS = 5000;
/** The Date header has whole seconds. */
const MOST_APART_MS = 5000;

/** Asks a server how it is. */
export async function serverChecks(url: string): Promise<Check[]> {
  const answer = await healthOf(url);
  if (typeof answer === "string")
    return [failed("server", `${url} ${answer}`, "start it, or name another with --server")];
  const { healthy, version, description, total_events: total, date } = answer;
  const clocks = date === undefined ? [] : [clockCheck(url, Date.now() - date)];
  if (!healthy)
    return [failed("server", `${url} says: ${description ?? "not healthy"}`, "see to its database"), ...clocks];
  const events = typeof total === "number" ? `, about ${total} events` : "";
  return [ok("server", `${url} is healthy${version === undefined ? "" : `, version ${version}`}${events}`), ...clocks];
}

function clockCheck(url: string, apartMs: number): Check {
  if (Math.abs(apartMs) <= MOST_APART_MS) return ok("clocks", `that of ${url} agrees with this computer's`);
  const side = apartMs > 0 ? "behind" : "ahead of";
  return doubt("clocks", `${url} is ${lengthText(apartMs)} ${side} this computer`, "set the clocks (NTP)");
}

/** Whether `serve` could listen there now, or does already. */
export async function portCheck(address: Address): Promise<Check> {
  const code = await listenError(address);
  const place = urlOf(address);
  if (code === undefined) return ok("port", `${place} is free for serve`);
  if (code !== "EADDRINUSE") return failed("port", `${place} cannot be had (${code})`, "change server_url");
  const health = await healthOf(urlOf(reachable(address)));
  if (typeof health !== "string") return ok("port", `an event server listens on ${place} already`);
  return doubt("port", `${place} is taken by another program`, "serve --port with another, or change server_url");
}

/** Tries, and lets go at once. */
function listenError({ host, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

interface Health {
  readonly healthy: boolean;
  readonly version?: string;
  readonly description?: string;
  readonly total_events?: number | null;
  /** Of the answer, in ms. */
  readonly date: number | undefined;
}

/** What `/health` says; why not, as text, where there is no such answer. */
async function healthOf(url: string): Promise<Health | string> {
  try {
    const address = new URL("health", url.endsWith("/") ? url : `${url}/`);
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "manual" });
    const body = (await answer.json().catch(() => undefined)) as Partial<Health> | undefined;
    if (typeof body?.healthy !== "boolean") return `answers, but not as an event server (status ${answer.status})`;
    const date = Date.parse(answer.headers.get("date") ?? "");
    return { ...body, healthy: body.healthy, date: Number.isNaN(date) ? undefined : date };
  } catch (error) {
    const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
    if (name === "TimeoutError") return `does not answer within ${PATIENCE_MS / 1000} s`;
    return `cannot be reached (${cause?.code || cause?.message || name || "error"})`;
  }
}
