/**
 * A real server: the built package's `madsci-events serve` as a child process, to be killed and started again.
 *
 * It runs in an empty folder with a bare environment, so that no settings of this machine reach it.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../helpers/ferretdb.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** `MADSCI_EVENTS_CLI` names another build, used as it is. */
const MAIN = process.env.MADSCI_EVENTS_CLI ?? join(ROOT, "dist/cli/main.js");
const START_MS = 20_000;

export interface ServeOptions {
  /** @default a free one */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of node itself. */
  readonly nodeFlags?: readonly string[];
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running server. */
export interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exit: Promise<Exit>;
  /** What it has printed. */
  output(): string;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

/** Starts `serve` on the database and waits until it answers. Without rate limit unless `env` says otherwise. */
export async function serve(databaseUrl: string, options: ServeOptions = {}): Promise<Served> {
  await built();
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-serve-"));
  const env = { PATH: process.env.PATH, TZ: "UTC", EVENT_RATE_LIMIT_ENABLED: "false", ...options.env };
  const flags = ["serve", "--host", "127.0.0.1", "--port", String(port), "--url", databaseUrl];
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), MAIN, ...flags], { cwd: folder, env });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => printed.push(String(data)));
  const exit = once(child, "exit").then(([code, signal]): Exit => ({ code, signal }));
  exit.finally(() => rmSync(folder, { recursive: true, force: true }));
  const served: Served = {
    url: `http://127.0.0.1:${port}`,
    child,
    pid: child.pid ?? 0,
    exit,
    output: () => printed.join(""),
    end: (signal) => {
      child.kill(signal);
      return exit;
    },
  };
  await answering(served);
  return served;
}

async function answering({ url, child, output }: Served): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/live`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(20);
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not start:\n${output()}`);
}

let building: Promise<void> | undefined;

/** Builds the package when a source is newer than what was built. */
function built(): Promise<void> {
  building ??= buildIfStale();
  return building;
}

async function buildIfStale(): Promise<void> {
  if (process.env.MADSCI_EVENTS_CLI) return;
  const builtMs = statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = await Promise.all(["src", "transports"].map((folder) => newestMs(join(ROOT, folder))));
  if (Math.max(...newest) < builtMs) return;
  await promisify(execFile)(process.execPath, [join(ROOT, "node_modules/tsup/dist/cli-default.js")], { cwd: ROOT });
}

async function newestMs(folder: string): Promise<number> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  return Math.max(0, ...times);
}
