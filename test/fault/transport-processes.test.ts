/** What real processes log is stored, however they end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { ensureBuilt, project, type RunningServer, serve } from "../cli/run.ts";

const PROGRAM = fileURLToPath(new URL("../transports/programs/logger.mjs", import.meta.url));

beforeAll(ensureBuilt);

const servers: RunningServer[] = [];
afterEach(async () => {
  const running = servers.splice(0).filter(({ child }) => child.exitCode === null && child.signalCode === null);
  await Promise.all(running.map((server) => server.stop("SIGKILL")));
});

interface Plan {
  readonly how?: "target" | "create";
  readonly options: Record<string, unknown>;
  readonly lines: number;
  readonly end?: "throw" | "reject" | "exit";
  readonly everyMs?: number;
  readonly pinoOptions?: Record<string, unknown>;
}

async function runLogger(plan: Plan) {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(plan)], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  return { code: code as number | null, stderr };
}

async function serving(args: readonly string[]): Promise<RunningServer> {
  const server = await serve(args);
  servers.push(server);
  return server;
}

/** The `n` of every stored line, in order. */
async function storedIn(file: string): Promise<number[]> {
  await using store = await EventStore.open(`sqlite:${file}`, { readOnly: true });
  const numbers: number[] = [];
  for await (const { event_data } of store.find()) numbers.push((event_data as { n: number }).n);
  return numbers.sort((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("into a file", () => {
  it.each([
    [undefined, "target", 0],
    [undefined, "create", 0],
    ["throw", "target", 1],
    ["reject", "target", 1],
    ["exit", "create", 3],
  ] as const)("a process that ends by %s (%s) has stored every line", async (end, how, expected) => {
    const file = join(project(), "lab.db");
    const { code, stderr } = await runLogger({ how, end, options: { url: `sqlite:${file}` }, lines: 1000 });
    expect(code, stderr).toBe(expected);
    expect(await storedIn(file)).toEqual(upTo(1000));
  });

  it("follows pino's own messageKey", async () => {
    const file = join(project(), "lab.db");
    await runLogger({ options: { url: `sqlite:${file}` }, lines: 1, pinoOptions: { messageKey: "text" } });
    await using store = await EventStore.open(`sqlite:${file}`, { readOnly: true });
    for await (const event of store.find()) expect(event.event_data).toMatchObject({ message: "line" });
    expect(await store.count()).toBe(1);
  });
});

describe("to a server", () => {
  it("a process that ends has delivered every line", async () => {
    const file = join(project(), "lab.db");
    const server = await serving(["--url", `sqlite:${file}`]);
    const { code, stderr } = await runLogger({ options: { url: server.url }, lines: 1000 });
    expect(code, stderr).toBe(0);
    expect(stderr).toBe("");
    expect(await storedIn(file)).toEqual(upTo(1000));
  });

  it("every line is stored once when the server is killed and started again in the middle", async () => {
    const file = join(project(), "lab.db");
    const args = ["--url", `sqlite:${file}`];
    const first = await serving(args);
    const { port } = new URL(first.url);
    const options = { url: first.url, batch: { maxEvents: 20 }, retry: { maxMs: 200 }, close: { totalMs: 8000 } };
    const logger = runLogger({ options, lines: 1000, everyMs: 80 });
    await expect.poll(async () => (await storedIn(file)).length, { timeout: 20_000 }).toBeGreaterThan(100);
    await first.stop("SIGKILL");
    await serving([...args, "--port", port]);
    const { code, stderr } = await logger;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("cannot deliver");
    expect(await storedIn(file)).toEqual(upTo(1000));
  }, 60_000);

  it("a process whose server is gone ends soon, and says what waits for the next one", async () => {
    const startMs = performance.now();
    const { code, stderr } = await runLogger({
      options: { url: "http://127.0.0.1:9", close: { totalMs: 500 } },
      lines: 50,
    });
    expect(code).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(8000);
    expect(stderr).toContain("50 event(s) wait in the spool");
  });

  it("a wrong option is an error of the transport that names it", async () => {
    const { code, stderr } = await runLogger({ options: { url: "http://127.0.0.1:9", batsh: {} }, lines: 1 });
    expect(code).toBe(1);
    expect(stderr).toContain('unknown option "batsh"');
  });
});
