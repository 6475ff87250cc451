/** Runs the built command as a user does: its own process, a clean environment, a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const MAIN = join(ROOT, "dist/cli/main.js");
/** How long a server may take to start on a busy machine, in ms. */
const START_LIMIT_MS = 25_000;

/** Builds the package unless `npm test` has done so already. */
export function ensureBuilt(): void {
  if (!existsSync(MAIN)) execFileSync("npm", ["run", "build", "--silent"], { cwd: ROOT, stdio: "inherit" });
}

/** A fresh project folder: the search for settings and `.madsci` ends in it. */
export function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "madsci-cli-"));
  mkdirSync(join(folder, ".git"));
  return folder;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function start(args: readonly string[], { cwd, env }: RunOptions = {}): ChildProcess {
  const { PATH, HOME, TZ = "UTC" } = process.env;
  const clean = { PATH, HOME, TZ, ...env };
  return spawn(process.execPath, [MAIN, ...args], { cwd: cwd ?? project(), env: clean, stdio: "pipe" });
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(args, options);
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => (output.stdout += chunk));
  child.stderr?.on("data", (chunk) => (output.stderr += chunk));
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  const [code] = await once(child, "close");
  return { code, ...output };
}

export class RunningServer {
  readonly child: ChildProcess;
  stderr = "";

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.on("data", (chunk) => (this.stderr += chunk));
  }

  get url(): string {
    return /listening on (http:\S+?);?(\s|$)/.exec(this.stderr)?.[1] ?? "";
  }

  /** Resolves when stderr holds the words; rejects when the process ends without. */
  async says(words: string): Promise<void> {
    const signal = AbortSignal.timeout(START_LIMIT_MS);
    while (!this.stderr.includes(words)) {
      const ended = once(this.child, "close", { signal }).then(() => "ended");
      const spoke = once(this.child.stderr as NodeJS.ReadableStream, "data", { signal }).then(() => "spoke");
      spoke.catch(() => {});
      ended.catch(() => {});
      if ((await Promise.race([ended, spoke])) === "ended" && !this.stderr.includes(words))
        throw new Error(`the process ended without saying "${words}": ${this.stderr}`);
    }
  }

  /** Sends the signal and resolves with the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const ended = once(this.child, "close");
    this.child.kill(signal);
    const [code] = await ended;
    return code;
  }
}

/** A server on a free port, listening. */
export async function serve(args: readonly string[] = [], options: RunOptions = {}): Promise<RunningServer> {
  const server = new RunningServer(start(["serve", "--port", "0", ...args], options));
  await server.says("listening on");
  return server;
}
