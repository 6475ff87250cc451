/** Signals are raised in processes of their own; here, nothing may end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { installShutdown } from "../../transports/shutdown.ts";
import { ensureBuilt, project } from "../cli/run.ts";

beforeAll(ensureBuilt);

const PROGRAM = fileURLToPath(new URL("programs/shutdown.mjs", import.meta.url));
const NUMBER_OF_LINES = 100;

interface Plan {
  /** Handlers of the application's, before and after ours. */
  readonly before?: "on" | "once";
  readonly after?: "on" | "once";
  /** How many transports. */
  readonly count?: number;
  readonly undo?: boolean;
  readonly then?: string;
  readonly signals?: readonly string[];
}

async function run(plan: Plan, ...signals: readonly NodeJS.Signals[]) {
  const folder = project();
  const files = Array.from({ length: plan.count ?? 1 }, (_, at) => join(folder, `lab${at}.db`));
  const spool = join(folder, "spool");
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ ...plan, files, spool, lines: NUMBER_OF_LINES })]);
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += chunk));
  child.stderr.on("data", (chunk) => (output.stderr += chunk));
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  while (!output.stdout.includes("logged")) await Promise.race([once(child.stdout, "data"), ended]);
  for (const signal of signals) child.kill(signal);
  const [code, signal] = await ended;
  const stored = await Promise.all(files.map(countIn));
  return { code, signal, stored, handled: output.stdout.includes("handled"), ...output };
}

async function countIn(file: string): Promise<number> {
  try {
    await using store = await EventStore.open(`sqlite:${file}`, { readOnly: true });
    return await store.count();
  } catch {
    return 0;
  }
}

describe("a signal", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "%s ends the process as it would have, when all is stored",
    async (name) => {
      const { code, signal, stored } = await run({}, name);
      expect([code, signal, stored]).toEqual([null, name, [NUMBER_OF_LINES]]);
    },
  );

  it.each([{ before: "on" }, { before: "once" }, { after: "on" }, { after: "once" }] as const)(
    "leaves the end to a handler of the application's (%j)",
    async (plan) => {
      const { code, signal, stored, handled } = await run(plan, "SIGTERM");
      expect([code, signal, handled, stored]).toEqual([7, null, true, [NUMBER_OF_LINES]]);
    },
  );

  it("waits for every transport, then ends the process", async () => {
    const { code, signal, stored } = await run({ count: 3 }, "SIGTERM");
    expect([code, signal, stored]).toEqual([null, "SIGTERM", [NUMBER_OF_LINES, NUMBER_OF_LINES, NUMBER_OF_LINES]]);
  });

  it("ends the process at once when nothing is installed any more", async () => {
    const { code, signal } = await run({ undo: true }, "SIGTERM");
    expect([code, signal]).toEqual([null, "SIGTERM"]);
  });

  it("that is not among those asked for does nothing but what it did", async () => {
    const { signal } = await run({ signals: ["SIGINT"] }, "SIGTERM");
    expect(signal).toBe("SIGTERM");
  });
});

describe("an uncaught error", () => {
  it.each([
    ["throw", "uncaught: boom", "uncaughtException"],
    ["reject", "uncaught: boom", "unhandledRejection"],
    ["throwString", "uncaught: boom", "uncaughtException"],
    ["throwNothing", "uncaught: something without a text was thrown", "uncaughtException"],
  ])("becomes one fatal event, and the process ends as it would have (%s)", async (then, message, origin) => {
    const folder = project();
    const file = join(folder, "lab.db");
    const plan = { files: [file], spool: join(folder, "spool"), lines: 1, then };
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(plan)], { stdio: "ignore" });
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    await using store = await EventStore.open(`sqlite:${file}`, { readOnly: true });
    const fatal = [];
    for await (const event of store.find({ selector: { log_level: 50 } })) fatal.push(event.event_data);
    expect(fatal).toEqual([expect.objectContaining({ message, origin })]);
  });
});

describe("installShutdown by itself", () => {
  const counts = () =>
    ["SIGTERM", "SIGINT", "SIGHUP", "uncaughtExceptionMonitor"].map((name) => process.listenerCount(name));
  const shutdown = { write: () => {}, flush: (done: () => void) => done(), end: (done: () => void) => done() };

  it("takes its handlers away again, and only its own", () => {
    const before = counts();
    const [first, second] = [installShutdown(shutdown), installShutdown(shutdown)];
    expect(counts()).toEqual(before.map((count) => count + 2));
    first();
    first();
    expect(counts()).toEqual(before.map((count) => count + 1));
    second();
    expect(counts()).toEqual(before);
  });
});
