/** The writing thread of the built package: errors that cross it, its death, and a process that ends around it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { writtenOf } from "../../../src/backend/sqlite/append.ts";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import { ThreadWriter } from "../../../src/backend/sqlite/thread.ts";
import { folder, opened, prepared, RECEIVED } from "./setup.ts";

const CODE = fileURLToPath(new URL("../../../dist/sqlite-writer.js", import.meta.url));
const PACKAGE = new URL("../../../dist/index.js", import.meta.url).href;

async function newFile(): Promise<string> {
  const path = join(folder(), "events.db");
  await (await opened(path)).close();
  return path;
}

test("a write that fails is the same error as without a thread, and nothing of its batch is stored", async () => {
  const path = await newFile();
  const writer = new ThreadWriter(CODE, path);
  await writer.append([writtenOf(prepared({ _id: "first" }))], RECEIVED);
  const other = await Connection.open(path);
  other.exec(
    "create trigger full before insert on events when new.head like '%second%' begin select raise(abort, 'no'); end",
  );
  const failing = writer.append(
    ["third", "second"].map((_id) => writtenOf(prepared({ _id }))),
    RECEIVED,
  );
  await expect(failing).rejects.toMatchObject({
    name: "EventStoreError",
    code: "EVT_BACKEND_UNAVAILABLE",
    retryable: true,
  });
  expect(other.all<{ id: string }>("select id from events")).toEqual([{ id: "first" }]);
  other.close();
  await writer.close();
});

test("a file that cannot be opened fails the call, not the process", async () => {
  const writer = new ThreadWriter(CODE, join(folder(), "no", "such", "folder.db"));
  await expect(writer.unarchive(["a"])).rejects.toMatchObject({ code: expect.stringMatching(/^EVT_/) });
  await writer.close();
});

test("a thread that ends fails what it had, and the next call starts another", async () => {
  const code = join(folder(), "dying.mjs");
  writeFileSync(
    code,
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", ({ id, method }) => method === "purge" ? process.exit(1) : parentPort.postMessage({ id, result: 7 }));`,
  );
  const writer = new ThreadWriter(code, "events.db");
  expect(await writer.unarchive([])).toBe(7);
  const both = await Promise.allSettled([writer.purge(0n, 1), writer.purge(0n, 1)]);
  const lost = { code: "EVT_BACKEND_UNAVAILABLE", message: expect.stringContaining("thread") };
  expect(both).toMatchObject([{ reason: lost }, { reason: lost }]);
  expect(await writer.unarchive([])).toBe(7);
});

/** Runs a script to its end with a store in `path`; its exit code. */
async function run(script: string, path: string): Promise<number | null> {
  const source = `
    import { EventStore } from "${PACKAGE}";
    const store = await EventStore.open("sqlite:" + process.argv[1], { writerThread: true });
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, path], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code;
}

test("a process that only closes its store waits for the thread and ends well", async () => {
  const path = await newFile();
  expect(await run(`await store.append({ _id: "a" }); await store.close(); process.exitCode = 7;`, path)).toBe(7);
});

test("an idle thread keeps no process alive, and what was acknowledged is there", async () => {
  const path = await newFile();
  expect(await run(`await store.append({ _id: "kept" });`, path)).toBe(0);
  const backend = await opened(path);
  expect(await backend.get("kept")).toMatchObject({ _id: "kept" });
});

test("process.exit() while the thread writes ends the process with its code", async () => {
  const path = await newFile();
  const script = (delayMs: number) => `
    for (let i = 0; i < 40; i++) void store.append(Array.from({ length: 500 }, () => ({ event_data: { text: "x".repeat(500) } })));
    setTimeout(() => process.exit(3), ${delayMs});`;
  const delays = process.env.FUZZ ? [90, 140, 190, 240, 290] : [90, 190, 290];
  for (const delayMs of delays) expect(await run(script(delayMs), path)).toBe(3);
});
