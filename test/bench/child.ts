/** Measurements in a process of their own: a script of this folder, started with the TypeScript hook. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const HOOK = fileURLToPath(new URL("typescript.mjs", import.meta.url));

function start(script: URL, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(script);
  return spawn(process.execPath, ["--import", HOOK, path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Runs a script to its end; it prints one JSON value. */
export function runChild<Result>(script: URL, args: readonly string[]): Promise<Result> {
  return resultOf(start(script, args), script);
}

/** Runs a script that goes on until its standard input ends, and prints one JSON value then. */
export function runUntilStopped<Result>(script: URL, args: readonly string[]): { stop(): Promise<Result> } {
  const child = start(script, args);
  const result = resultOf<Result>(child, script);
  // Its failure is told by stop().
  result.catch(() => {});
  const stop = () => {
    child.stdin?.end();
    return result;
  };
  return { stop };
}

async function resultOf<Result>(child: ChildProcess, script: URL): Promise<Result> {
  let printed = "";
  child.stdout?.on("data", (data) => {
    printed += data;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
  return JSON.parse(printed) as Result;
}

/** Starts a script that serves; it prints its URL first and ends with its standard input. */
export async function serveChild(script: URL): Promise<{ readonly url: string; stop(): void }> {
  const child = start(script, []);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const url of lines) return { url, stop: () => void child.stdin?.end() };
  throw new Error(`${script} did not start`);
}
