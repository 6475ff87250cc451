import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { freePort } from "../helpers/ferretdb.ts";
import { openServer } from "../rest/server.ts";
import { KINDS, openClient, openLab, scripted, sendJson } from "./setup.ts";

const root = join(import.meta.dirname, "../..");

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "madsci-events-client-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Logs in a process of its own, which simply ends. Runs what is built, as a user does. */
async function runProgram(url: string, code: string, options = "") {
  const program = `import { EventClient } from ${JSON.stringify(join(root, "dist/client.js"))};
    const client = new EventClient({ eventServerUrl: ${JSON.stringify(url)}, retry: { minMs: 5, maxMs: 10 }, ${options} });
    ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: root });
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const [status] = await once(child, "close");
  return { status, stderr };
}

describe("delivery", () => {
  it.each(KINDS)("says what was acknowledged: %s server", async (kind) => {
    const lab = await openLab(kind);
    const { client } = openClient(lab.url);
    for (let n = 0; n < 20; n++) client.info("n", { n });
    const summary = await client.flush();
    expect(summary).toEqual({
      logged: 20,
      acknowledged: 20,
      pending: 0,
      deadLettered: 0,
      dropped: 0,
      duplicates: 0,
      link: "online",
    });
    expect((await lab.events()).map(({ event_data }) => (event_data as { n: number }).n)).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
    expect(lab.requests.some((request) => request === (kind === "v1" ? "POST /v1/events" : "POST /event"))).toBe(true);
  });

  it("never waits for a server that is away: flush and close end in time and say what is lost", async () => {
    const { client, told } = openClient(`http://127.0.0.1:${await freePort()}`, {
      close: { totalMs: 200, networkMs: 100 },
    });
    client.info("a");
    expect(await client.flush(100)).toMatchObject({ logged: 1, acknowledged: 0, pending: 1, dropped: 0 });
    expect(await client.close()).toMatchObject({ logged: 1, pending: 0, dropped: 1, link: "closed" });
    expect(told.map(({ kind }) => kind)).toContain("dropped closed");
    expect(told.map(({ kind }) => kind)).toContain("link down");
    client.info("late");
    expect(await client.close()).toMatchObject({ logged: 2, dropped: 2 });
  });

  it("delivers what was logged before the server came", async () => {
    const port = await freePort();
    const { client, told } = openClient(`http://127.0.0.1:${port}`);
    client.info("early");
    await vi.waitFor(() => expect(told.map(({ kind }) => kind)).toContain("link down"));
    const server = await openServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    await server.app.listen({ port, host: "127.0.0.1" });
    await vi.waitFor(async () => expect(await server.store.count()).toBe(1), { timeout: 10_000 });
    expect(await client.flush()).toMatchObject({ acknowledged: 1, link: "online" });
  });

  it("counts what the server refuses for good", async () => {
    const url = await scripted((_request, response) => sendJson(response, 422, { detail: "no" }));
    const { client, told } = openClient(url);
    client.info("a");
    expect(await client.flush()).toMatchObject({ logged: 1, acknowledged: 0, pending: 0, dropped: 1 });
    expect(told.map(({ kind }) => kind)).toContain("rejected");
  });

  it("sheds the least important when memory is full, counts it, and keeps alerts", async () => {
    const { client } = openClient(`http://127.0.0.1:${await freePort()}`, { memory: { maxBytes: 20_000 } });
    client.alert("keep me");
    for (let n = 0; n < 200; n++) client.info("x".repeat(200), { n });
    const { logged, dropped, pending } = await client.flush(50);
    expect(logged).toBe(201);
    expect(dropped).toBeGreaterThan(100);
    expect(dropped + pending).toBe(logged);
  });

  it("keeps events in a spool that another process delivers, as they were, though the first was killed", async () => {
    const port = await freePort();
    const dir = folder();
    const url = `http://127.0.0.1:${port}`;
    const code = `client.info("from the dead", { run: 7 }); client.log({ _id: "whole", event_type: "test", event_data: [1] });
      process.kill(process.pid, "SIGKILL");`;
    const { status, stderr } = await runProgram(url, code, `spool: { dir: ${JSON.stringify(dir)} }`);
    expect([status, stderr.includes("Error")], stderr).toEqual([null, false]);
    const server = await openServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    await server.app.listen({ port, host: "127.0.0.1" });
    const { client } = openClient(url, { spool: { dir } });
    await vi.waitFor(async () => expect(await server.store.count()).toBe(2), { timeout: 15_000 });
    expect(await server.store.get("whole")).toMatchObject({ event_type: "test", event_data: [1] });
    const [other] = await server.store.find({ selector: { event_type: "log_info" } }).toArray();
    expect(other?.event_data).toEqual({ message: "from the dead", run: 7 });
    await client.close();
  });

  it("delivers everything when a program simply ends", async () => {
    const lab = await openLab();
    const run = await runProgram(lab.url, `client.info("the end");`);
    expect(run).toEqual({ status: 0, stderr: "" });
    expect((await lab.events())[0]?.event_data).toEqual({ message: "the end" });
  });

  it("says on standard error what an abrupt end without a spool has cost", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { status, stderr } = await runProgram(url, `client.info("a"); client.info("b"); process.exit(3);`);
    expect(status).toBe(3);
    expect(stderr).toContain("2 event(s) lost: the process ended without close(), and there is no spool");
  });

  it("survives an onDiagnostic that throws", async () => {
    const onDiagnostic = () => {
      throw new Error("no");
    };
    const { client } = openClient(`http://127.0.0.1:${await freePort()}`, { onDiagnostic });
    expect(() => client.log({ event_type: "test", log_level: "loud" })).not.toThrow();
  });
});
