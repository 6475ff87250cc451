/** The writer lock against real processes: it holds while one lives and is gone with it, however it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, opened } from "./setup.ts";

const HOLDER = `
  import { DatabaseSync } from "@photostructure/sqlite";
  const lock = new DatabaseSync(process.argv[1] + ".lock");
  lock.exec("begin exclusive");
  console.log("held");
  setInterval(() => lock, 1000); // an unreachable connection would be collected, and its lock with it
`;

async function holder(path: string, script = HOLDER): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

test("a file another process writes to is refused at once, and free when that process is killed", async () => {
  const path = join(folder(), "events.db");
  const child = await holder(path);
  const startMs = performance.now();
  await expect(opened(path)).rejects.toMatchObject({
    code: "EVT_BACKEND_UNAVAILABLE",
    message: `${path} is already open for writing by another process; stop it, or talk to its server, or open it read-only`,
  });
  expect(performance.now() - startMs).toBeLessThan(2000);
  child.kill("SIGKILL");
  await once(child, "exit");
  const backend = await opened(path);
  expect(await backend.estimate()).toBe(0);
});

/** What the last reader of a file does while it closes, for longer. */
const LEAVING = `
  import { DatabaseSync } from "@photostructure/sqlite";
  const last = new DatabaseSync(process.argv[1]);
  last.exec("pragma locking_mode = exclusive; begin exclusive; select * from events; update counted set base = base");
  console.log("held");
  setTimeout(() => last.close(), 600);
`;

test.each([false, true])("opening waits for a reader that is just leaving (read-only: %s)", async (readOnly) => {
  const first = join(folder(), "events.db");
  await (await opened(first)).close();
  // A copy, because the driver keeps a closed file open until its statements are collected as garbage.
  const path = join(folder(), "events.db");
  copyFileSync(first, path);
  const child = await holder(path, LEAVING);
  const backend = await opened(path, { readOnly });
  expect(await backend.estimate()).toBe(0);
  await backend.close();
  if (child.exitCode === null) await once(child, "exit");
});
