/**
 * One backup at a time of a database into a folder, across processes.
 *
 *   <dir>/.<database>.lock-<id>     { pid, started, place } of whoever makes a backup, rewritten every few seconds
 *
 * Each writes a file of its own and then looks for others; who sees another that lives goes back, so two never go on. Of
 * several that start at once the one with the smallest name waits for the others to go. A file whose process has died is
 * removed by whoever meets it. A process on this machine is asked for; one elsewhere (a shared folder, another container)
 * counts as dead when its file has not been rewritten for a minute by the folder's own clock.
 */
import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EventStoreError } from "../errors.ts";
import { onDisk } from "./disk.ts";
import { type Holder, holderOf, isRunning, thisHolder } from "./holder.ts";

const REWRITE_MS = 5000;
const SILENT_MS = 60_000;
/** How long the smallest waits for the others to go. */
const LOOKS = 10;
const LOOK_MS = 50;

export interface TurnLock {
  /** Lets the next one in. */
  release(): Promise<void>;
}

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` where another backup is under way, and what the disk says */
export async function takeTurn(dir: string, database: string): Promise<TurnLock> {
  return onDisk(dir, async () => {
    const prefix = `.${database}.lock-`;
    const name = prefix + randomUUID();
    const lock = await hold(dir, name);
    try {
      for (let looks = 0; ; looks++) {
        const others = await living(dir, { prefix, name });
        if (others.length === 0) return lock;
        if (looks === LOOKS || others.some((other) => other < name)) throw taken(dir, database);
        await sleep(LOOK_MS);
      }
    } catch (error) {
      await lock.release();
      throw error;
    }
  });
}

/** Errors that say no more than that it is another's turn. */
const TAKEN = new WeakSet<object>();

export function isTurnTaken(error: unknown): boolean {
  return typeof error === "object" && error !== null && TAKEN.has(error);
}

function taken(dir: string, database: string): EventStoreError {
  const message = `another backup of ${database} into ${dir} is under way; wait until it has ended`;
  const error = new EventStoreError("EVT_BACKEND_UNAVAILABLE", message);
  TAKEN.add(error);
  return error;
}

async function hold(dir: string, name: string): Promise<TurnLock> {
  const holder = thisHolder();
  const path = join(dir, name);
  // It has its name only when it is whole.
  await writeFile(join(dir, `.${name}`), JSON.stringify(holder), { flag: "wx" });
  await rename(join(dir, `.${name}`), path);
  const rewriting = setInterval(
    () => void writeFile(path, JSON.stringify(holder), { flag: "r+" }).catch(() => {}),
    REWRITE_MS,
  );
  rewriting.unref();
  return {
    async release() {
      clearInterval(rewriting);
      await rm(path, { force: true });
    },
  };
}

async function living(dir: string, own: { readonly prefix: string; readonly name: string }): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => name.startsWith(own.prefix) && name !== own.name);
  const alive: string[] = [];
  for (const name of names) {
    if (await lives(dir, name, own.name)) alive.push(name);
    else await rm(join(dir, name), { force: true });
  }
  return alive;
}

async function lives(dir: string, name: string, own: string): Promise<boolean> {
  const holder = await holderIn(join(dir, name));
  if (holder === "gone") return false;
  const known = holder && isRunning(holder);
  if (known !== undefined) return known;
  const [its, mine] = await Promise.all([stat(join(dir, name)).catch(() => undefined), stat(join(dir, own))]);
  return its !== undefined && mine.mtimeMs - its.mtimeMs < SILENT_MS;
}

async function holderIn(path: string): Promise<Holder | "gone" | undefined> {
  try {
    return holderOf(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : undefined;
  }
}
