/**
 * Rate limit: how many requests one client address may make, in a long and a short sliding window.
 *
 * The short window (a burst) is looked at first. A rejected request is not counted. What is kept is bounded: one time
 * per counted request and window, at most MAX_CLIENTS addresses, the ones longest unseen forgotten first.
 */
import type { ResolvedRateLimit } from "./options.ts";

const MAX_CLIENTS = 10_000;

/** The answer for one request: headers for it, and the sentence of the refusal where it is refused. */
export interface Verdict {
  readonly headers: Readonly<Record<string, string>>;
  readonly refused?: string;
}

interface Client {
  readonly long: SlidingWindow;
  readonly short: SlidingWindow | undefined;
}

export class RateLimiter {
  readonly #options: ResolvedRateLimit;
  readonly #nowMs: () => number;
  readonly #exempt: ReadonlySet<string>;
  readonly #clients = new Map<string, Client>();
  #cleanedMs: number;

  constructor(options: ResolvedRateLimit, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
    this.#exempt = new Set(options.exemptIps.map(plainIp));
    this.#cleanedMs = nowMs();
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#clients.size;
  }

  /**
   * Counts a request; undefined when its address is exempt or the limit is off.
   * @param address undefined where the client has gone already; those count as one
   */
  check(address: string | undefined): Verdict | undefined {
    const ip = plainIp(address ?? "");
    if (!this.#options.enabled || this.#exempt.has(ip)) return undefined;
    const nowMs = this.#nowMs();
    this.#cleanUp(nowMs);
    const client = this.#client(ip);
    client.long.forget(nowMs);
    client.short?.forget(nowMs);
    return this.#judge(client, nowMs);
  }

  #judge({ long, short }: Client, nowMs: number): Verdict {
    if (short?.full) {
      const headers = { ...longHeaders(long, nowMs), ...shortHeaders(short), ...retryAfter(short, nowMs) };
      return { headers, refused: `Rate limit exceeded: ${limitOf(short)} (burst limit)` };
    }
    if (long.full) {
      const headers = { ...longHeaders(long, nowMs), ...retryAfter(long, nowMs) };
      return { headers, refused: `Rate limit exceeded: ${limitOf(long)}` };
    }
    long.add(nowMs);
    short?.add(nowMs);
    return { headers: { ...longHeaders(long, nowMs), ...(short && shortHeaders(short)) } };
  }

  #client(ip: string): Client {
    const { requests, windowSeconds, shortRequests, shortWindowSeconds } = this.#options;
    const client = this.#clients.get(ip) ?? {
      long: new SlidingWindow(requests, windowSeconds),
      short: shortRequests && shortWindowSeconds ? new SlidingWindow(shortRequests, shortWindowSeconds) : undefined,
    };
    this.#clients.delete(ip);
    this.#clients.set(ip, client);
    if (this.#clients.size > MAX_CLIENTS) this.#clients.delete(this.#clients.keys().next().value as string);
    return client;
  }

  #cleanUp(nowMs: number): void {
    if (nowMs - this.#cleanedMs < this.#options.cleanupIntervalSeconds * 1000) return;
    this.#cleanedMs = nowMs;
    for (const [ip, { long, short }] of this.#clients) {
      long.forget(nowMs);
      short?.forget(nowMs);
      if (long.count === 0 && !short?.count) this.#clients.delete(ip);
    }
  }
}

/** The times of the requests of the last `seconds`. */
class SlidingWindow {
  readonly limit: number;
  readonly seconds: number;
  #timesMs: number[] = [];
  #first = 0;

  constructor(limit: number, seconds: number) {
    this.limit = limit;
    this.seconds = seconds;
  }

  get count(): number {
    return this.#timesMs.length - this.#first;
  }

  get full(): boolean {
    return this.count >= this.limit;
  }

  add(nowMs: number): void {
    this.#timesMs.push(nowMs);
  }

  forget(nowMs: number): void {
    const endMs = nowMs - this.seconds * 1000;
    while (this.#first < this.#timesMs.length && (this.#timesMs[this.#first] as number) <= endMs) this.#first++;
    if (this.#first < 64 || this.#first * 2 < this.#timesMs.length) return;
    this.#timesMs = this.#timesMs.slice(this.#first);
    this.#first = 0;
  }

  /** When the oldest counted request leaves the window. */
  expiryMs(nowMs: number): number {
    return (this.#timesMs[this.#first] ?? nowMs) + this.seconds * 1000;
  }
}

function limitOf({ limit, seconds }: SlidingWindow): string {
  return `${limit} requests per ${seconds} seconds`;
}

function longHeaders(long: SlidingWindow, nowMs: number) {
  return {
    "x-ratelimit-limit": String(long.limit),
    "x-ratelimit-remaining": String(long.limit - long.count),
    "x-ratelimit-reset": String(Math.ceil(long.expiryMs(nowMs) / 1000)),
  };
}

function shortHeaders(short: SlidingWindow) {
  return {
    "x-ratelimit-burst-limit": String(short.limit),
    "x-ratelimit-burst-remaining": String(short.limit - short.count),
  };
}

function retryAfter(window: SlidingWindow, nowMs: number) {
  return { "retry-after": String(Math.max(1, Math.ceil((window.expiryMs(nowMs) - nowMs) / 1000))) };
}

/** IPv4 addresses seen through an IPv6 socket, without their prefix. */
function plainIp(ip: string): string {
  return ip.replace(/^::ffff:(?=\d+\.)/i, "");
}
