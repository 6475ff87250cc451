/**
 * A restore that is stopped while it changes places, and wakes up when another one has taken over and ended: the other's
 * collections stay, and nothing is left that a later restore would take for its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { writeBackup } from "../backup/outside-dump.ts";
import { restingIn, TARGETS } from "../backup/targets.ts";
import type { RestorePlan } from "./restore-app.ts";
import { restoreProgram } from "./restore-program.ts";

const PROGRAM = restoreProgram("restore-stop");
const STEPS = ["swap events: begin", "swap events: old one away", "swap events: done", "swap plans: old one away"];
const [mongo] = TARGETS.filter(({ name }) => name === "MongoDB");

function start(plan: RestorePlan): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(plan)], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (text += data));
  await once(child, "close");
  return text;
}

async function until(child: ChildProcess, step: string): Promise<void> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) if (line === step) return;
}

const contentOf = (what: string) => ({
  events: [1, 2, 3].map((n) => ({ _id: `e${n}`, event_data: { what } })),
  plans: [{ _id: "p", event_data: { what } }],
});

it.skipIf(mongo?.skip).each(STEPS)("stopped at %s, it leaves the other one's work alone", async (stopAt) => {
  await mongo?.within(async (place) => {
    const { url, database, folder } = place;
    const planFor = (what: string): RestorePlan => {
      const path = writeBackup(join(folder, what), contentOf(what));
      return { path, url, database, drop: true };
    };
    expect(await textOf(start(planFor("old")))).toContain("restored");
    const stopped = start({ ...planFor("first"), stopAt });
    await until(stopped, stopAt);
    expect(await textOf(start(planFor("second")))).toContain("restored");
    stopped.kill("SIGCONT");
    expect(await textOf(stopped)).toContain("has taken over");
    const found = Object.entries(await restingIn(place)).map(([name, documents]) => {
      const whats = Object.values(documents).map((document) => (document as { event_data: object }).event_data);
      return [name, whats];
    });
    expect(Object.fromEntries(found)).toEqual({
      events: [{ what: "second" }, { what: "second" }, { what: "second" }],
      plans: [{ what: "second" }],
    });
  });
});
