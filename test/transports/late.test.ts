/** Lines that come late: after `end()`, while the process exits, or just before it is killed. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../cli/run.ts";
import { runHere } from "../cli/run-here.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "madsci-events-late-"));

beforeAll(async () => {
  await ensureBuilt();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "madsci-events"), "junction");
  symlinkSync(join(root, "node_modules", "pino"), join(folder, "node_modules", "pino"), "junction");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let programs = 0;

function run(code: string) {
  const file = join(folder, `app-${++programs}.mjs`);
  const head = 'import { createEventStream, createTransport } from "madsci-events/pino"; import pino from "pino";\n';
  writeFileSync(file, head + code.replaceAll("SPOOL", JSON.stringify(spool())));
  return spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8", timeout: 30_000 });
}

const spool = () => join(folder, `spool-${programs}`);

/** The numbers of the lines that wait. */
async function waiting(): Promise<number[]> {
  const { stdout } = await runHere(["spool", "cat", spool()]);
  const events = stdout.split("\n").filter((line) => line !== "");
  return events.map((line) => (JSON.parse(line) as { event_data: { n: number } }).event_data.n).sort((a, b) => a - b);
}

const AWAY = "http://127.0.0.1:9";

describe("in process", () => {
  it("a line after the end is counted and said, and no reason to crash", () => {
    const { status, stdout, stderr } = run(`
      const stream = createEventStream({ url: "sqlite:after-end.db", spool: { dir: SPOOL } });
      const log = pino(stream);
      log.info({ n: 1 }, "in time");
      stream.end();
      await new Promise((resolve) => stream.once("close", resolve));
      log.info({ n: 2 }, "late");
      const { in: taken, acknowledged, dropped } = stream.stats();
      console.log(taken, acknowledged, dropped);`);
    expect([status, stdout.trim()]).toEqual([0, "2 1 1"]);
    expect(stderr).toContain("1 event(s) lost");
  });

  it("lines of a later exit handler are on disk", async () => {
    const { status, stderr } = run(`
      const log = pino(createEventStream({ url: "sqlite:exit.db", spool: { dir: SPOOL } }));
      process.on("exit", () => { for (let n = 1; n <= 5; n++) log.error({ n }, "in exit"); });
      log.info({ n: 0 }, "start");`);
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain("lost");
    expect(await waiting()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("with a synchronous hand-off", () => {
  it("every line is on disk as the call returns, from the first on", async () => {
    const { signal } = run(`
      const log = pino(createTransport({ url: "${AWAY}", spool: { dir: SPOOL }, handoff: "sync" }));
      for (let n = 0; n < 200; n++) log.info({ n }, "line");
      process.kill(process.pid, "SIGKILL");`);
    expect(signal).toBe("SIGKILL");
    expect(await waiting()).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });
});

describe("a worker stream", () => {
  it("ends as Node's streams do, takes bytes, and refuses what is no text", async () => {
    const { status, stdout, stderr } = run(`
      const transport = createTransport({ url: "${AWAY}", spool: { dir: SPOOL } });
      transport.write(Buffer.from('{"level":30,"n":1}\\n'));
      for (const odd of [null, undefined, 7]) {
        try { transport.write(odd); } catch (error) { console.log(error.name); }
      }
      transport.end('{"level":30,"n":2}\\n', () => console.log("ended"));`);
    expect([status, stdout.trim().split("\n")]).toEqual([0, ["TypeError", "TypeError", "TypeError", "ended"]]);
    expect(stderr).toContain("wait in the spool");
    expect(await waiting()).toEqual([1, 2]);
    expect(readdirSync(spool())).toHaveLength(1);
  });
});
