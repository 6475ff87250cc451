/**
 * Owner: who a spool folder belongs to, and whether that process still lives.
 *
 * A living owner listens on a socket in its folder. The kernel lets go of it however the process ends, so a refused
 * connection means that the owner is dead, also from another container that shares the folder. Where there are no such
 * sockets, and on another machine's disk, the time of `about.json` decides, which a living owner renews.
 */
import { connect, createServer, type Server } from "node:net";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import type { FileSystem } from "./file-system.ts";

/** What stands in a folder's `about.json`. */
export interface About {
  readonly version: number;
  readonly sender: string;
  /** Where its lines shall go; without user and password. */
  readonly destination: string;
  /** How its lines become events. */
  readonly mapping: object;
  /** Last place written, once the process has ended in an orderly way; what is missing before it is lost. */
  readonly lastSeq?: number;
  readonly pid: number;
  readonly host: string;
  /** Changes with every start of the machine; empty where the system has none. */
  readonly boot: string;
}

const SOCKET = "l.sock";
export const ABOUT = "about.json";
/** Longest path of a socket on every system. */
const MAX_SOCKET_PATH = 100;
const BEAT_MS = 30_000;
const DEAD_AFTER_MS = 600_000;
const CONNECT_MS = 2000;

/** Keeps a folder ours until `release`. */
export class Ownership {
  readonly #fs: FileSystem;
  readonly #server: Server | undefined;
  readonly #beat: NodeJS.Timeout;
  #folder: string;

  constructor(fs: FileSystem, folder: string) {
    this.#fs = fs;
    this.#folder = folder;
    this.#server = listen(fs, folder);
    this.#beat = setInterval(() => this.#renew(), BEAT_MS);
    this.#beat.unref();
  }

  /** The folder has got its final name; the socket went with it. */
  moved(folder: string): void {
    this.#folder = folder;
  }

  /** Last of all: from now on others may take the folder. */
  release(): void {
    clearInterval(this.#beat);
    this.#server?.close();
  }

  #renew(): void {
    try {
      this.#fs.touch(join(this.#folder, ABOUT));
    } catch {
      // Folder gone or read-only: whoever writes into it will say so.
    }
  }
}

function listen(fs: FileSystem, folder: string): Server | undefined {
  const server = createServer((socket) => socket.destroy());
  server.on("error", () => {});
  server.unref();
  const short = shortPath(fs, folder);
  if (short === undefined) return undefined;
  try {
    // Left by an attempt that failed; nothing could listen here otherwise.
    fs.remove(join(folder, SOCKET));
  } catch {
    // Mostly there is none.
  }
  // `exclusive`: a cluster's primary must not listen for its workers. Listening begins before the call returns.
  server.listen({ path: short.path, exclusive: true });
  short.done();
  return server.listening ? server : undefined;
}

/** A path that a socket can have: through an open folder on Linux when the real one is too long. */
function shortPath(fs: FileSystem, folder: string): { path: string; done: () => void } | undefined {
  if (process.platform === "win32") return { path: pipeName(folder), done: () => {} };
  const path = join(folder, SOCKET);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return { path, done: () => {} };
  if (process.platform !== "linux") return undefined;
  const fd = fs.open(folder, "r");
  return { path: `/proc/self/fd/${fd}/${SOCKET}`, done: () => fs.close(fd) };
}

function pipeName(folder: string): string {
  return `\\\\.\\pipe\\madsci-events-${basename(folder).replace(/^\.new-/, "")}`;
}

/** True when the owner of a folder lives, or may live. */
export async function isOwned(fs: FileSystem, folder: string): Promise<boolean> {
  const answer = await knock(fs, folder);
  if (answer === "open") return true;
  const about = readAbout(fs, folder);
  const here = about === undefined || about.boot === bootId(fs) || about.host === hostname();
  if (answer === "refused" && here) return false;
  // A copy, for instance, which has no socket.
  if (about !== undefined && about.boot === bootId(fs) && about.host === hostname() && isGone(about.pid)) return false;
  return youngerThan(fs, folder, DEAD_AFTER_MS);
}

/** No process has this number. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** A pipe of Windows is gone with its owner; elsewhere a missing socket says nothing. */
const KNOCK: Readonly<Record<string, "refused" | "none">> = {
  ECONNREFUSED: "refused",
  ENOENT: process.platform === "win32" ? "refused" : "none",
  ENOTSOCK: "none",
};

/** "refused": nobody listens; "none": there is no socket; anything doubtful counts as open. */
function knock(fs: FileSystem, folder: string): Promise<"open" | "refused" | "none"> {
  return new Promise((resolve) => {
    let short: ReturnType<typeof shortPath>;
    try {
      short = shortPath(fs, folder);
    } catch {
      return resolve("none");
    }
    if (short === undefined) return resolve("none");
    const socket = connect(short.path);
    const end = (answer: "open" | "refused" | "none") => {
      clearTimeout(timer);
      socket.destroy();
      short.done();
      resolve(answer);
    };
    const timer = setTimeout(() => end("open"), CONNECT_MS);
    socket.once("connect", () => end("open"));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      end(code === undefined ? "open" : (KNOCK[code] ?? "open"));
    });
  });
}

function youngerThan(fs: FileSystem, folder: string, ms: number): boolean {
  for (const path of [join(folder, ABOUT), folder]) {
    try {
      return fs.ageMs(path) < ms;
    } catch {
      // Without about.json the folder itself must tell.
    }
  }
  return true;
}

export function readAbout(fs: FileSystem, folder: string): About | undefined {
  try {
    const about = JSON.parse(fs.readFile(join(folder, ABOUT)).toString()) as About;
    return [about.sender, about.host, about.boot].every((text) => typeof text === "string") ? about : undefined;
  } catch {
    return undefined;
  }
}

export function bootId(fs: FileSystem): string {
  try {
    return fs.readFile("/proc/sys/kernel/random/boot_id").toString().trim();
  } catch {
    return "";
  }
}
