/**
 * Python environments with MADSci's own packages, made once and kept under node_modules/.cache.
 *
 * A folder appears under its final name only when everything is installed, so an interrupted run leaves no half one.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
const INSTALL_MS = 600_000;

/** What is installed for each version of MADSci's client. */
const PACKAGES = {
  "0.7.1": ["madsci.event_manager==0.7.1", "madsci.client==0.7.1", "madsci.common==0.7.1", "pydantic==2.12.5"],
  "0.8.1": ["madsci.client==0.8.1", "madsci.common==0.8.1", "pydantic==2.12.5"],
} as const;

export type MadsciVersion = keyof typeof PACKAGES;

/** A Python interpreter, or the reason why there is none. */
export type Python = { readonly path: string } | { readonly missing: string };

/** `MADSCI_PYTHON` names a ready interpreter for 0.7.1, which has the server too; `SKIP_PYTHON=1` wants none. */
export async function pythonWith(version: MadsciVersion): Promise<Python> {
  if (process.env.SKIP_PYTHON === "1") return { missing: "SKIP_PYTHON=1" };
  const given = process.env.MADSCI_PYTHON;
  if (given && version === "0.7.1") return { path: given };
  const folder = join(CACHE, `python-${version}`);
  const path = join(folder, "bin", "python");
  if (existsSync(path)) return { path };
  // A second environment takes a minute: the five of `npm test` are better spent.
  if (version !== "0.7.1" && !process.env.CI) return { missing: `MADSci ${version} is installed only where CI is set` };
  try {
    await once(folder, () => install(folder, PACKAGES[version]));
    return { path };
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const lines = (stderr || message).trim().split("\n");
    return { missing: `Python packages of MADSci ${version} cannot be installed: ${lines.at(-1)}` };
  }
}

/** Test files run beside each other; one of them installs, the others wait for it. */
async function once(folder: string, work: () => Promise<void>): Promise<void> {
  const lock = `${folder}.lock`;
  await mkdir(CACHE, { recursive: true });
  for (const startMs = Date.now(); Date.now() - startMs < INSTALL_MS; await sleep(250)) {
    if (existsSync(folder)) return;
    if (!(await isMade(lock))) continue;
    try {
      if (!existsSync(folder)) await work();
      return;
    } finally {
      await rm(lock, { force: true });
    }
  }
  throw new Error("another process does not finish installing them");
}

/** False while another process holds it; one that died holds nothing. */
async function isMade(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    const holder = Number(await readFile(lock, "utf8").catch(() => ""));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function install(folder: string, packages: readonly string[]): Promise<void> {
  const draft = `${folder}.${process.pid}`;
  try {
    await run("python3", ["-m", "venv", draft]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
    await run(join(draft, "bin", "python"), pip, { timeout: INSTALL_MS });
    if (!existsSync(folder)) await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
