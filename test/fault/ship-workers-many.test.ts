/** Many processes on one folder of spools: none writes into another's, and what is left is taken over by exactly one. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { App } from "./ship/app.ts";
import { scene } from "./ship/scene.ts";

const ROUNDS = Math.max(1, Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 10));
const PROCESSES = 8;
const LINES = 200;
const DOWN = { mode: "status", status: 503 } as const;
const program = (name: string) => fileURLToPath(new URL(`ship/programs/workers-${name}.mjs`, import.meta.url));

const execute = promisify(execFile);
const senders = (root: string) => readdirSync(root).filter((name) => /^[0-9A-Z]{26}$/.test(name));
const runs = (names: readonly string[], lines = LINES) => Object.fromEntries(names.map((name) => [name, lines]));

it(`eight processes killed together, then eight started together, again and again (${ROUNDS} times)`, async () => {
  const at = await scene();
  const emitted: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    await at.fault.be(DOWN);
    const names = Array.from({ length: PROCESSES }, (_, n) => `dies${round}.${n}`);
    const steps = [["log", LINES], ["flush"], ["tell", "logged"], ["idle"]] as const;
    const dying = names.map((run) => new App({ options: at.options, run, steps }));
    await Promise.all(dying.map((app) => app.says("logged")));
    await Promise.all(dying.map((app) => app.kill("SIGKILL")));
    expect(senders(at.spool).length).toBe(PROCESSES);
    Object.assign(emitted, runs(names));

    await at.fault.be({ mode: "pass" });
    const others = Array.from({ length: PROCESSES }, (_, n) => `heir${round}.${n}`);
    const heirs = others.map(
      (run) => new App({ options: at.options, run, steps: [["log", LINES], ["settled"], ["stats"], ["end"]] }),
    );
    const ends = await Promise.all(heirs.map((app) => app.ended));
    expect(ends.map(({ code }) => code)).toEqual(others.map(() => 0));
    Object.assign(emitted, runs(others));
    await at.expectAll(emitted);
    expect(senders(at.spool)).toEqual([]);
  }
});

it("two processes at once, and a cluster of four", async () => {
  const at = await scene();
  const pair = ["one", "two"].map(
    (run) => new App({ options: at.options, run, steps: [["pace", LINES, 1], ["settled"], ["end"]] }),
  );
  const plan = { options: at.options, workers: 4, lines: LINES };
  const clustered = execute(process.execPath, [program("cluster"), JSON.stringify(plan)]);
  expect((await Promise.all(pair.map((app) => app.ended))).map(({ code }) => code)).toEqual([0, 0]);
  expect((await clustered).stderr).toBe("");
  await at.expectAll(runs(["one", "two", "worker0", "worker1", "worker2", "worker3"]));
});

it("a container started again: the same host name and the same process number are another process", async () => {
  const at = await scene();
  await at.fault.be(DOWN);
  const first = new App({
    options: at.options,
    run: "before",
    steps: [["log", LINES], ["flush"], ["tell", "logged"], ["idle"]],
  });
  await first.says("logged");
  await first.kill("SIGKILL");
  // As if the number now belonged to a process that lives.
  const about = join(at.spool, senders(at.spool)[0] as string, "about.json");
  writeFileSync(about, JSON.stringify({ ...JSON.parse(readFileSync(about, "utf8")), pid: process.pid }));
  await at.expectAll({ before: LINES });
  expect(senders(at.spool)).toEqual([]);
});

it("a dead neighbour among pino's targets: what is spooled leaves with the next process", async () => {
  const at = await scene();
  await at.fault.be(DOWN);
  const plan = { options: at.options, run: "targets", lines: LINES };
  await execute(process.execPath, [program("targets"), JSON.stringify(plan)]).catch(() => {});
  await at.expectAll({ targets: LINES });
});

it("a host name that nobody knows: everything waits in the spool, and the process ends soon", async () => {
  const at = await scene();
  const options = { ...at.options, url: "http://nobody.invalid" };
  const app = new App({ options, steps: [["log", LINES], ["flush"], ["stats"], ["end"]] });
  const { code, stderr } = await app.ended;
  expect([code, app.told.stats?.pending]).toEqual([0, LINES]);
  expect(app.told.stats).toMatchObject({ link: "backoff", spool: "ok" });
  expect(stderr).toContain(`${LINES} event(s) wait in the spool`);
});
