/** The handle of a server that misbehaves on demand (programs/fault-server.mjs), in front of a real one. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("programs/fault-server.mjs", import.meta.url));

export type Mode =
  | {
      readonly mode: "pass" | "silent" | "slow" | "truncated" | "shortJson" | "garbage" | "fewer" | "committed";
    }
  | {
      readonly mode: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** `Retry-After` as a date so far ahead. */
      readonly afterMs?: number;
    }
  | { readonly mode: "limit"; readonly bytes: number }
  | { readonly mode: "poison"; readonly word: string }
  | { readonly mode: "token"; readonly token: string };

/** A request as it was seen; status 0 stands for no answer. */
export interface Seen {
  readonly atMs: number;
  readonly bytes: number;
  readonly events: number;
  readonly status: number;
}

export class FaultServer {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #seen: Seen[] = [];
  #committed = 0;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
    child.on("message", (message: Seen | { committed: true } | { set: true }) => {
      if ("atMs" in message) this.#seen.push(message);
      if ("committed" in message) this.#committed += 1;
    });
  }

  static async before(upstream: string): Promise<FaultServer> {
    const child = fork(PROGRAM, [upstream]);
    onTestFinished(() => void child.kill("SIGKILL"));
    const [{ port }] = (await once(child, "message")) as [{ port: number }];
    return new FaultServer(child, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Requests so far, oldest first. */
  get seen(): readonly Seen[] {
    return [...this.#seen].sort((a, b) => a.atMs - b.atMs);
  }

  /** Requests that were stored without a word. */
  get committed(): number {
    return this.#committed;
  }

  /** Behaves so from now on; resolves when it does. */
  async be(mode: Mode): Promise<void> {
    await this.#say(mode);
  }

  /** Never answers again on connections there are; new ones work. */
  async forget(): Promise<void> {
    await this.#say({ forget: true });
  }

  async #say(message: object): Promise<void> {
    const set = new Promise<void>((resolve) => {
      const onMessage = (answer: object) => {
        if (!("set" in answer)) return;
        this.#child.off("message", onMessage);
        resolve();
      };
      this.#child.on("message", onMessage);
    });
    this.#child.send(message);
    await set;
  }
}
