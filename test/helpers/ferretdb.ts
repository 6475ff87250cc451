/**
 * FerretDB as a MongoDB server for tests: built once by `go build` (test/mongo), one process per start.
 *
 * The binary is cached under node_modules/.cache by the hash of its sources. A server keeps its data in a folder of its
 * own, listens on loopback only, and ends with its standard input, so it cannot outlive the process that started it.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SOURCES = fileURLToPath(new URL("../mongo/", import.meta.url));
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
const START_MS = 15_000;
/** No test cuts the machine's power: what the server has written is there when it is killed, written through or not. */
const QUICK = "?_pragma=synchronous(off)";
/** It makes little but garbage, and collecting it less often takes a fifth off its time. */
const ENV = { GOGC: "400" };

/** A running MongoDB server of the tests. */
export interface TestServer {
  readonly url: string;
  readonly name: string;
  /** For SIGSTOP and the like; undefined when another program runs the server. */
  readonly pid?: number | undefined;
  stop(): Promise<void>;
}

/** Builds the server where it is not cached yet and returns its path. Rejects without a Go toolchain. */
export async function buildFerret(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["go.sum", "main.go"]) hash.update(await readFile(join(SOURCES, file)));
  const binary = join(CACHE, `ferretdb-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  await mkdir(CACHE, { recursive: true });
  const draft = `${binary}.${process.pid}`;
  await promisify(execFile)("go", ["build", "-o", draft, "."], { cwd: SOURCES });
  await rename(draft, binary);
  return binary;
}

/** Starts a server on a free loopback port and waits until it accepts connections. */
export async function startFerret(port?: number, folder?: string): Promise<TestServer> {
  const binary = await buildFerret();
  const data = folder ?? (await mkdtemp(join(tmpdir(), "madsci-events-ferretdb-")));
  const at = port ?? (await freePort());
  const args = [`127.0.0.1:${at}`, `file:${data}/${QUICK}`];
  const child = spawn(binary, args, { env: { ...ENV, ...process.env }, stdio: ["pipe", "ignore", "ignore"] });
  const stop = async (): Promise<void> => {
    await end(child);
    if (folder === undefined) await rm(data, { recursive: true, force: true });
  };
  try {
    await accepting(at, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `mongodb://127.0.0.1:${at}/`, name: "FerretDB", pid: child.pid, stop };
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

async function accepting(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    if (await connects(port)) return;
    await sleep(20);
  }
  throw new Error(`FerretDB did not start on port ${port}`);
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", answer(true)).once("error", answer(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
