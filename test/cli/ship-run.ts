/** What the tests of shipping share: a folder with spools of its own, a server, and what it has stored. */
import { join } from "node:path";
import { expect } from "vitest";
import { project, type RunningServer, type RunOptions, run, serve } from "./run.ts";

export interface Stored {
  readonly _id: string;
  readonly event_type: string;
  readonly event_timestamp: string;
  readonly event_data: Readonly<Record<string, unknown>>;
}

/** A place where nobody listens. */
export const NOWHERE = "http://127.0.0.1:9";

/** A working folder whose spools lie in it. */
export class Bench {
  readonly cwd = project();
  readonly spools = join(this.cwd, "spools");
  readonly #servers: RunningServer[] = [];

  get options(): RunOptions {
    return { cwd: this.cwd, env: { XDG_STATE_HOME: join(this.cwd, "state") } };
  }

  async serve(...args: string[]): Promise<RunningServer> {
    const server = await serve(["--rate-limit-enabled", "false", ...args], this.options);
    this.#servers.push(server);
    return server;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.stop("SIGKILL")));
  }

  run(args: readonly string[], input?: string) {
    return run(args, { ...this.options, ...(input === undefined ? {} : { input }) });
  }

  /** Everything in the store, the oldest first. */
  async stored(...args: string[]): Promise<Stored[]> {
    const { code, stdout, stderr } = await this.run(["query", "--limit", "0", "--order", "oldest", ...args]);
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
