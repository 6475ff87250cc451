/** Small file systems for spools, where this machine lets us make them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Why there are none; undefined when there are. */
export const noMount = mountProblem();
if (noMount !== undefined) console.warn(`\n  TESTS WITH A DISK OF THEIR OWN ARE SKIPPED: ${noMount}\n`);

function mountProblem(): string | undefined {
  if (process.platform !== "linux") return "they need Linux";
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-mount-"));
  try {
    mount(folder, "size=64k");
    execFileSync("/bin/umount", ["-l", folder]);
    return undefined;
  } catch (error) {
    return `no small file system: ${(error as Error).message.trim()}`;
  } finally {
    rmdirSync(folder);
  }
}

function mount(folder: string, options: string): void {
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "pipe" });
}

/** A file system in `folder` until the end of the test. */
export function smallDisk(folder: string, options: string): void {
  mkdirSync(folder, { recursive: true });
  mount(folder, options);
  onTestFinished(() => void execFileSync("/bin/umount", ["-l", folder]));
}

export function remount(folder: string, options: string): void {
  execFileSync("/bin/mount", ["-o", `remount,${options}`, folder], { stdio: "pipe" });
}
