/** Who holds something: a process, by its number and its start, and where that number means something. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface Holder {
  readonly pid: number;
  /** When the process started, as the system tells it: numbers of processes come again. */
  readonly started: string;
  /** Where the number means something. */
  readonly place: string;
}

export function thisHolder(): Holder {
  return { pid: process.pid, started: startOf(process.pid), place: place() };
}

/** Undefined where this process cannot know: another machine, boot or container. */
export function isRunning({ pid, started, place: its }: Holder): boolean | undefined {
  if (its !== place()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return started === startOf(pid);
}

/** @returns undefined for what no holder has written */
export function holderOf(value: unknown): Holder | undefined {
  const { pid, started, place } = (value ?? {}) as Partial<Holder>;
  const isOne =
    Number.isSafeInteger(pid) && Number(pid) > 0 && typeof started === "string" && typeof place === "string";
  return isOne ? { pid: Number(pid), started, place } : undefined;
}

/** Ticks since boot on Linux, nothing for one that has died and is still listed; elsewhere nothing is known. */
function startOf(pid: number): string {
  const line = tryTo(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return /[ZX]/.test(fields[0] ?? "") ? "" : (fields[19] ?? "");
}

/** This boot of this machine, and on Linux this container. */
function place(): string {
  const boot = tryTo(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  return [hostname(), boot, tryTo(() => readlinkSync("/proc/self/ns/pid"))].join(" ");
}

function tryTo(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
