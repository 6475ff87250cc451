/** What the tests of shipping share: a folder with spools of its own, a server, and what it has stored. */
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { EventStoreOptions } from "../../src/store/options.ts";
import { openServer } from "../rest/server.ts";
import { type Ended, project, type RunOptions, run } from "./run.ts";
import { runHere } from "./run-here.ts";

export interface Stored {
  readonly _id: string;
  readonly event_type: string;
  readonly event_timestamp: string;
  readonly event_data: Readonly<Record<string, unknown>>;
}

/** A place where nobody listens. */
export const NOWHERE = "http://127.0.0.1:9";

interface Given {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface HereServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A working folder whose spools lie in it. */
export class Bench {
  readonly cwd = project();
  readonly spools = join(this.cwd, "spools");
  readonly database = `sqlite:${join(this.cwd, ".madsci/events/events.db")}`;
  readonly #state = { XDG_STATE_HOME: join(this.cwd, "state") };
  readonly #servers = new Set<HereServer>();

  get options(): RunOptions {
    return { cwd: this.cwd, env: this.#state };
  }

  /** A server of this process, over the file that commands find in the folder. */
  async serve(storeOptions: EventStoreOptions = {}, port = 0): Promise<HereServer> {
    const server = await openServer({ url: this.database, storeOptions, rateLimit: { enabled: false } });
    const here: HereServer = {
      url: await server.app.listen({ port, host: "127.0.0.1" }),
      stop: async () => {
        if (this.#servers.delete(here)) await server[Symbol.asyncDispose]();
      },
    };
    this.#servers.add(here);
    return here;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.stop()));
  }

  /** The built command, in a process of its own: what a user gets, and what a test of ends, pipes and memory needs. */
  run(args: readonly string[], { input, env }: Given = {}): Promise<Ended> {
    return run(args, { cwd: this.cwd, env: { ...this.#state, ...env }, ...(input === undefined ? {} : { input }) });
  }

  /** The same command in this process, for what it says and does to files. */
  async here(args: readonly string[], { input, env }: Given = {}): Promise<Ended> {
    vi.stubEnv("XDG_STATE_HOME", this.#state.XDG_STATE_HOME);
    try {
      return await runHere(args, { cwd: this.cwd, env: { ...this.#state, ...env }, ...(input && { input }) });
    } finally {
      vi.unstubAllEnvs();
    }
  }

  /** Everything in the store, the oldest first. */
  async stored(...args: string[]): Promise<Stored[]> {
    const { code, stdout, stderr } = await this.here(["query", "--limit", "0", "--order", "oldest", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }
}

export function line(n: number, more: object = {}): string {
  return JSON.stringify({ level: 30, time: 1_700_000_000_000 + n, msg: `line ${n}`, n, ...more });
}

export function lines(count: number, text?: string): string {
  return Array.from({ length: count }, (_, n) => `${line(n, { text })}\n`).join("");
}
