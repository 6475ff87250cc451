/** The ways a process ends by itself, at the worst moments: what was logged is delivered or spooled, and soon. */
import { describe, expect, it } from "vitest";
import { drain, runApp } from "./ship/app.ts";
import { expectWhole, storedIn } from "./ship/oracle.ts";
import { scene, serving } from "./ship/scene.ts";

const EXIT_MS = 3500;
/** Before its first line. */
const START_MS = 1500;
const SOON_MS = 200;
const TRIES = 3;
const isSoon = (tookMs: readonly number[]) => tookMs.some((ms) => ms < SOON_MS);
const ALL = [
  ["create", "silent"],
  ["target", "pass"],
  ["create", "pass"],
  ["target", "silent"],
] as const;
const HOW = Number(process.env.FAULT_ROUNDS ?? 50) < 20 ? ALL.slice(0, 2) : ALL;
type Steps = readonly (readonly [string, ...unknown[]])[];

describe("process.exit", () => {
  it.each<[string, Steps, number]>([
    ["right after the log calls", [["ready"], ["log", 500], ["exit", 3]], 3],
    [
      "before the worker is ready",
      [
        ["log", 500],
        ["exit", 3],
      ],
      3,
    ],
    ["inside ready", [["exitInReady", 500, 3], ["idle"]], 3],
    ["twice", [["ready"], ["log", 500], ["exitTwice", 4]], 4],
    [
      "twice before the worker is ready",
      [
        ["log", 500],
        ["exitTwice", 4],
      ],
      4,
    ],
  ])("%s", async (_when, steps, expected) => {
    const { fault, options, expectAll } = await scene();
    for (const [how, mode] of HOW) {
      await fault.be({ mode });
      const startMs = performance.now();
      const { code, stderr } = await runApp({ how, options, run: `${how} ${mode}`, steps });
      expect(code, stderr).toBe(expected);
      expect(performance.now() - startMs).toBeLessThan(EXIT_MS + START_MS);
    }
    const runs = HOW.map(([how, mode]) => `${how} ${mode}`);
    await expectAll(Object.fromEntries(runs.map((run) => [run, 500])));
  });
});

// A bare pino.transport takes no lines after pino's own handler.
it.each<[string, Steps]>([
  ["by a worker that is ready", [["ready"], ["exitHandler", 500], ["exit", 3]]],
  [
    "before the worker is ready",
    [
      ["exitHandler", 500],
      ["exit", 3],
    ],
  ],
])("lines of a later exit handler are kept (%s)", async (_when, steps) => {
  const { options, expectAll } = await scene();
  const { code, stderr } = await runApp({ options, run: "handler", steps });
  expect(code, stderr).toBe(3);
  await expectAll({ handler: 500 });
});

describe("an error nobody catches", () => {
  it.each<[string, Steps, string]>([
    ["an exception", [["ready"], ["log", 100], ["throwLater", "boom"], ["idle"]], "boom"],
    ["a rejection", [["ready"], ["log", 100], ["reject", "boom"], ["idle"]], "boom"],
    ["a stack overflow", [["ready"], ["log", 100], ["overflow"], ["idle"]], "Maximum call stack"],
  ])("%s is a fatal event of the store, and the process ends as it would have", async (_what, steps, message) => {
    const { options, database, expectAll } = await scene();
    const { code, stderr } = await runApp({ options, run: "error", shutdown: true, steps });
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(message);
    await expectAll({ error: 100 });
    const fatal = (await storedIn(database)).filter(({ log_level }) => log_level === 50);
    expect(fatal).toHaveLength(1);
    expect(JSON.stringify(fatal)).toContain(message);
  });

  it.each<[string, Steps, readonly string[], object]>([
    ["abort()", [["ready"], ["log", 100], ["sleep", 20], ["abort"]], [], { signal: "SIGABRT" }],
    [
      "a heap that is full",
      [["ready"], ["log", 100], ["sleep", 20], ["outOfMemory"]],
      ["--max-old-space-size=40"],
      { signal: "SIGABRT" },
    ],
  ])("%s: the spool is complete", async (_what, steps, flags, end) => {
    const { fault, options, expectAll } = await scene();
    await fault.be({ mode: "status", status: 503 });
    const ended = await runApp({ options, run: "dead", steps, flags });
    expect(ended, ended.stderr).toMatchObject(end);
    await expectAll({ dead: 100 });
  });
});

it("a server that was dead all the time delays the end by less than 200 ms, and the next run sends everything", async () => {
  const { served, options, database } = await scene();
  const port = Number(new URL(served.url).port);
  const dead = { ...options, url: served.url };
  await served.end("SIGKILL");
  const emitted: Record<string, number> = {};
  const tookMs = { end: [] as number[], exit: [] as number[] };
  // A busy machine may need more than one try.
  for (let round = 0; round < TRIES && !(isSoon(tookMs.end) && isSoon(tookMs.exit)); round++) {
    const steps = [["ready"], ["pace", 500, 5], ["ended"]] as const;
    const ending = await runApp({ options: dead, run: `end${round}`, steps });
    expect(ending.code, ending.stderr).toBe(0);
    expect(ending.stderr).toContain("500 event(s) wait in the spool");
    tookMs.end.push(ending.told.endMs ?? Number.NaN);
    const exit = [["ready"], ["log", 500], ["timedExit"]] as const;
    const exiting = await runApp({ options: dead, run: `exit${round}`, steps: exit });
    expect(exiting.code, exiting.stderr).toBe(0);
    // pino's own hooks run before: what they wait for is in there.
    tookMs.exit.push(exiting.told.exitMs ?? Number.NaN);
    Object.assign(emitted, { [`end${round}`]: 500, [`exit${round}`]: 500 });
  }
  expect([isSoon(tookMs.end), isSoon(tookMs.exit)], JSON.stringify(tookMs)).toEqual([true, true]);
  // The next run finds the server at the same address.
  await serving(database, port);
  await drain(dead);
  expectWhole({ emitted, stored: await storedIn(database) });
});
