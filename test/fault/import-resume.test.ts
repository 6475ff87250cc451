/** Imports that end early go on where they were; real processes, real signals. */
import { once } from "node:events";
import { appendFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { ensureBuilt, project, run, start } from "../cli/run.ts";

beforeAll(ensureBuilt);

const COUNT = 40_000;
const event = (n: number) =>
  `${JSON.stringify({ _id: `e${n}`, event_type: "test", event_data: { n, pad: "x".repeat(200) } })}\n`;
const LINES = Array.from({ length: COUNT }, (_, n) => event(n)).join("");

let cwd: string;
beforeEach(() => {
  cwd = project();
  writeFileSync(join(cwd, "big.ndjson"), LINES);
});

const options = () => ({ cwd, env: { XDG_STATE_HOME: join(cwd, "state"), EVENT_DB_URL: `sqlite:${cwd}/lab.db` } });
const importing = (...args: string[]) => run(["import", "big.ndjson", ...args], options());
const states = () =>
  readdirSync(join(cwd, "state/madsci-events/.imports")).filter((name) => `${name}`.endsWith(".json"));

async function count(): Promise<number> {
  await using store = await EventStore.open(`sqlite:${cwd}/lab.db`, { readOnly: true });
  return await store.count({ timeoutMs: 60_000 });
}

/** Starts an import and ends it with a signal when it has kept how far it came. */
async function interrupted(
  signal: NodeJS.Signals,
  files = ["big.ndjson"],
): Promise<{ code: number | null; stderr: string }> {
  const child = start(["import", ...files], options());
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const closed = once(child, "close");
  while (stateCount() < files.length && child.exitCode === null) await sleep(2);
  child.kill(signal);
  const [code] = await closed;
  return { code, stderr };
}

function stateCount(): number {
  try {
    return states().length;
  } catch {
    return 0;
  }
}

test("killed in the middle, the same command goes on: nothing is missing, nothing there twice", async () => {
  await interrupted("SIGKILL");
  const before = await count();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(COUNT);
  const again = await importing();
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toMatch(/big\.ndjson: going on after the first [1-9]\d*, which an earlier import has stored/);
  expect(again.stderr).toContain(`madsci-events: ${COUNT} read: `);
  expect(again.stderr).toContain("0 conflict, 0 invalid");
  expect(await count()).toBe(COUNT);
  expect(states()).toEqual([]);
});

test("Ctrl-C ends it after the batch under way, says how far it came, and ends with 4", async () => {
  const { code, stderr } = await interrupted("SIGINT");
  expect(code).toBe(4);
  const reached = Number(/stopped after (\d+) of big\.ndjson/.exec(stderr)?.[1]);
  expect(await count()).toBe(reached);
  const again = await importing();
  expect(again.stderr).toContain(`going on after the first ${reached},`);
  expect(again.stderr).toContain(`${COUNT} read: ${COUNT} stored, 0 duplicate`);
});

test("it starts over when asked", async () => {
  await interrupted("SIGINT");
  const asked = await importing("--restart");
  expect(asked.stderr).not.toContain("going on");
  expect(asked.stderr).toMatch(/ [1-9]\d* duplicate/);
});

test("it starts over when the file is another one", async () => {
  await interrupted("SIGINT");
  writeFileSync(join(cwd, "big.ndjson"), event(70_000) + LINES);
  expect((await importing()).stderr).not.toContain("going on");
  expect(await count()).toBe(COUNT + 1);
});

test("it starts over when the database is another one", async () => {
  await interrupted("SIGINT");
  for (const file of readdirSync(cwd).filter((name) => name.startsWith("lab.db"))) rmSync(join(cwd, file));
  expect((await importing()).stderr).toContain("the database no longer holds what was imported; starting over");
  expect(await count()).toBe(COUNT);
});

test("a file that has grown meanwhile goes on too", async () => {
  await interrupted("SIGINT");
  appendFileSync(join(cwd, "big.ndjson"), event(70_000));
  const again = await importing();
  expect(again.stderr).toContain("going on after");
  expect(await count()).toBe(COUNT + 1);
});

test("of several files those that were done are not read again", async () => {
  writeFileSync(join(cwd, "a.ndjson"), event(80_000) + event(80_001));
  await interrupted("SIGKILL", ["a.ndjson", "big.ndjson"]);
  const again = await run(["import", "a.ndjson", "big.ndjson"], options());
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toContain("a.ndjson: going on after the first 2,");
  expect(again.stderr).toMatch(/big\.ndjson: going on after the first [1-9]\d*,/);
  expect(await count()).toBe(COUNT + 2);
  expect(states()).toEqual([]);
});
