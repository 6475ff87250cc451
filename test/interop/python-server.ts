/** MADSci's own Event Manager 0.7.1 as a child process, on a MongoDB server. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../helpers/ferretdb.ts";

const START_MS = 60_000;

export interface PythonServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface PythonServerOptions {
  readonly python: string;
  readonly mongoUrl: string;
  readonly database: string;
}

export async function startPythonServer({ python, mongoUrl, database }: PythonServerOptions): Promise<PythonServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-python-"));
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    TZ: "UTC",
    EVENT_SERVER_URL: `${url}/`,
    EVENT_MONGO_DB_URL: mongoUrl,
    MONGO_DB_URL: mongoUrl,
    EVENT_DATABASE_NAME: database,
    EVENT_RATE_LIMIT_ENABLED: "false",
    EVENT_ENABLE_REGISTRY_RESOLUTION: "false",
  };
  const child = spawn(python, ["-m", "madsci.event_manager.event_server"], { cwd: folder, env });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => printed.push(String(data)));
  const exit = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await exit;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return { url, pid: child.pid ?? 0, stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`the Python server did not start:\n${printed.join("").slice(-2000)}`);
}
