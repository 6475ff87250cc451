/** The application whose log is shipped: a process of its own that follows a plan (programs/app.mjs). */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("programs/app.mjs", import.meta.url));
const WAIT_MS = 60_000;

export interface Plan {
  /** @default "create" */
  readonly how?: "create" | "target";
  readonly options: object;
  readonly run?: string;
  /** With the handlers of `installShutdown`. */
  readonly shutdown?: boolean;
  readonly steps: readonly (readonly [name: string, ...given: unknown[]])[];
  /** Flags of node itself. */
  readonly flags?: readonly string[];
}

export interface AppEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** What it told, by name; the last of each. */
export interface Told {
  readonly receipt?: number;
  readonly n?: number;
  readonly said?: string;
  readonly atMs?: number;
  readonly stats?: Readonly<Record<string, number>>;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly maxMs?: number;
  readonly rssMb?: number;
  readonly endMs?: number;
  readonly exitMs?: number;
  readonly handled?: string;
  readonly error?: string;
  readonly undrained?: object;
  readonly unsettled?: object;
}

export class App {
  readonly child: ChildProcess;
  readonly ended: Promise<AppEnd>;
  #stdout = "";
  #stderr = "";

  constructor({ flags = [], ...plan }: Plan) {
    this.child = spawn(process.execPath, [...flags, PROGRAM, JSON.stringify(plan)], { stdio: "pipe" });
    this.child.stdout?.on("data", (chunk) => (this.#stdout += chunk));
    this.child.stderr?.on("data", (chunk) => (this.#stderr += chunk));
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code, signal, stderr: this.#stderr }));
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  get told(): Told {
    const lines = this.#stdout.split("\n").slice(0, -1);
    return Object.assign({}, ...lines.map((line) => JSON.parse(line)));
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves when it has told that it is there; rejects when it ends before. */
  async says(word: string): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!this.#stdout.includes(`"said":"${word}"`)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > deadline)
        throw new Error(`the application does not say "${word}": ${this.#stderr}`);
      await sleep(2);
    }
  }

  /** Lets it go on from `["until", word]`. */
  go(word: string): void {
    this.child.stdin?.write(`${word}\n`);
  }

  kill(signal: NodeJS.Signals): Promise<AppEnd> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Runs a plan to its end. */
export async function runApp(plan: Plan): Promise<AppEnd & { readonly told: Told }> {
  const app = new App(plan);
  const end = await app.ended;
  return { ...end, told: app.told };
}

/** A folder that is gone with the test. */
export function folderOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `madsci-events-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

interface Drainable {
  readonly spool: { readonly dir: string };
  readonly [option: string]: unknown;
}

/** The next start of the application: sends what earlier ones left, and logs nothing. */
export async function drain(options: Drainable): Promise<void> {
  const { code, told, stderr } = await runApp({ options, steps: [["drained", options.spool.dir], ["end"]] });
  if (code !== 0 || told.undrained !== undefined)
    throw new Error(`the spool is not drained: ${JSON.stringify(told.undrained)} ${stderr}`);
}
