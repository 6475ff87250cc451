/** Runs a script of this folder and reads the JSON it prints. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const LIMIT_MS = 60_000;

export async function runPython(python: string, script: string, args: readonly string[]): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-script-"));
  const path = fileURLToPath(new URL(script, import.meta.url));
  const env = { PATH: process.env.PATH, HOME: folder, TZ: "UTC" };
  const options = { cwd: folder, env, timeout: LIMIT_MS, maxBuffer: 64_000_000 };
  try {
    const { stdout } = await promisify(execFile)(python, [path, ...args], options);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
