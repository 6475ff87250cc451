/**
 * A full disk: appends are refused as "later", reads go on, and when there is room again appends do too.
 * Needs a small file system of its own, so it runs as root on Linux only.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { expectFileWhole } from "./check.ts";
import { type LoadEvent, loadEvent } from "./load.ts";
import { serve } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "madsci-events-full-"));
const skip = mountProblem();
if (skip !== undefined) console.warn(`\n  THE DISK-FULL TEST IS SKIPPED: ${skip}\n`);

/** Mounts the small file system; why not, if not. */
function mountProblem(): string | undefined {
  try {
    if (process.platform !== "linux") throw new Error("it needs Linux");
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    rmdirSync(folder);
    return `no small file system: ${(error as Error).message.trim()}`;
  }
}

function unmount(): void {
  execFileSync("/bin/umount", ["-l", folder]);
  rmdirSync(folder);
}

async function post(url: string, path: string, body: string): Promise<Response> {
  const type = path === "/event" ? "application/json" : "application/x-ndjson";
  return fetch(`${url}${path}`, { method: "POST", headers: { "content-type": type }, body });
}

it.skipIf(skip)("answers 503 while the disk is full, keeps reading, and stores again when there is room", async () => {
  onTestFinished(unmount);
  const filler = join(folder, "filler");
  writeFileSync(filler, Buffer.alloc(3_000_000));
  const path = join(folder, "events.db");
  const served = await serve(`sqlite:${path}`);
  onTestFinished(() => void served.child.kill("SIGKILL"));

  const acknowledged = new Set<string>();
  let refused: Response | undefined;
  let unsaved: LoadEvent[] = [];
  for (let n = 0; refused === undefined; n += 500) {
    const events = Array.from({ length: 500 }, (_, i) => loadEvent(`full-${n + i}`, n + i));
    const response = await post(served.url, "/v1/events", events.map((event) => JSON.stringify(event)).join("\n"));
    if (response.status === 200) for (const { _id } of events) acknowledged.add(_id);
    else [refused, unsaved] = [response, events];
  }
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(acknowledged.size).toBeGreaterThan(500);

  // A bulk request is stored in parts; which of them is not known. A single event is there or not: this one is not.
  const large = { ...loadEvent("large", 0), event_type: "log_error" };
  const stuffed = { ...large, event_data: { ...large.event_data, more: "x".repeat(200_000) } };
  const single = await post(served.url, "/event", JSON.stringify(stuffed));
  expect([single.status, Number(single.headers.get("retry-after")) > 0]).toEqual([503, true]);

  const [first] = acknowledged;
  const found = await fetch(`${served.url}/event/${first}`);
  expect(await found.json()).toMatchObject({ _id: first });
  const listed = (await (await fetch(`${served.url}/events?number=50`)).json()) as object;
  expect(Object.keys(listed)).toHaveLength(50);
  expect((await fetch(`${served.url}/event/large`)).status).toBe(404);
  await expectFileWhole(path, acknowledged);

  rmSync(filler);
  expect((await post(served.url, "/event", JSON.stringify(large))).status).toBe(200);
  acknowledged.add(large._id);
  const again = await post(served.url, "/v1/events", unsaved.map((event) => JSON.stringify(event)).join("\n"));
  const { accepted, duplicates } = (await again.json()) as { accepted: number; duplicates: number };
  expect([again.status, accepted + duplicates]).toEqual([200, unsaved.length]);
  for (const { _id } of unsaved) acknowledged.add(_id);
  expect(await served.end("SIGTERM")).toEqual({ code: 0, signal: null });
  await expectFileWhole(path, acknowledged);
});
