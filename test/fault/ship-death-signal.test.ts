/** Signals: with `installShutdown` everything is delivered first, and the process ends as the signal wants. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { App, type Plan } from "./ship/app.ts";
import { storedIn } from "./ship/oracle.ts";
import { scene } from "./ship/scene.ts";

const LINES = 300;
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const STEPS: Plan["steps"] = [["ready"], ["log", LINES], ["tell", "logged"], ["idle"]];

/** An application that has just logged. */
async function running(options: object, steps: Plan["steps"] = STEPS, shutdown = true): Promise<App> {
  const app = new App({ options, run: "signal", shutdown, steps });
  await app.says("logged");
  return app;
}

describe.each(SIGNALS)("%s", (signal) => {
  it("delivers, and ends by the signal", async () => {
    const { options, database, expectAll } = await scene();
    const app = await running(options);
    expect(await app.kill(signal)).toMatchObject({ code: null, signal });
    expect(await storedIn(database)).toHaveLength(LINES);
    await expectAll({ signal: LINES });
  });

  it("lets the application's own handler have its way", async () => {
    const { options, database, expectAll } = await scene();
    const app = await running(options, [["handler", signal, 7], ...STEPS]);
    expect(await app.kill(signal)).toMatchObject({ code: 7, signal: null });
    expect(app.told.handled).toBe(signal);
    expect(await storedIn(database)).toHaveLength(LINES);
    await expectAll({ signal: LINES });
  });
});

it("without installShutdown a signal ends the process at once, and the spool has the lines", async () => {
  const { fault, options, expectAll } = await scene();
  await fault.be({ mode: "silent" });
  const app = await running(options, [["ready"], ["log", LINES], ["sleep", 20], ["tell", "logged"], ["idle"]], false);
  expect(await app.kill("SIGTERM")).toMatchObject({ code: null, signal: "SIGTERM" });
  await expectAll({ signal: LINES });
});

it("a second Ctrl-C means now, and what is left is spooled", async () => {
  const { fault, options, expectAll } = await scene();
  await fault.be({ mode: "silent" });
  const app = await running(options);
  const startMs = Date.now();
  app.child.kill("SIGINT");
  await sleep(100);
  expect(await app.kill("SIGINT")).toMatchObject({ code: null, signal: "SIGINT" });
  expect(Date.now() - startMs).toBeLessThan(3500);
  await expectAll({ signal: LINES });
});

it("an application that lives on after a signal goes on logging", async () => {
  const { options, expectAll } = await scene();
  const more = [["until", "more"], ["log", LINES], ["settled"]] as const;
  const steps: Plan["steps"] = [["handler", "SIGHUP"], ["ready"], ["log", LINES], ["tell", "logged"], ...more];
  const app = await running(options, steps);
  app.child.kill("SIGHUP");
  await expect.poll(() => app.told.handled).toBe("SIGHUP");
  app.go("more");
  expect(await app.ended).toMatchObject({ code: 0 });
  await expectAll({ signal: 2 * LINES });
});
