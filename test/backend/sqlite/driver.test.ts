/** All threads of a process take the same SQLite: two within one process would not see each other's locks, and lose events. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { runApplication } from "../../helpers/application.ts";
import { folder } from "./setup.ts";

const THREAD = `
import { getEnvironmentData, parentPort } from "node:worker_threads";
parentPort.postMessage(getEnvironmentData("madsci-events.sqlite-driver"));`;

test("a thread is told which one the process has chosen", async () => {
  const code = `
const { Worker } = await import("node:worker_threads");
const store = await EventStore.open(given.url);
const thread = new Worker(new URL("data:text/javascript," + encodeURIComponent(given.thread)), { execArgv: [] });
thread.on("message", async (choice) => {
  await store.close();
  tell(choice);
});`;
  const ran = await runApplication(code, { url: `sqlite:${join(folder(), "lab.db")}`, thread: THREAD });
  expect(ran).toMatchObject({ code: 0, told: expect.stringMatching(/^(node|package)$/) });
});

test("a thread that cannot have the same one refuses", async () => {
  const code = `
const { setEnvironmentData } = await import("node:worker_threads");
setEnvironmentData("madsci-events.sqlite-driver", "node");
process.getBuiltinModule = () => undefined;
await EventStore.open(given).then(() => tell("open"), (error) => tell([error.code, error.cause.message]));`;
  const { told } = await runApplication(code, `sqlite:${join(folder(), "lab.db")}`);
  expect(told).toEqual(["EVT_MISSING_DRIVER", expect.stringContaining("which the process uses")]);
});

test("the reports' thread takes it, whatever flags the process was started with", async () => {
  // A process that would choose the package, where its threads, which do not get the flag, would choose Node's own.
  const code = `
const store = await EventStore.open(given);
const app = await appWith({ store });
await store.append(WORKFLOW);
const users = await usersOf(app);
await app.close();
await store.append({ event_data: { after: true } });
const { existsSync } = await import("node:fs");
// It goes with the last connection; this process's is open.
tell({ users, log: existsSync(given.slice("sqlite:".length) + "-wal") });
await store.close();`;
  const flags = process.allowedNodeEnvironmentFlags.has("--experimental-sqlite") ? ["--no-experimental-sqlite"] : [];
  const { told } = await runApplication(code, `sqlite:${join(folder(), "lab.db")}`, { flags });
  expect(told).toEqual({ users: ["Ada"], log: true });
});
